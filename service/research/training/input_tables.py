"""A table of features, as `tilscope features` writes it, and a table of labels, brought together by study or patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tilscope.models.result import RADIOMICS_MARK
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import Signature, settings_hash
from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.models.signatures.trained_linear import TakesLinear
from tilscope.service.research.training.label_table import (
    COVARIATES,
    PATIENT,
    SIDE,
    STUDY,
    KnownLabel,
    LabelChoice,
    Labels,
    read_labels,
)
from tilscope.service.research.training.table_files import TableFile, read_file, unusable
from tilscope.service.research.training.training_table import (
    MOST_LACKING,
    TrainingTable,
    complete,
    number,
    without_constants,
)

STATE, SETTINGS = "state", "settings_hash"
#: Of a row with features: in a table of features, and in one of scores.
_MEASURED = ("", "measured", "scored")


def read_table(
    features: Path,
    labels: Path,
    signature: Signature,
    settings: PipelineSettings,
    choice: LabelChoice | None = None,
    repeatable: Path | None = None,
) -> TrainingTable:
    """`BadInput` in words where one of the files is not what it should be.

    `repeatable` names the features that may be trained on: one a line, or a table with `feature` and `usable`.
    """
    file = read_file(features, (STUDY,))
    _require_settings(features, file, signature, settings)
    ids = {id: column for column in file.columns if (id := feature_id(column, signature))}
    if not ids:
        raise unusable(features, f"none of its columns is a feature of {signature.id}")
    left_out: Counter[str] = Counter()
    if repeatable is not None:
        kept = _repeatable(repeatable, ids)
        left_out["features that are not repeatable"] = len(ids) - len(kept)
        ids = {id: column for id, column in ids.items() if id in kept}
    # Who is not named is taken for one patient a study.
    studies = file.texts(STUDY)
    patients = [named or study for named, study in zip(file.texts(PATIENT), studies, strict=True)]
    known = read_labels(labels, signature, choice or LabelChoice())
    rows, matched = _matched(file, known, patients, left_out)
    if not rows:
        raise unusable(labels, f"it knows none of the studies or patients in {features.name}")
    table = complete(
        list(ids),
        [[number(file.columns[column][row]) for column in ids.values()] for row in rows],
        [one.label for one in matched],
        left_out,
        [patients[row] for row in rows],
        [studies[row] for row in rows],
        _covariates(matched),
    )
    if not table.features:
        raise unusable(
            features, f"every feature of {signature.id} is missing in more than {MOST_LACKING:.0%} of its rows"
        )
    return without_constants(table)


def read_columns(path: Path, needed: Sequence[str]) -> Mapping[str, Sequence[Any]]:
    """The columns of a Parquet or CSV file; `BadInput` in words where it is none, or lacks what is needed."""
    return read_file(path, needed).columns


def feature_id(column: str, signature: Signature) -> str:
    """The measurement that a column of a table holds; '' for what a model of the signature may not take.

    Columns are called as in a complete set; a mark before them does no harm.
    """
    name = column.removeprefix(RADIOMICS_MARK)
    if isinstance(signature, ForestSignature):
        return RADIOMICS_MARK + name if name in signature.features else ""
    if not isinstance(signature, TakesLinear):
        return ""
    # Wu's features have ids of their own.
    candidates = (RADIOMICS_MARK + name, name.removeprefix(f"{signature.id}/"))
    return next((id for id in candidates if signature.may_take(id)), "")


def _matched(
    file: TableFile, labels: Labels, patients: Sequence[str], left_out: Counter[str]
) -> tuple[list[int], list[KnownLabel]]:
    """The rows that count and what is known of them. Of two series under one label neither does: which was meant is not
    known."""
    keys: dict[int, tuple[str, str]] = {}
    for row, (study, side, state) in enumerate(
        zip(file.texts(STUDY), file.texts(SIDE), file.texts(STATE), strict=True)
    ):
        if state not in _MEASURED:
            left_out[f"series {state}"] += 1
        else:
            keys[row] = (study, side)
    series = Counter(study for study, _ in keys.values())
    rows, known = [], []
    for row, (study, side) in keys.items():
        found = labels.of(study, side, patients[row], series[study] == 1)
        if found is not None:
            rows.append(row)
            known.append(found)
        else:
            left_out[labels.why_none(study, patients[row])] += 1
    return rows, known


def _covariates(known: Sequence[KnownLabel]) -> dict[str, list[float]]:
    there = [name for name in COVARIATES if any(name in one.covariates for one in known)]
    return {name: [one.covariates.get(name, float("nan")) for one in known] for name in there}


def _repeatable(path: Path, ids: Mapping[str, str]) -> set[str]:
    """Of the ids those whose columns the list names."""
    if path.suffix in (".csv", ".parquet"):
        file = read_file(path, ("feature", "usable"))
        told = zip(file.texts("feature"), file.texts("usable"), strict=True)
        names = {name for name, usable in told if usable.lower() in ("true", "1", "yes", "1.0")}
    else:
        try:
            names = {line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()}
        except (OSError, ValueError) as problem:
            raise unusable(path, f"it cannot be read ({type(problem).__name__})") from problem
    bare = {name.removeprefix(RADIOMICS_MARK) for name in names}
    kept = {id for id, column in ids.items() if column.removeprefix(RADIOMICS_MARK) in bare}
    if not kept:
        raise unusable(path, "it names none of the table's features as repeatable")
    return kept


def _require_settings(path: Path, file: TableFile, signature: Signature, settings: PipelineSettings) -> None:
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
            raise unusable(path, sentence)
