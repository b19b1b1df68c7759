"""What holds for the trees beside the report: key objects, the contour for viewers that draw, the note of a refusal."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.rule import children, code_of, concept, rule, tree
from conformance.rules_of_reports import TRACKING_UID, group_name, groups_of, is_report, value_of
from conformance.written import WrittenCase, WrittenObject, side_of
from pydicom import Dataset
from pydicom.uid import BasicTextSRStorage, ComprehensiveSRStorage, KeyObjectSelectionDocumentStorage

from tilscope.dicom_io.identity import Kind
from tilscope.dicom_io.objects.codes.private_codes import SCHEME

Faults = Iterator[str]
REPLACED = ("121360", "DCM")
WHY = ("NOT_SCORED_WHY", SCHEME)
#: Stone draws a contour only where its image is called so.
ORIGINAL_SOURCE = ("111040", "DCM")


def is_selection(obj: Dataset) -> bool:
    return bool(obj.SOPClassUID == KeyObjectSelectionDocumentStorage)


def is_drawing(obj: Dataset) -> bool:
    return bool(obj.SOPClassUID == ComprehensiveSRStorage)


def is_note(obj: Dataset) -> bool:
    return bool(obj.SOPClassUID == BasicTextSRStorage)


@rule(
    "PS3.3 C.17.2.2: the purpose of a predecessor, (121360, DCM, Replaced report)",
    about=lambda o: "PredecessorDocumentsSequence" in o,
)
def what_is_replaced_is_a_report_of_the_same_study(one: WrittenObject, case: WrittenCase) -> Faults:
    for study in one.dataset.PredecessorDocumentsSequence:
        for item in (item for series in study.ReferencedSeriesSequence for item in series.ReferencedSOPSequence):
            found = case.instances.get(str(item.ReferencedSOPInstanceUID))
            if found is None or found.Modality != "SR" or found.SOPInstanceUID == one.dataset.SOPInstanceUID:
                yield f"it replaces {item.ReferencedSOPInstanceUID}, which is no other report of the study"
            if code_of(item.get("PurposeOfReferenceCodeSequence")) != REPLACED:
                yield f"purpose {code_of(item.get('PurposeOfReferenceCodeSequence'))}"


@rule("PS3.16 TID 2010: a title of CID 7010, images of the early phase, and what they are in words", about=is_selection)
def key_objects_are_images_of_the_early_phase(one: WrittenObject, case: WrittenCase) -> Faults:
    if concept(one.dataset) != ("113000", "DCM"):
        yield f"title {concept(one.dataset)}"
    source = one.study.source
    early = {source.frames[uid].sop_instance_uid if uid in source.frames else uid for uid in source.early.instance_uids}
    named = [item.ReferencedSOPSequence[0] for item in tree(one.dataset) if item.ValueType == "IMAGE"]
    if not named or any(str(item.ReferencedSOPInstanceUID) not in early for item in named):
        yield f"{len(named)} images, not all of the early phase"
    if not children(one.dataset, ("113012", "DCM")):
        yield "no description"


@rule(
    "OHIF draws what is titled 126000; Stone what is a closed polyline of TID 1410 on an image called 111040",
    about=is_drawing,
)
def a_contour_is_closed_and_lies_on_its_image(one: WrittenObject, case: WrittenCase) -> Faults:
    if concept(one.dataset) != ("126000", "DCM"):
        yield f"title {concept(one.dataset)}"
    drawn = [item for item in tree(one.dataset) if item.ValueType == "SCOORD"]
    if not drawn:
        yield "nothing is drawn"
    for item in drawn:
        points = list(zip(item.GraphicData[::2], item.GraphicData[1::2], strict=True))
        rows, columns = one.study.series.grid.GetSize()[1::-1]
        if item.GraphicType != "POLYLINE" or len(points) < 4 or points[0] != points[-1]:
            yield f"{item.GraphicType} of {len(points)} points, from {points[0]} to {points[-1]}"
        if any(not (0 <= x <= columns and 0 <= y <= rows) for x, y in points):
            yield "it leaves the image"
        if [concept(child) for child in children(item)] != [ORIGINAL_SOURCE]:
            yield "it does not lie on one image"


@rule("PS3.16 TID 1410: a finding has the same tracking UID in every object", about=is_drawing)
def a_lesion_is_tracked_by_one_uid_in_both_reports(one: WrittenObject, case: WrittenCase) -> Faults:
    beside = [o.dataset for o in case.objects if o.kind is Kind.REPORT and side_of(o.dataset) is side_of(one.dataset)]
    known = {group_name(group): value_of(group, TRACKING_UID) for report in beside for group in groups_of(report)}
    for group in groups_of(one.dataset):
        if value_of(group, TRACKING_UID) != known.get(group_name(group)):
            yield f"{group_name(group)} has two tracking UIDs"


@rule(
    "our own: a refusal in words, which no program can take for measurements",
    about=lambda obj: is_report(obj) and is_note(obj),
)
def a_note_says_why_and_holds_no_number(one: WrittenObject, case: WrittenCase) -> Faults:
    if one.kind is not Kind.REFUSAL or "ContentTemplateSequence" in one.dataset:
        yield "it is a note, but none of a refusal"
    if numbers := [item for item in tree(one.dataset) if item.ValueType == "NUM"]:
        yield f"{len(numbers)} numbers"
    said = [str(item.TextValue) for item in children(one.dataset) if item.ValueType == "TEXT"]
    if len(children(one.dataset, WHY)) != 1 or not any("no negative finding" in text for text in said):
        yield "it does not say why nothing was scored, and that this is no negative finding"
