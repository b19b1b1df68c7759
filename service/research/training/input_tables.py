"""A table of features, as `tilscope features` writes it, and a table of labels, brought together by study."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tilscope.models.refusals import BadInput
from tilscope.models.result import RADIOMICS_MARK
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import settings_hash
from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.service.research.training.training_table import MOST_LACKING, TrainingTable, complete, number

STUDY, PATIENT, SIDE, STATE, SETTINGS, LABEL = (
    "study_uid", "patient_id", "laterality", "state", "settings_hash", "label",
)  # fmt: skip
#: Of a row with features: in a table of features, and in one of scores.
_MEASURED = ("", "measured", "scored")
_NO_LABEL = "studies without a label"
_TWO = "series of a study with two, without a label of their own"

#: A study, and the side where the label or the series is of one breast only; '' for both.
Key = tuple[str, str]


@dataclass(frozen=True)
class _TableFile:
    columns: Mapping[str, Sequence[Any]]
    """Each from the first row to the last."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def column(self, name: str) -> Sequence[Any]:
        """Empty texts where there is no such column."""
        return self.columns.get(name) or [""] * len(self.columns[STUDY])


def read_table(features: Path, labels: Path, signature: ForestSignature, settings: PipelineSettings) -> TrainingTable:
    """`BadInput` in words where one of the files is not what it should be."""
    file = _read(features, (STUDY,))
    _require_settings(features, file, signature, settings)
    names = {
        c.removeprefix(RADIOMICS_MARK): c for c in file.columns if c.removeprefix(RADIOMICS_MARK) in signature.features
    }
    if not names:
        raise _unusable(features, f"none of its columns is a feature of {signature.id}")
    rows, known, left_out = _matched(file, _labels(labels, signature))
    # Who is not named is taken for one patient a study.
    patients = [str(named or study) for named, study in zip(file.column(PATIENT), file.column(STUDY), strict=True)]
    table = complete(
        [RADIOMICS_MARK + name for name in names],
        [[number(file.columns[column][row]) for column in names.values()] for row in rows],
        known,
        left_out,
        [patients[row] for row in rows],
    )
    if not table.features:
        raise _unusable(
            features, f"every feature of {signature.id} is missing in more than {MOST_LACKING:.0%} of its rows"
        )
    return table


def _matched(file: _TableFile, labels: Mapping[Key, int]) -> tuple[list[int], list[int], Counter[str]]:
    """The rows that count and their labels. Of two series under one label neither does: which was meant is not known."""
    left_out: Counter[str] = Counter()
    keys: dict[int, Key] = {}
    for row, (study, side, state) in enumerate(
        zip(file.column(STUDY), file.column(SIDE), file.column(STATE), strict=True)
    ):
        if state not in _MEASURED:
            left_out[f"series {state}"] += 1
        else:
            keys[row] = (str(study), str(side))
    series = Counter(study for study, _ in keys.values())
    rows, known = [], []
    for row, key in keys.items():
        label = labels.get(key, labels.get((key[0], "")) if series[key[0]] == 1 else None)
        if label is not None:
            rows.append(row)
            known.append(label)
        else:
            left_out[_TWO if (key[0], "") in labels else _NO_LABEL] += 1
    return rows, known, left_out


def _labels(path: Path, signature: ForestSignature) -> dict[Key, int]:
    """Classes may be named in words, or as 1 and 0."""
    words = {"1": 1, "0": 0, signature.classes[0]: 1, signature.classes[1]: 0}
    file = _read(path, (STUDY, LABEL))
    found: dict[Key, int] = {}
    for study, side, label in zip(file.column(STUDY), file.column(SIDE), file.column(LABEL), strict=True):
        word = str(label).strip().lower()
        if word not in words:
            raise _unusable(path, f"label {label!r} of {study}: known are {', '.join(words)}")
        if found.setdefault((str(study), str(side)), words[word]) != words[word]:
            raise _unusable(path, f"{study} has two labels")
    return found


def _require_settings(path: Path, file: _TableFile, signature: ForestSignature, settings: PipelineSettings) -> None:
    """Features of other settings are never trained on; a table that names none is taken at its word."""
    of_set = file.provenance.get("sets", {}).get(signature.id, {}).get("settings_hash")
    of_signature = settings_hash(signature, settings)
    pairs = (
        *((made, of_signature) for made in {of_set, *file.column(f"{signature.id}_{SETTINGS}")}),
        *((made, settings.digest()) for made in set(file.column(SETTINGS))),
    )
    for made, here in pairs:
        if made and made != here:
            sentence = f"its features were computed under settings {made}, this installation computes under {here}"
            raise _unusable(path, sentence)


def read_columns(path: Path, needed: Sequence[str]) -> Mapping[str, Sequence[Any]]:
    """The columns of a Parquet or CSV file; `BadInput` in words where it is none, or lacks what is needed."""
    return _read(path, needed).columns


def _read(path: Path, needed: Sequence[str]) -> _TableFile:
    try:
        file = _of_parquet(path) if path.suffix == ".parquet" else _of_csv(path)
    except (OSError, ValueError, csv.Error) as problem:
        raise _unusable(path, f"it cannot be read ({type(problem).__name__})") from problem
    if missing := [name for name in needed if name not in file.columns]:
        raise _unusable(path, f"it has no column {', '.join(missing)}")
    return file


def _of_parquet(path: Path) -> _TableFile:
    from pyarrow import parquet  # heavy, and no CSV needs it

    table = parquet.read_table(path)
    return _TableFile(table.to_pydict(), json.loads((table.schema.metadata or {}).get(b"tilscope", b"{}")))


def _of_csv(path: Path) -> _TableFile:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    return _TableFile({name: [row[name] for row in rows] for name in (rows[0] if rows else {}) if name is not None})


def _unusable(path: Path, problem: str) -> BadInput:
    return BadInput("unusable-table", path=path, problem=problem)
