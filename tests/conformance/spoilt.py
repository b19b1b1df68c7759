"""Objects with one fault each: for every rule the damage that it must notice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conformance.readers import anything, is_film, is_map, is_page, is_segmentation, is_structure_set
from conformance.rule import children, tree
from conformance.rules_of_other_trees import is_drawing, is_note, is_selection
from conformance.rules_of_reports import (
    ALGORITHM_VERSION,
    FINDING,
    LANGUAGE,
    LIBRARY,
    OBSERVER_UID,
    PROCEDURE,
    REFERENCED_SEGMENT,
    SITE,
    TRACKING_UID,
    groups_of,
    is_main_report,
    numbers_below,
)
from conformance.written import WrittenCase, kind_of
from pydicom import Dataset
from pydicom.uid import ComprehensiveSRStorage, ImplicitVRLittleEndian

from tilscope.dicom_io.identity import Kind

Damage = Callable[[Dataset], object]
COMMENT = ("121106", "DCM")


def spoilt_file(case: WrittenCase, kind: Kind, damage: Damage, folder: Path) -> Path:
    """The file of the first object of that kind, spoilt."""
    changed = case.with_damage(lambda obj: kind_of(obj) is kind, damage)
    spoilt = next(one.dataset for one in changed.objects if one.kind is kind)
    path = folder / "spoilt.dcm"
    spoilt.save_as(path, enforce_file_format=True)
    return path


def put(**values: object) -> Damage:
    """Other values for attributes of the object."""
    return lambda obj: [setattr(obj, keyword, value) for keyword, value in values.items()]


def without(keyword: str) -> Damage:
    return lambda obj: delattr(obj, keyword)


def _equipment(at: int, **values: object) -> Damage:
    return lambda obj: put(**values)(obj.ContributingEquipmentSequence[at])


def _in_file(**values: object) -> Damage:
    return lambda obj: put(**values)(obj.file_meta)


def _drop(item: Dataset, name: tuple[str, str]) -> None:
    item.ContentSequence = [child for child in item.ContentSequence if child not in children(item, name)]


def _from_root(name: tuple[str, str]) -> Damage:
    return lambda obj: _drop(obj, name)


def _from_group(name: tuple[str, str]) -> Damage:
    return lambda obj: _drop(groups_of(obj)[0], name)


def _other_side(obj: Dataset) -> None:
    (site,) = children(groups_of(obj)[0], SITE)
    (side,) = site.ContentSequence
    side.ConceptCodeSequence[0].CodeValue = "24028007"


def _fewer_images(obj: Dataset) -> None:
    (library,) = children(obj, LIBRARY)
    library.ContentSequence[0].ContentSequence.pop()


def _other_segment(obj: Dataset) -> None:
    children(groups_of(obj)[0], REFERENCED_SEGMENT)[0].ReferencedSOPSequence[0].ReferencedSegmentNumber = 2


def _no_evidence(obj: Dataset) -> None:
    obj.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence.pop(0)


def is_replacing(obj: Dataset) -> bool:
    return "PredecessorDocumentsSequence" in obj


def without_purpose(obj: Dataset) -> None:
    (series,) = obj.PredecessorDocumentsSequence[0].ReferencedSeriesSequence
    del series.ReferencedSOPSequence[0].PurposeOfReferenceCodeSequence


def _an_open_contour(obj: Dataset) -> None:
    drawn = next(item for item in tree(obj) if item.ValueType == "SCOORD")
    drawn.GraphicData = list(drawn.GraphicData)[:-2]


def _an_empty_frame(obj: Dataset) -> None:
    segment = obj.SegmentSequence[0]
    segment.SegmentNumber = 99


def _a_moved_frame(obj: Dataset) -> None:
    position = obj.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence[0]
    position.ImagePositionPatient = [position.ImagePositionPatient[0] + 1.0, *position.ImagePositionPatient[1:]]


def _a_moved_contour(obj: Dataset) -> None:
    contour = obj.ROIContourSequence[0].ContourSequence[0]
    contour.ContourData = [float(value) + 1 for value in contour.ContourData]


#: The cases whose objects are spoilt: the first of them that has such an object.
SPOILT_IN = ("axial", "scored again", "refused")

#: Rule -> which object is spoilt, and how.
SPOILT: dict[str, tuple[Callable[[Dataset], bool], Damage]] = {
    "patient and study are those of the images": (anything, put(AccessionNumber="another")),
    "a series of its own": (anything, put(InstanceNumber=2)),
    "the series number is in our band and used once": (anything, put(SeriesNumber=1)),
    "the series description has no blank and no number": (anything, put(SeriesDescription="TILscope TIL 34 %")),
    "research use is said inside the object too": (anything, _equipment(-1, ContributionDescription="a device")),
    "the algorithm is contributing equipment with a device uid": (anything, _equipment(-1, DeviceUID="")),
    "every object names the same device": (anything, _equipment(-1, DeviceUID="1.2.3")),
    "the scanner is contributing equipment as far as the images name it": (anything, _equipment(0, Manufacturer="?")),
    "the equipment that made it is the algorithm": (anything, put(SoftwareVersions="0")),
    "text is utf 8": (anything, put(SpecificCharacterSet="ISO_IR 100")),
    "the time zone is that of the images": (anything, put(TimezoneOffsetFromUTC="+0100")),
    "it says when it was made": (anything, put(ContentTime="")),
    "de identification and trial are carried on": (anything, put(PatientIdentityRemoved="YES")),
    "nothing is private and no comment about the patient passes": (anything, put(PatientComments="brought by her son")),
    "every uid is well formed": (anything, lambda obj: setattr(obj.ContributingEquipmentSequence[-1], "DeviceUID", "1.02." + "3" * 70)),
    "the file names its object and its writer": (anything, _in_file(TransferSyntaxUID=ImplicitVRLittleEndian)),
    "every code is whole and its scheme known": (is_main_report, without("CodingSchemeIdentificationSequence")),
    "every reference leads somewhere": (is_page, lambda obj: put(ReferencedSOPInstanceUID="1.2.3")(obj.SourceInstanceSequence[0])),
    "the frame of reference is that of the early phase": (is_segmentation, put(FrameOfReferenceUID="1.2.3")),
    "the report is a comprehensive 3d sr of tid 1500": (is_main_report, put(SOPClassUID=ComprehensiveSRStorage)),
    "the title is one of measurement reports": (is_main_report, lambda obj: put(CodeValue="113000")(obj.ConceptNameCodeSequence[0])),
    "the language is named": (is_main_report, _from_root(LANGUAGE)),
    "the observer is the device of the contributing equipment": (is_main_report, _from_root(OBSERVER_UID)),
    "every measurement and group names the algorithm and its version": (is_main_report, lambda obj: _drop(numbers_below(obj)[0], ALGORITHM_VERSION)),
    "the procedure reported is the imaging": (is_main_report, _from_root(PROCEDURE)),
    "the image library shows every phase": (is_main_report, _fewer_images),
    "every group can be tracked": (is_main_report, _from_group(TRACKING_UID)),
    "every group says what it is about and on which side": (is_main_report, _from_group(FINDING)),
    "a lesion is on the side where its mask lies": (is_main_report, _other_side),
    "every number has a ucum unit or says why it is missing": (is_main_report, lambda obj: put(CodingSchemeDesignator="99X")(numbers_below(obj)[0].MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0])),
    "every lesion has a group that references its segment": (is_main_report, _from_group(REFERENCED_SEGMENT)),
    "a segment and its group are tracked by one uid": (is_main_report, _other_segment),
    "a program has written it and no person has verified it": (is_main_report, put(VerificationFlag="VERIFIED")),
    "the evidence lists what the tree references": (is_main_report, _no_evidence),
    "the evidence lists every image that was used": (is_main_report, _no_evidence),
    "every container is separate": (is_main_report, put(ContinuityOfContent="CONTINUOUS")),
    "what is replaced is a report of the same study": (is_replacing, without_purpose),
    "key objects are images of the early phase": (is_selection, lambda obj: put(CodeValue="113010")(obj.ConceptNameCodeSequence[0])),
    "a contour is closed and lies on its image": (is_drawing, _an_open_contour),
    "a lesion is tracked by one uid in both reports": (is_drawing, lambda obj: put(UID="1.2.3")(children(groups_of(obj)[0], TRACKING_UID)[0])),
    "a note says why and holds no number": (is_note, _from_root(COMMENT)),
    "a segmentation says what its voxels mean": (is_segmentation, put(SegmentsOverlap="YES")),
    "no segment is empty": (is_segmentation, _an_empty_frame),
    "every segment says what it is and who drew it": (is_segmentation, lambda obj: put(TrackingUID="")(obj.SegmentSequence[0])),
    "every frame lies on the image that it names": (is_segmentation, _a_moved_frame),
    "the referenced series is the early phase": (is_segmentation, without("ReferencedSeriesSequence")),
    "a map says what its values mean": (is_map, put(ContentQualification="PRODUCT")),
    "every contour is closed and lies on its image": (is_structure_set, _a_moved_contour),
    "every region says what it is and who drew it": (is_structure_set, lambda obj: obj.ROIContourSequence.pop()),
    "it says whether the patient is burned in": (is_page, put(BurnedInAnnotation="NO")),
    "a film plays by itself": (is_film, without("FrameTime")),
    "the page names its report": (is_page, without("DocumentTitle")),
}  # fmt: skip
