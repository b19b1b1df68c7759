"""DICOM Structured Report: TID 1500 "Measurement Report", titled Dynamic Contrast MR Measurement Report.

It is ordered for a person: the summary, the image library, lesions, breast, what each signature concludes, and last the
features that the signatures are made of. Every group is a TID 1411 group on the SEG segment that it is about. The
library names one image per phase (one of all images would bury the numbers in text viewers); the evidence lists all.
The class is Comprehensive 3D SR (IHE AI Results).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import highdicom as hd
from pydicom import Dataset
from pydicom.sr.codedict import codes

from tilscope.dicom_io.dce.source import DceSource, SourcePhase
from tilscope.dicom_io.identity import MANUFACTURER, Author, Kind, inherited, reference, sign
from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.codes.private_codes import declare_scheme, private
from tilscope.dicom_io.objects.seg.segmentation import BREAST, slice_header
from tilscope.dicom_io.objects.sr.measurement_items import (
    add_comments,
    algorithm,
    coded_evaluation,
    empty_missing_values,
    num_item,
    parameters_last,
    put_reasons_beside,
)
from tilscope.dicom_io.objects.sr.report_breast import breast_groups
from tilscope.dicom_io.objects.sr.report_chain import PreviousReport, predecessor
from tilscope.dicom_io.objects.sr.report_description import (
    add_rules,
    breast_descriptions,
    coded_terms,
    description_of,
)
from tilscope.dicom_io.objects.sr.report_form import an_item_a_line, observer
from tilscope.dicom_io.objects.sr.report_over_time import put_over_time
from tilscope.dicom_io.objects.sr.report_signatures import context_of, finding_site, schemes_of, signature_groups
from tilscope.dicom_io.objects.sr.report_summary import put_summary
from tilscope.dicom_io.objects.sr.tracked_segment import ScoredRegion, TrackedSegment, segments_of
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import Laterality
from tilscope.models.result import LesionResult, PhaseSummary, SeriesResult

_HAS_ACQ_CONTEXT = hd.sr.RelationshipTypeValues.HAS_ACQ_CONTEXT
_CONTAINS = hd.sr.RelationshipTypeValues.CONTAINS
_HAS_CONCEPT_MOD = hd.sr.RelationshipTypeValues.HAS_CONCEPT_MOD


def build_report(
    result: SeriesResult,
    regions: Regions,
    source: DceSource,
    segmentations: Sequence[Dataset],
    author: Author,
    now: datetime,
    previous: PreviousReport | None = None,
) -> Dataset:
    """The report.

    Parameters
    ----------
    result : SeriesResult
        What was measured.
    regions : Regions
        On the grid of the series.
    source : DceSource
        Headers of the series.
    segmentations : sequence of Dataset
        Evidence; the segmentations among them hold what the groups are about.
    author : Author
        Gives UIDs and software version.
    now : datetime
        Content date and time.
    previous : PreviousReport, optional
        The report that this one replaces.

    Returns
    -------
    Dataset
        A structured report by TID 1500.
    """
    first, *others = (header for phase in source.phases for header in phase.headers)
    images = [inherited(first), *map(reference, others)]
    context = context_of(result)
    index, segments = regions.index_lesion, segments_of(segmentations)
    scored = ScoredRegion(segments[regions.finding.label(index.number)], index.laterality)
    groups: list[Any] = [
        *(
            _lesion_group(measured, lesion, result, segments, author, context)
            for measured, lesion in _paired(result, regions)
        ),
        *breast_groups(result.breast, source.laterality, segments, author, context),
        *breast_descriptions(result.description, segments[BREAST], author),
        *signature_groups(result.signatures, scored, author, context),
    ]
    slice_distance = round(regions.breast.GetSpacing()[2], 6)
    content = hd.sr.MeasurementReport(
        title=concepts.REPORT_TITLE,
        observation_context=observer(author),
        procedure_reported=concepts.PROCEDURE[Laterality(result.exam_laterality)],
        imaging_measurements=groups,
        referenced_images=[_library_image(phase, slice_distance) for phase in source.phases],
    )
    _describe_phases(content[0], result)
    put_summary(content[0], result)
    obj: Dataset = hd.sr.Comprehensive3DSR(
        evidence=[*images, *segmentations, *_manual_roi_objects(regions, images[0])],
        content=content[0],
        series_instance_uid=author.series_uid(Kind.REPORT),
        series_number=Kind.REPORT.series_number(author.side),
        sop_instance_uid=author.instance_uid(Kind.REPORT),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=False,
        is_verified=False,
    )
    empty_missing_values(obj)
    an_item_a_line(obj)
    put_over_time(obj, result, author)
    if previous is not None:
        obj.PredecessorDocumentsSequence = [predecessor(previous)]
    declare_scheme(obj, schemes_of(result.signatures))
    sign(obj, Kind.REPORT, author, images[0], now)
    return obj


def _paired(result: SeriesResult, regions: Regions) -> Iterable[tuple[LesionResult, Lesion]]:
    """Each lesion's numbers with its region; both are numbered alike."""
    by_number = {lesion.number: lesion for lesion in regions.lesions}
    if [lesion.number for lesion in result.lesions] != list(by_number):
        raise ValueError(
            f"the result describes lesions {[x.number for x in result.lesions]}, the regions {list(by_number)}"
        )
    return [(lesion, by_number[lesion.number]) for lesion in result.lesions]


# ---------------------------------------------------------------------------------------------- what is at the top


def _library_image(phase: SourcePhase, slice_distance: float) -> Dataset:
    """The middle slice represents its phase."""
    return slice_header(phase.headers[len(phase.headers) // 2], slice_distance)


def _describe_phases(root: Dataset, result: SeriesResult) -> None:
    """First in each library entry (TID 1602): what its phase served as, and when it was acquired."""
    library = next(item for item in root.ContentSequence if item.name == codes.DCM.ImageLibrary)
    entries = [item for group in library.ContentSequence for item in group.ContentSequence if item.ValueType == "IMAGE"]
    for entry, phase in zip(entries, result.phases, strict=True):
        role = f"Phase {phase.number}: {phase.role or 'between'}"
        entry.ContentSequence = hd.sr.ContentSequence(
            [
                hd.sr.TextContentItem(private("PHASE_ROLE"), role, _HAS_ACQ_CONTEXT),
                _since_injection(phase, result.time_zero_assumed),
                *entry.ContentSequence,
            ]
        )


def _since_injection(phase: PhaseSummary, assumed: bool) -> hd.sr.NumContentItem:
    """An assumed injection makes an estimate of every time after it: the modifier says so to programs, in TID 300's way."""
    item = hd.sr.NumContentItem(
        concepts.TIME_SINCE_INJECTION, float(phase.time_s), codes.UCUM.Second, None, _HAS_ACQ_CONTEXT
    )
    if assumed:
        item.ContentSequence = hd.sr.ContentSequence(
            [hd.sr.CodeContentItem(concepts.DERIVATION, concepts.ESTIMATED, _HAS_CONCEPT_MOD)]
        )
    return item


# ------------------------------------------------------------------------------------------------------ the groups


def _lesion_group(
    measured: LesionResult,
    region: Lesion,
    result: SeriesResult,
    segments: Mapping[str, TrackedSegment],
    author: Author,
    context: str,
) -> hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations:
    """TID 1411."""
    segment, what = segments[result.finding.label(region.number)], concepts.region_concept(result.finding)
    described = description_of(result.description, region.number)
    measurements = (*measured.measurements, *described.measurements)
    # The segmenter's own 0 to 1, as in every other output.
    certainty = hd.sr.Measurement(
        name=concepts.CERTAINTY,
        value=float(measured.confidence),
        unit=concepts.unit_code("1"),
        algorithm_id=algorithm(author),
    )
    group = hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=segment.identifier(),
        referenced_segment=segment.reference(),
        finding_category=what.category,
        finding_type=what.type,
        finding_sites=[finding_site(region.laterality)],
        algorithm_id=algorithm(author, context),
        measurements=[*(num_item(m, author) for m in measurements), certainty],
        qualitative_evaluations=[
            coded_evaluation(private("CURVE_TYPE"), concepts.curve_code(measured.curve_type)),
            *coded_terms(described.terms),
        ],
    )
    put_reasons_beside(group, measurements)
    add_rules(group, described.terms)
    parameters_last(group)
    if region.manual_roi is not None:
        roi = region.manual_roi
        # The segment above is ours, on the images' grid; this is the object that it was made from.
        group[0].ContentSequence.append(
            hd.sr.CompositeContentItem(
                concepts.SOURCE_OF_MEASUREMENT, roi.sop_class_uid, roi.sop_instance_uid, _CONTAINS
            )
        )
        add_comments(
            group, f"Drawn as {roi.label or 'an unnamed segment'!r} (number {roi.number}) in {roi.object_name}."
        )
    return group


def _manual_roi_objects(regions: Regions, image: Dataset) -> list[Dataset]:
    """The manual ROIs of the lesions, each object once, as evidence."""
    objects: dict[str, Dataset] = {}
    for roi in (lesion.manual_roi for lesion in regions.lesions if lesion.manual_roi is not None):
        named = Dataset()
        named.SOPClassUID, named.SOPInstanceUID = roi.sop_class_uid, roi.sop_instance_uid
        named.SeriesInstanceUID, named.StudyInstanceUID = roi.series_uid, image.StudyInstanceUID
        objects[roi.sop_instance_uid] = named
    return list(objects.values())
