"""A `Measurement` as SR content: a NUM item (TID 300), or an empty one with the reason in words beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import highdicom as hd
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from tilscope.dicom_io.identity import MODEL_NAME, Author
from tilscope.dicom_io.objects.codes import concepts
from tilscope.models.result import Measurement

_CONTAINS = hd.sr.RelationshipTypeValues.CONTAINS

#: Unlimited Text is the representation of a TEXT item, but viewers lay out lines, not chapters.
_LONGEST_TEXT = 4000


def algorithm(author: Author, *parameters: str) -> hd.sr.AlgorithmIdentification:
    """TID 4019. Name and version equal the device observer's and the contributing equipment's (IHE AI Results)."""
    # One item: dcmqi keeps only the last of several.
    joined = "; ".join(parameter for parameter in parameters if parameter)
    return hd.sr.AlgorithmIdentification(
        name=MODEL_NAME, version=author.version, parameters=[joined] if joined else None
    )


def num_item(measurement: Measurement, author: Author) -> hd.sr.Measurement:
    """TID 300 with the very number of the result. A missing one is marked by its qualifier; see `empty_missing_values`."""
    concept = concepts.measurement_concept(measurement.id)
    absent = measurement.missing
    return hd.sr.Measurement(
        name=concept.name,
        value=0.0 if measurement.value is None else float(measurement.value),
        unit=concepts.unit_code(measurement.unit),
        qualifier=None if absent is None else concepts.missing_code(absent),
        derivation=concept.derivation,
        algorithm_id=algorithm(author),
    )


def empty_missing_values(item: Dataset) -> None:
    """Take the placeholder numbers out of the finished tree (PS3.3 C.18.1: no item, and the qualifier of CID 42 says why).

    Last of all, since highdicom neither makes nor reads a NUM item without a number.
    """
    if "NumericValueQualifierCodeSequence" in item:
        item.MeasuredValueSequence = []
    for child in item.get("ContentSequence", ()):
        empty_missing_values(child)


def comment(text: str, concept: Code = concepts.COMMENT) -> hd.sr.TextContentItem:
    """A sentence. TID 1411, 1500 and 1501 are extensible; text viewers show these in place."""
    return hd.sr.TextContentItem(name=concept, value=text[:_LONGEST_TEXT], relationship_type=_CONTAINS)


def coded_evaluation(name: Code, value: Code) -> hd.sr.QualitativeEvaluation:
    return hd.sr.QualitativeEvaluation(name=name, value=value)


def put_reasons_beside(group: Any, measurements: Sequence[Measurement]) -> None:
    """Put the reason of every missing value, and what is said of a fragile one, right after its NUM item.

    `group` is a TID 1411 or 1501 group; its first NUM items are those of `measurements`, in their order.
    """
    content = group[0].ContentSequence
    pending = iter(measurements)
    items: list[Dataset] = []
    for item in content:
        items.append(item)
        if item.ValueType == "NUM":
            measurement = next(pending, None)
            if measurement is not None and measurement.missing is not None:
                why = f" ({measurement.reason})" if measurement.reason else ""
                items.append(comment(f"{measurement.name}: {measurement.missing.value}{why}"))
            elif measurement is not None and measurement.fragile:
                items.append(comment(f"{measurement.name}: fragile, {measurement.fragile}"))
    group[0].ContentSequence = hd.sr.ContentSequence(items)


def parameters_last(group: Any) -> None:
    """What the numbers of a group depend on is a long text; a reader comes for the numbers."""
    items = list(group[0].ContentSequence)
    in_order = sorted(items, key=lambda item: bool(item.name == codes.DCM.AlgorithmParameters))
    group[0].ContentSequence = hd.sr.ContentSequence(in_order)


def add_comments(group: Any, *sentences: str) -> None:
    """Sentences about the whole group, at its end."""
    for sentence in sentences:
        if sentence:
            group[0].ContentSequence.append(comment(sentence))
