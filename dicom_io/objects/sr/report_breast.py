"""The breast and its glands in the report: a TID 1411 group on the segment of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import highdicom as hd

from tilscope.dicom_io.identity import Author
from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.codes.concepts import RegionConcept
from tilscope.dicom_io.objects.seg.segmentation import BREAST, FGT
from tilscope.dicom_io.objects.sr.measurement_items import algorithm, num_item, parameters_last, put_reasons_beside
from tilscope.dicom_io.objects.sr.report_signatures import finding_site
from tilscope.dicom_io.objects.sr.tracked_segment import TrackedSegment
from tilscope.models.imaging.series import Laterality
from tilscope.models.result import Measurement

#: What is measured of the whole breast; the rest is of its glands.
_OF_THE_BREAST = {"breast_volume"}
_CONCEPTS = {
    BREAST: RegionConcept(concepts.ANATOMICAL_STRUCTURE, concepts.BREAST),
    FGT: RegionConcept(concepts.TISSUE, concepts.TISSUE),
}


def breast_groups(
    measurements: Sequence[Measurement],
    laterality: Laterality,
    segments: Mapping[str, TrackedSegment],
    author: Author,
    context: str,
) -> Iterator[Any]:
    """The breast, then its glands; where no gland was found and there is no segment of it, that is said of the breast."""
    whole = [m for m in measurements if m.id in _OF_THE_BREAST or FGT not in segments]
    glands = [m for m in measurements if m not in whole]
    for name, about in ((BREAST, whole), (FGT, glands)):
        if about:
            yield _group(segments[name], _CONCEPTS[name], about, laterality, author, context)


def _group(
    segment: TrackedSegment,
    what: RegionConcept,
    measurements: Sequence[Measurement],
    laterality: Laterality,
    author: Author,
    context: str,
) -> hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations:
    group = hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=segment.identifier(),
        referenced_segment=segment.reference(),
        finding_category=what.category,
        finding_type=what.type,
        finding_sites=[finding_site(laterality)],
        algorithm_id=algorithm(author, context),
        measurements=[num_item(m, author) for m in measurements],
    )
    put_reasons_beside(group, measurements)
    parameters_last(group)
    return group
