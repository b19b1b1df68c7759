"""The block for the report in the report's groups: coded words, each with its threshold beside it, and a group for each breast."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import highdicom as hd

from tilscope.dicom_io.identity import Author
from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.codes.description_codes import term_codes
from tilscope.dicom_io.objects.sr.measurement_items import (
    add_comments,
    algorithm,
    coded_evaluation,
    num_item,
    put_reasons_beside,
)
from tilscope.dicom_io.objects.sr.report_signatures import finding_site
from tilscope.dicom_io.objects.sr.tracked_segment import TrackedSegment
from tilscope.models.imaging.series import Laterality
from tilscope.models.result import BreastDescription, Description, LesionDescription, Term


def description_of(described: Description | None, lesion: int) -> LesionDescription:
    """Of the lesion of this number; empty where there is none, as in results of before."""
    found = (one for one in (described.lesions if described else ()) if one.number == lesion)
    return next(found, LesionDescription(lesion, (), ()))


def coded_terms(terms: Iterable[Term]) -> list[hd.sr.QualitativeEvaluation]:
    """Those that are assessed."""
    return [coded_evaluation(*codes) for codes in map(term_codes, terms) if codes is not None]


def add_rules(group: Any, terms: Sequence[Term]) -> None:
    """What each word rests on, and why others are not assessed; at the group's end."""
    add_comments(group, *(f"{term.name}: {term.words} ({term.rule})" for term in terms))


def breast_descriptions(
    described: Description | None, segment: TrackedSegment, author: Author
) -> Iterator[hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations]:
    """A group for each breast, on the segment that holds it."""
    for breast in described.breasts if described else ():
        yield _group(breast, segment, author)


def _group(
    breast: BreastDescription, segment: TrackedSegment, author: Author
) -> hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations:
    side = Laterality(breast.laterality)
    group = hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=segment.identifier(f"{side.breasts.capitalize()}, described"),
        referenced_segment=segment.reference(),
        finding_category=concepts.ANATOMICAL_STRUCTURE,
        finding_type=concepts.BREAST,
        finding_sites=[finding_site(side)],
        algorithm_id=algorithm(author),
        measurements=[num_item(m, author) for m in breast.measurements],
        qualitative_evaluations=coded_terms(breast.terms),
    )
    put_reasons_beside(group, breast.measurements)
    add_rules(group, breast.terms)
    return group
