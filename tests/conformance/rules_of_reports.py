"""What holds for structured reports: IHE AI Results on TID 1500, and what the templates below it ask."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.readers import is_measurement_report, is_segmentation, is_tree
from conformance.rule import children, code_of, concept, rule, tree
from conformance.rules_of_every_object import PROCESSING, equipment
from conformance.written import WrittenCase, WrittenObject, kind_of
from pydicom import Dataset
from pydicom.uid import Comprehensive3DSRStorage

from tilscope.dicom_io.identity import Kind
from tilscope.models.imaging.series import Laterality

Faults = Iterator[str]
Name = tuple[str, str]

OBSERVER_UID, OBSERVER_MAKER, OBSERVER_MODEL = ("121012", "DCM"), ("121014", "DCM"), ("121015", "DCM")
ALGORITHM_NAME, ALGORITHM_VERSION = ("111001", "DCM"), ("111003", "DCM")
TRACKING_ID, TRACKING_UID = ("112039", "DCM"), ("112040", "DCM")
GROUP, MEASUREMENTS, LIBRARY = ("125007", "DCM"), ("126010", "DCM"), ("111028", "DCM")
FINDING, SITE, LATERALITY = ("121071", "DCM"), ("363698007", "SCT"), ("272741003", "SCT")
REFERENCED_SEGMENT, SOURCE_SERIES = ("121191", "DCM"), ("121232", "DCM")
TIME_POINT, SOURCE_OF_MEASUREMENT = ("C2348792", "UMLS"), ("121112", "DCM")
SINCE_INJECTION, DERIVATION, ESTIMATED = ("122665", "DCM"), ("121401", "DCM"), ("414135002", "SCT")
PROCEDURE, LANGUAGE, OBSERVER_TYPE = ("121058", "DCM"), ("121049", "DCM"), ("121005", "DCM")
SIDES = {Laterality.RIGHT: "24028007", Laterality.LEFT: "7771000", Laterality.BOTH: "51440002"}
#: LOINC: MR of the breast without and with contrast; what was imaged, whatever was computed from it.
IMAGING = {Laterality.RIGHT: "36279-8", Laterality.LEFT: "36278-0", Laterality.BOTH: "36277-2"}
#: CID 42, numeric value qualifiers.
NO_VALUE = {str(number) for number in range(114000, 114012)}


def is_main_report(obj: Dataset) -> bool:
    return bool(obj.SOPClassUID == Comprehensive3DSRStorage) and is_measurement_report(obj)


def is_report(obj: Dataset) -> bool:
    return bool(obj.Modality == "SR")


def groups_of(obj: Dataset) -> list[Dataset]:
    """Measurement Group containers, of TID 1410, 1411 and 1501 alike; of this exam."""
    return [group for group in groups_at_any_time(obj) if not children(group, TIME_POINT)]


def groups_at_any_time(obj: Dataset) -> list[Dataset]:
    """With those of earlier exams, and of what has changed since."""
    return [group for top in children(obj, MEASUREMENTS) for group in children(top, GROUP)]


def numbers_below(item: Dataset) -> list[Dataset]:
    return [n for n in tree(item) if n.ValueType == "NUM" and n.RelationshipType == "CONTAINS"]


def value_of(item: Dataset, name: Name) -> str | None:
    found = children(item, name)
    if len(found) != 1:
        return None
    return str(found[0].get("UID") or found[0].get("TextValue") or "") or None


def group_name(group: Dataset) -> str:
    return value_of(group, TRACKING_ID) or "a group without a name"


@rule(
    "IHE AI Results, qualitative findings: Comprehensive 3D SR with TID 1500 as root",
    about=lambda obj: kind_of(obj) is Kind.REPORT,
)
def the_report_is_a_comprehensive_3d_sr_of_tid_1500(one: WrittenObject, case: WrittenCase) -> Faults:
    if one.dataset.SOPClassUID != Comprehensive3DSRStorage:
        yield f"class {one.dataset.SOPClassUID}"
    if not is_measurement_report(one.dataset):
        yield "its root template is not TID 1500"


@rule("PS3.16 TID 1500: a title of CID 7021, a container", about=is_measurement_report)
def the_title_is_one_of_measurement_reports(one: WrittenObject, case: WrittenCase) -> Faults:
    if concept(one.dataset) not in {(str(number), "DCM") for number in range(126000, 126004)}:
        yield f"title {concept(one.dataset)}"
    if one.dataset.ValueType != "CONTAINER" or one.dataset.ContentTemplateSequence[0].MappingResource != "DCMR":
        yield "its root is no container of the standard's templates"


@rule("PS3.16 TID 1204: the language of the content", about=is_measurement_report)
def the_language_is_named(one: WrittenObject, case: WrittenCase) -> Faults:
    if len(children(one.dataset, LANGUAGE)) != 1:
        yield "no language"


@rule("IHE AI Results table 6.5.3.1-1: Device Observer = Contributing Equipment", about=is_report)
def the_observer_is_the_device_of_the_contributing_equipment(one: WrittenObject, case: WrittenCase) -> Faults:
    (item,) = equipment(one.dataset, PROCESSING)
    kinds = [code_of(c.get("ConceptCodeSequence")) for c in children(one.dataset, OBSERVER_TYPE)]
    if ("121007", "DCM") not in kinds:
        yield "no device observes"
    for name, keyword in ((OBSERVER_UID, "DeviceUID"), (OBSERVER_MAKER, "Manufacturer"), (OBSERVER_MODEL, "ManufacturerModelName")):  # fmt: skip
        if value_of(one.dataset, name) != item.get(keyword):
            yield f"{keyword} is {item.get(keyword)}, of the observer {value_of(one.dataset, name)}"


@rule("IHE AI Results table 6.5.3.1-1: TID 4019 = Contributing Equipment", about=is_measurement_report)
def every_measurement_and_group_names_the_algorithm_and_its_version(one: WrittenObject, case: WrittenCase) -> Faults:
    (item,) = equipment(one.dataset, PROCESSING)
    wanted = (item.ManufacturerModelName, item.SoftwareVersions)
    for about in [*groups_at_any_time(one.dataset), *numbers_below(one.dataset)]:
        said = value_of(about, ALGORITHM_NAME), value_of(about, ALGORITHM_VERSION)
        if said != wanted:
            yield f"{concept(about)} was made by {said}"


@rule(
    "IHE AI Results, qualitative findings: Procedure Reported is the imaging procedure, not the algorithm",
    about=is_measurement_report,
)
def the_procedure_reported_is_the_imaging(one: WrittenObject, case: WrittenCase) -> Faults:
    said = [code_of(c.get("ConceptCodeSequence")) for c in children(one.dataset, PROCEDURE)]
    if said != [(IMAGING[Laterality(one.study.result.exam_laterality)], "LN")]:
        yield f"procedure reported {said}"


@rule("PS3.16 TID 1600: an image of every phase, each with its place in time", about=is_main_report)
def the_image_library_shows_every_phase(one: WrittenObject, case: WrittenCase) -> Faults:
    (library,) = children(one.dataset, LIBRARY)
    images = [item for item in tree(library) if item.ValueType == "IMAGE"]
    if len(images) != len(one.study.source.phases):
        yield f"{len(images)} images of {len(one.study.source.phases)} phases"
    for image in images:
        times = children(image, SINCE_INJECTION)
        if not times:
            yield "an image does not say when it was taken"
        marked = [code_of(c.ConceptCodeSequence) for time in times for c in children(time, DERIVATION)]
        if marked != ([ESTIMATED] if one.study.result.time_zero_assumed else []):
            yield f"a time after {'an assumed' if one.study.result.time_zero_assumed else 'a recorded'} injection is marked {marked}"


@rule("PS3.16 TID 1410, 1411, 1501: tracking identifiers, a primitive of IHE AI Results", about=is_measurement_report)
def every_group_can_be_tracked(one: WrittenObject, case: WrittenCase) -> Faults:
    uids = [value_of(group, TRACKING_UID) for group in groups_of(one.dataset)]
    for group, uid in zip(groups_of(one.dataset), uids, strict=True):
        if not value_of(group, TRACKING_ID) or not uid:
            yield f"{group_name(group)} has no tracking identifier"
        elif len({_segment(other) for other, its in zip(groups_of(one.dataset), uids, strict=True) if its == uid}) > 1:
            yield f"{group_name(group)} is tracked as a group about something else"
    if not uids:
        yield "it has no group at all"


def _segment(group: Dataset) -> tuple[str, int] | None:
    """The instance and number of the segment that a group is about."""
    for item in children(group, REFERENCED_SEGMENT):
        (named,) = item.ReferencedSOPSequence
        return str(named.ReferencedSOPInstanceUID), int(named.ReferencedSegmentNumber)
    return None


@rule("PS3.16 TID 1410, 1411, 1501: what was found, where, on which side", about=is_measurement_report)
def every_group_says_what_it_is_about_and_on_which_side(one: WrittenObject, case: WrittenCase) -> Faults:
    for group in groups_of(one.dataset):
        if len(children(group, FINDING)) != 1:
            yield f"{group_name(group)} names no finding"
        sides = [
            code_of(c.ConceptCodeSequence)
            for site in children(group, SITE)
            for c in children(site, LATERALITY)
            if code_of(site.ConceptCodeSequence) == ("76752008", "SCT")
        ]
        if len(sides) != 1 or sides[0] not in {(code, "SCT") for code in SIDES.values()}:
            yield f"{group_name(group)} lies in {sides}"


@rule("PS3.16 TID 1411: a lesion's side is that of its mask", about=is_main_report)
def a_lesion_is_on_the_side_where_its_mask_lies(one: WrittenObject, case: WrittenCase) -> Faults:
    said = {group_name(group): group for group in groups_of(one.dataset)}
    for lesion in one.study.regions.lesions:
        (site,) = children(said[one.study.result.finding.label(lesion.number)], SITE)
        (side,) = children(site, LATERALITY)
        if side.ConceptCodeSequence[0].CodeValue != SIDES[lesion.laterality]:
            yield f"lesion {lesion.number} is said to be {side.ConceptCodeSequence[0].CodeMeaning}"


@rule(
    "PS3.16 TID 300: units in UCUM (CID 82); PS3.3 C.18.1 and CID 42 where there is no value",
    about=is_measurement_report,
)
def every_number_has_a_ucum_unit_or_says_why_it_is_missing(one: WrittenObject, case: WrittenCase) -> Faults:
    for number in (item for item in tree(one.dataset) if item.ValueType == "NUM"):
        why = code_of(number.get("NumericValueQualifierCodeSequence"))
        for measured in number.MeasuredValueSequence:
            if code_of(measured.MeasurementUnitsCodeSequence)[1] != "UCUM":  # type: ignore[index]
                yield f"{concept(number)} in {code_of(measured.MeasurementUnitsCodeSequence)}"
        if not number.MeasuredValueSequence and (why is None or why[0] not in NO_VALUE):
            yield f"{concept(number)} has no value and does not say why"


@rule("PS3.16 TID 1411: the segment that was measured, and the images that it was drawn on", about=is_main_report)
def every_lesion_has_a_group_that_references_its_segment(one: WrittenObject, case: WrittenCase) -> Faults:
    regions = one.study.regions
    names = {regions.finding.label(lesion.number) for lesion in regions.lesions}
    lesions = [group for group in groups_of(one.dataset) if group_name(group) in names]
    if len(lesions) != len(regions.lesions):
        yield f"{len(lesions)} groups about {len(regions.lesions)} lesions"
    # What a signature or a volume is of can be told by a program only so.
    for group in groups_of(one.dataset):
        if len(children(group, REFERENCED_SEGMENT)) != 1 or len(children(group, SOURCE_SERIES)) != 1:
            yield f"{group_name(group)} references no segment with its source"


@rule(
    "PS3.3 C.8.20.2 and PS3.16 TID 1411: one tracking UID for a segment and the group about it",
    about=is_measurement_report,
)
def a_segment_and_its_group_are_tracked_by_one_uid(one: WrittenObject, case: WrittenCase) -> Faults:
    for group in groups_of(one.dataset):
        for item in children(group, REFERENCED_SEGMENT):
            (named,) = item.ReferencedSOPSequence
            segmentation = case.instances[named.ReferencedSOPInstanceUID]
            if not is_segmentation(segmentation):
                yield f"{group_name(group)} references no segmentation"
                continue
            segments = {int(s.SegmentNumber): s for s in segmentation.SegmentSequence}
            segment = segments.get(int(named.ReferencedSegmentNumber))
            if segment is None or segment.TrackingUID != value_of(group, TRACKING_UID):
                yield f"{group_name(group)} and segment {named.ReferencedSegmentNumber} are not tracked as one"


@rule("PS3.3 C.17.2: complete, preliminary, and verified by nobody", about=is_report)
def a_program_has_written_it_and_no_person_has_verified_it(one: WrittenObject, case: WrittenCase) -> Faults:
    flags = tuple(str(one.dataset.get(k)) for k in ("CompletionFlag", "PreliminaryFlag", "VerificationFlag"))
    if flags != ("COMPLETE", "PRELIMINARY", "UNVERIFIED"):
        yield f"flags {flags}"
    if "VerifyingObserverSequence" in one.dataset:
        yield "a verifying observer is named"


@rule("PS3.3 C.17.2.3: everything that the tree references is listed as evidence", about=is_tree)
def the_evidence_lists_what_the_tree_references(one: WrittenObject, case: WrittenCase) -> Faults:
    listed = {
        str(item.ReferencedSOPInstanceUID): str(series.SeriesInstanceUID)
        for keyword in ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence")
        for study in one.dataset.get(keyword, ())
        for series in study.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }
    for item in (named for child in tree(one.dataset) for named in child.get("ReferencedSOPSequence", ())):
        if item.ReferencedSOPInstanceUID not in listed:
            yield f"{item.ReferencedSOPInstanceUID} is not listed"
    for uid, series in listed.items():
        if uid in case.instances and case.instances[uid].SeriesInstanceUID != series:
            yield f"{uid} is listed in another series"


@rule("our own: the evidence lists all images that were used", about=is_main_report)
def the_evidence_lists_every_image_that_was_used(one: WrittenObject, case: WrittenCase) -> Faults:
    listed = {
        str(item.ReferencedSOPInstanceUID)
        for study in one.dataset.CurrentRequestedProcedureEvidenceSequence
        for series in study.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }
    if missing := set(one.study.source.files_needed) - listed:
        yield f"{len(missing)} images are not listed"


@rule("PS3.3 C.17.3: an item a line, or OHIF writes names and values as running text", about=is_report)
def every_container_is_separate(one: WrittenObject, case: WrittenCase) -> Faults:
    for item in (one.dataset, *tree(one.dataset)):
        if item.ValueType == "CONTAINER" and item.get("ContinuityOfContent") != "SEPARATE":
            yield f"{concept(item)} is {item.get('ContinuityOfContent')}"
