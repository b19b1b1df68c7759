"""Facts of one case or of many, from a JSON or CSV file beside the volumes.

JSON: the facts of the one case; or `{"all": {...}, "cases": {"case_001": {...}}}`, where a case's own come first.

CSV: a row a phase, in order of time, with the columns `time_s` or `start_s`; `case` where there are several. Every other
column is one of `CaseFacts`, alike in all rows of a case:

    case,time_s,fat_suppressed
    case_001,-60,true
    case_001,90,true
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tilscope.dicom_io.volume_files.facts import CaseFacts
from tilscope.models.refusals import BadInput
from tilscope.models.validation_messages import all_faults

Told = Mapping[str, Any]
#: Columns of a phase, and the fact of the case that they make together.
_OF_A_PHASE = {"time_s": "times_s", "start_s": "starts_s"}


@dataclass(frozen=True)
class SideFile:
    """What a file tells, by case."""

    path: Path | None = None
    of_all: Told = field(default_factory=dict)
    of_case: Mapping[str, Told] = field(default_factory=dict)

    def told_of(self, case: str) -> Told:
        """By the case's name, capitals or not."""
        own = {name.lower(): told for name, told in self.of_case.items()}.get(case.lower(), {})
        return {**_without_times(self.of_all, own), **own}


def read_side_file(path: Path) -> SideFile:
    """Raises `unusable-facts` with what is wrong and where."""
    try:
        words = path.read_text(encoding="utf-8-sig")
        told = _of_table(words) if path.suffix.lower() == ".csv" else _of_document(json.loads(words))
    except (OSError, ValueError) as problem:  # of the decoders too
        raise unusable_facts(path, str(problem)) from None
    for name, facts in {"": told[0], **told[1]}.items():
        try:
            CaseFacts.model_validate(facts)
        except ValidationError as error:
            raise unusable_facts(path, f"{name}: {all_faults(error)}" if name else all_faults(error)) from None
    return SideFile(path, *told)


def unusable_facts(path: Path, problem: str) -> BadInput:
    """The answer to a side file that cannot be understood."""
    return BadInput("unusable-facts", path=path, problem=problem)


def _of_document(document: Any) -> tuple[Told, Mapping[str, Told]]:
    if not isinstance(document, dict):
        raise ValueError("it holds no JSON object")
    if not {"all", "cases"} & document.keys():
        return document, {}
    if unknown := document.keys() - {"all", "cases"}:
        raise ValueError(f"beside 'all' and 'cases' there is {', '.join(sorted(unknown))}")
    cases = document.get("cases", {})
    if not isinstance(cases, dict) or not all(isinstance(told, dict) for told in cases.values()):
        raise ValueError("'cases' must name cases and their facts")
    return document.get("all", {}), cases


def _of_table(words: str) -> tuple[Told, Mapping[str, Told]]:
    rows = list(csv.DictReader(words.splitlines()))
    columns = set(rows[0]) if rows else set()
    known = {"case", *_OF_A_PHASE, *CaseFacts.model_fields} - {"phases", *_OF_A_PHASE.values()}
    if unknown := columns - known:
        raise ValueError(
            f"the column {', '.join(sorted(map(str, unknown)))} is unknown; there are {', '.join(sorted(known))}"
        )
    if not columns & _OF_A_PHASE.keys():
        raise ValueError("there is no column time_s or start_s")
    of_case: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        of_case.setdefault(row.get("case") or "", []).append(row)
    facts = {case: _of_rows(case, rows) for case, rows in of_case.items()}
    return facts.pop("", {}), facts


def _of_rows(case: str, rows: list[dict[str, str]]) -> Told:
    told: dict[str, Any] = {}
    for column in rows[0].keys() - {"case"}:
        values = [(row[column] or "").strip() for row in rows]
        if not any(values):
            continue
        if column in _OF_A_PHASE:
            told[_OF_A_PHASE[column]] = values
        elif len(set(values)) > 1:
            raise ValueError(f"{column} differs between the phases{f' of {case}' if case else ''}")
        else:
            told[column] = values[0]
    return told


def _without_times(of_all: Told, own: Told) -> Told:
    if not {"times_s", "starts_s"} & own.keys():
        return of_all
    return {key: value for key, value in of_all.items() if key not in ("times_s", "starts_s", "injection_s")}
