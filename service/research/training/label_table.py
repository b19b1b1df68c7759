"""What is known of each study or patient: the label that a model is to tell, and covariates such as CYT."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from tilscope.models.signatures.base import Signature
from tilscope.service.research.training.table_files import TableFile, read_file, unusable

STUDY, PATIENT, SIDE, LABEL = "study_uid", "patient_id", "laterality", "label"
#: Of Wu's composite, and of its full regression.
COVARIATES = ("cyt", "tmb", "stage", "er", "pr", "her2")
_NO_LABEL = "studies without a label"
_TWO = "series of a study with two, without a label of their own"

#: A study, and the side where the label or the series is of one breast only; '' for both.
Key = tuple[str, str]


@dataclass(frozen=True)
class LabelChoice:
    """Where in the table the label is, and what it means."""

    column: str = LABEL
    first_class_from: float | None = None
    """Labels are numbers, and from this one on a study is of the first class; None: they are classes."""


@dataclass(frozen=True)
class KnownLabel:
    label: float
    covariates: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Labels:
    of_studies: Mapping[Key, KnownLabel]
    of_patients: Mapping[str, KnownLabel]

    def of(self, study: str, side: str, patient: str, alone: bool) -> KnownLabel | None:
        """`alone`: whether the study has no other series, so that what is known of it is known of this."""
        own = self.of_studies.get((study, side), self.of_studies.get((study, "")) if alone else None)
        return own or (self.of_patients.get(patient) if alone else None)

    def why_none(self, study: str, patient: str) -> str:
        return _TWO if (study, "") in self.of_studies or patient in self.of_patients else _NO_LABEL


def read_labels(path: Path, signature: Signature, choice: LabelChoice) -> Labels:
    """By `study_uid` (and `laterality`), or by `patient_id` where the table names no studies."""
    file = read_file(path, (choice.column,))
    by_study = STUDY in file.columns
    if not by_study and PATIENT not in file.columns:
        raise unusable(path, f"it has no column {STUDY}")
    names = file.texts(STUDY if by_study else PATIENT)
    found: dict[Key, KnownLabel] = {}
    covariates = _covariates(path, file)
    for row, (name, side, text) in enumerate(zip(names, file.texts(SIDE), file.texts(choice.column), strict=True)):
        if not text and choice.column != LABEL:
            continue  # of a table with many labels, some are not known
        label = _label(path, text, name, signature, choice)
        known = KnownLabel(label, {one: values[row] for one, values in covariates.items()})
        if found.setdefault((name, side if by_study else ""), known).label != label:
            raise unusable(path, f"{name} has two labels")
    _require_two(path, found, signature)
    return Labels(found, {}) if by_study else Labels({}, {name: known for (name, _), known in found.items()})


def _label(path: Path, text: str, of: str, signature: Signature, choice: LabelChoice) -> float:
    """A number where the paper's is one, or where a cut makes a class of it; else a class in words, or as 1 and 0."""
    if len(signature.classes) == 2 and choice.first_class_from is None:
        words = {"1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0, signature.classes[0]: 1.0, signature.classes[1]: 0.0}
        if text.lower() not in words:
            known = ", ".join(("1", "0", *signature.classes))
            raise unusable(path, f"label {text!r} of {of}: known are {known}")
        return words[text.lower()]
    try:
        value = float(text)
    except ValueError:
        raise unusable(path, f"label {text!r} of {of} is no number") from None
    if not isfinite(value):
        raise unusable(path, f"label {text!r} of {of} is no number")
    if choice.first_class_from is not None:
        return float(value >= choice.first_class_from)
    if not 0 <= value <= 100:
        raise unusable(path, f"label {text!r} of {of} is no percentage")
    return value


def _require_two(path: Path, found: Mapping[Key, KnownLabel], signature: Signature) -> None:
    """One label for everybody can teach nothing."""
    counts = Counter(known.label for known in found.values())
    if len(counts) == 1:
        (only,) = counts
        what = f"{signature.classes[0 if only else 1]}" if len(signature.classes) == 2 else f"{only:g}"
        raise unusable(path, f"every label is {what}")


def _covariates(path: Path, file: TableFile) -> dict[str, list[float]]:
    """NaN where the table has nothing; yes and no, positive and negative, are 1 and 0."""
    words = {"": float("nan"), "nan": float("nan"), "yes": 1.0, "no": 0.0, "positive": 1.0, "negative": 0.0}
    columns = {name.lower(): name for name in file.columns}
    found: dict[str, list[float]] = {}
    for name in COVARIATES:
        if name in columns:
            texts = [text.lower() for text in file.texts(columns[name])]
            try:
                found[name] = [words[text] if text in words else float(text) for text in texts]
            except ValueError as problem:
                raise unusable(path, f"its column {columns[name]} holds what is no number ({problem})") from None
    return found
