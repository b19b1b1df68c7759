"""What holds for every object, whatever it is: whose it is, who made it, and what must not be in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.readers import has_run_lengths
from conformance.rule import code_of, every_item, rule
from conformance.written import WrittenCase, WrittenObject
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from tilscope.dicom_io.objects.codes.private_codes import SCHEME
from tilscope.dicom_io.objects.rtstruct.structure_set import DETACHED_STUDY

Faults = Iterator[str]

_OF_THE_STUDY = (
    "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "StudyDescription", "PatientName", "PatientID",
    "IssuerOfPatientID", "PatientAge", "ReferringPhysicianName",
)  # fmt: skip
_MUST_BE_VALID = {"PatientBirthDate": r"\d{8}", "PatientSex": "[MFO]"}
_DE_IDENTIFICATION = (
    "PatientIdentityRemoved", "DeidentificationMethod", "LongitudinalTemporalInformationModified",
    "ClinicalTrialProtocolID", "ClinicalTrialSubjectID",
)  # fmt: skip
_EQUIPMENT = ("Manufacturer", "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions")
_SAID_ABOUT_THE_PATIENT = ("PatientComments", "AdditionalPatientHistory", "ImageComments", "StudyComments")
_TOLD_ELSEWHERE = ("SeriesDescription", "ContributingEquipmentSequence")
PROCESSING, ACQUISITION = ("109102", "DCM"), ("109101", "DCM")


def first_image(case: WrittenCase, one: WrittenObject) -> Dataset:
    """Of the dynamic series that the object is about, as it is stored."""
    if one.study_or_none is None:  # a note: what it lists as evidence
        return case.images[first_evidence(one.dataset)]
    return next(image for image in case.images.values() if image.SeriesInstanceUID in one.study.source.series_uids)


def first_evidence(obj: Dataset) -> str:
    series = obj.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    return str(series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)


def equipment(obj: Dataset, purpose: tuple[str, str]) -> list[Dataset]:
    items = obj.get("ContributingEquipmentSequence", ())
    return [item for item in items if code_of(item.get("PurposeOfReferenceCodeSequence")) == purpose]


def _said(obj: Dataset, keyword: str) -> str:
    return str(obj.get(keyword) or "")


@rule("IHE RAD TF-2x A.2: evidence documents keep the study's and the patient's attributes")
def patient_and_study_are_those_of_the_images(one: WrittenObject, case: WrittenCase) -> Faults:
    image = first_image(case, one)
    for keyword in _OF_THE_STUDY:
        if _said(one.dataset, keyword) != _said(image, keyword):
            yield f"{keyword} is {_said(one.dataset, keyword)!r}, of the images {_said(image, keyword)!r}"
    for keyword, pattern in _MUST_BE_VALID.items():
        value = _said(image, keyword)
        if _said(one.dataset, keyword) != (value if re.fullmatch(pattern, value) else ""):
            yield f"{keyword} is {_said(one.dataset, keyword)!r}"


@rule("PS3.3 C.7.3.1; OHIF shows only the last object of a SEG or SR series")
def a_series_of_its_own(one: WrittenObject, case: WrittenCase) -> Faults:
    uids = [other.dataset.SeriesInstanceUID for other in case.objects if other is not one]
    uids += [image.SeriesInstanceUID for image in case.images.values()]
    if one.dataset.SeriesInstanceUID in uids:
        yield "something else is in its series"
    if one.dataset.InstanceNumber != 1:
        yield f"it is number {one.dataset.InstanceNumber} of its series"


@rule("our own: a fixed band of our own")
def the_series_number_is_in_our_band_and_used_once(one: WrittenObject, case: WrittenCase) -> Faults:
    numbers = [int(other.dataset.SeriesNumber) for other in case.objects]
    if not 9001 <= int(one.dataset.SeriesNumber) <= 9300:
        yield f"series number {one.dataset.SeriesNumber}"
    if numbers.count(int(one.dataset.SeriesNumber)) > 1:
        yield f"series number {one.dataset.SeriesNumber} twice"


@rule("our own: DICOMweb queries with spaces fail, and everybody sees a description")
def the_series_description_has_no_blank_and_no_number(one: WrittenObject, case: WrittenCase) -> Faults:
    if not re.fullmatch(r"(DEMO_)?TILscope_[a-z_]+", one.dataset.SeriesDescription):
        yield one.dataset.SeriesDescription
    if len(one.dataset.SeriesDescription) > 35:
        yield "longer than a thumbnail is wide"


@rule("our own: RESEARCH USE ONLY in every object")
def research_use_is_said_inside_the_object_too(one: WrittenObject, case: WrittenCase) -> Faults:
    """By the equipment, and where the object describes itself: some programs rewrite the series description."""
    for item in equipment(one.dataset, PROCESSING):
        yield from _not_said("the equipment", _texts(item), one)
    described = Dataset({element.tag: element for element in one.dataset if element.keyword not in _TOLD_ELSEWHERE})
    yield from _not_said("the object", _texts(described), one)


def _texts(obj: Dataset) -> list[str]:
    items = every_item(obj)
    return [str(element.value) for item in items for element in item if element.VR in ("LO", "LT", "ST", "UT", "SH")]


def _not_said(where: str, texts: list[str], one: WrittenObject) -> Faults:
    said = [text for text in texts if "research use only" in text.lower()]
    if not said:
        yield f"{where} does not say that it is for research use only"
    elif one.is_demo and not any("DEMO" in text for text in texts):
        yield f"{where} does not say that it is a demonstration"


@rule("IHE AI Results 6.5.3.1: Contributing Equipment Sequence, purpose, manufacturer, model, versions, Device UID")
def the_algorithm_is_contributing_equipment_with_a_device_uid(one: WrittenObject, case: WrittenCase) -> Faults:
    items = equipment(one.dataset, PROCESSING)
    if len(items) != 1:
        yield f"{len(items)} items of processing equipment"
    for item in items:
        for keyword in ("Manufacturer", "ManufacturerModelName", "SoftwareVersions", "DeviceUID"):
            if not item.get(keyword):
                yield f"the processing equipment has no {keyword}"


@rule("IHE AI Results 6.5.3.1: the Device UID changes with the model, and only with it")
def every_object_names_the_same_device(one: WrittenObject, case: WrittenCase) -> Faults:
    uids = {str(i.get("DeviceUID")) for other in case.objects for i in equipment(other.dataset, PROCESSING)}
    if len(uids) != 1:
        yield f"device UIDs {sorted(uids)}"


@rule("PS3.3 C.12.1.1.5: (109101, DCM, Acquisition Equipment)")
def the_scanner_is_contributing_equipment_as_far_as_the_images_name_it(one: WrittenObject, case: WrittenCase) -> Faults:
    image, items = first_image(case, one), equipment(one.dataset, ACQUISITION)
    if len(items) != (1 if image.get("Manufacturer") else 0):
        yield f"{len(items)} items of acquisition equipment"
    for item in items:
        for keyword in (*_EQUIPMENT, "StationName", "InstitutionName"):
            if _said(item, keyword) != _said(image, keyword):
                yield f"the scanner's {keyword} is {_said(item, keyword)!r}, of the images {_said(image, keyword)!r}"


@rule("PS3.3 C.7.5.1 and C.7.5.2: the equipment that made the object")
def the_equipment_that_made_it_is_the_algorithm(one: WrittenObject, case: WrittenCase) -> Faults:
    for item in equipment(one.dataset, PROCESSING):
        for keyword in _EQUIPMENT:
            if not item.get(keyword) or one.dataset.get(keyword) != item.get(keyword):
                yield f"{keyword} is {_said(one.dataset, keyword)!r}, of the algorithm {_said(item, keyword)!r}"


@rule("PS3.3 C.12.1.1.2: one character set for all scripts")
def text_is_utf_8(one: WrittenObject, case: WrittenCase) -> Faults:
    sets = {_said(item, "SpecificCharacterSet") for item in every_item(one.dataset) if "SpecificCharacterSet" in item}
    if sets != {"ISO_IR 192"}:
        yield f"character sets {sorted(sets)}"


@rule("PS3.3 C.12.1: Timezone Offset From UTC as of the images")
def the_time_zone_is_that_of_the_images(one: WrittenObject, case: WrittenCase) -> Faults:
    zones = _said(one.dataset, "TimezoneOffsetFromUTC"), _said(first_image(case, one), "TimezoneOffsetFromUTC")
    if zones[0] != zones[1]:
        yield f"zone {zones[0]!r}, of the images {zones[1]!r}"


@rule("PS3.3 C.12.1 and C.7.3.1: when it was made")
def it_says_when_it_was_made(one: WrittenObject, case: WrittenCase) -> Faults:
    own = {"RTSTRUCT": "StructureSet", "PR": "PresentationCreation"}.get(one.dataset.Modality, "Content")
    for kind in ("InstanceCreation", "Series", own):
        if not (_said(one.dataset, f"{kind}Date") and _said(one.dataset, f"{kind}Time")):
            yield f"no {kind}Date or {kind}Time"


@rule("PS3.15 E: what was de-identified stays marked as such")
def de_identification_and_trial_are_carried_on(one: WrittenObject, case: WrittenCase) -> Faults:
    image = first_image(case, one)
    for keyword in _DE_IDENTIFICATION:
        if _said(one.dataset, keyword) != _said(image, keyword):
            yield f"{keyword} is {_said(one.dataset, keyword)!r}, of the images {_said(image, keyword)!r}"


@rule("our own: no private tags; PS3.5 7.8")
def nothing_is_private_and_no_comment_about_the_patient_passes(one: WrittenObject, case: WrittenCase) -> Faults:
    for item in every_item(one.dataset):
        yield from (f"private element {element.tag}" for element in item if element.tag.is_private)
        yield from (f"{keyword} is there" for keyword in _SAID_ABOUT_THE_PATIENT if keyword in item)


@rule("PS3.5 9.1: digits and dots, no leading zero, 64 characters")
def every_uid_is_well_formed(one: WrittenObject, case: WrittenCase) -> Faults:
    items = [*every_item(one.dataset), one.dataset.file_meta]
    for element in (element for item in items for element in item if element.VR == "UI" and element.value):
        for uid in [element.value] if isinstance(element.value, str) else element.value:
            if len(uid) > 64 or not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+", uid):
                yield f"{element.keyword} {uid}"


@rule("PS3.10 7.1: the file says what it holds and who wrote it")
def the_file_names_its_object_and_its_writer(one: WrittenObject, case: WrittenCase) -> Faults:
    meta, obj = one.dataset.file_meta, one.dataset
    if (meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID) != (obj.SOPClassUID, obj.SOPInstanceUID):
        yield "the file names another object than it holds"
    if meta.TransferSyntaxUID != (RLELossless if has_run_lengths(obj) else ExplicitVRLittleEndian):
        yield f"transfer syntax {meta.TransferSyntaxUID.name}"
    if not _said(meta, "ImplementationVersionName").startswith("TILSCOPE"):
        yield "the file does not name its writer"


@rule("PS3.3 8.8: codes of 16, meanings of 64 characters, and a declared scheme where it is private")
def every_code_is_whole_and_its_scheme_known(one: WrittenObject, case: WrittenCase) -> Faults:
    declared = {
        i.CodingSchemeDesignator
        for i in one.dataset.get("CodingSchemeIdentificationSequence", ())
        if i.get("CodingSchemeUID")
    }
    for item in (item for item in every_item(one.dataset) if "CodeValue" in item):
        scheme = _said(item, "CodingSchemeDesignator")
        if not (0 < len(_said(item, "CodeValue")) <= 16 and 0 < len(_said(item, "CodeMeaning")) <= 64 and scheme):
            yield f"code ({_said(item, 'CodeValue')}, {scheme}, {_said(item, 'CodeMeaning')!r})"
        if scheme.startswith("99") and (scheme != SCHEME or scheme not in declared):
            yield f"the scheme {scheme} is not declared"


def _in_other_studies(dataset: Dataset) -> set[str]:
    """Instances that a report declares as evidence from elsewhere: those of the patient's earlier exams."""
    return {
        str(item.ReferencedSOPInstanceUID)
        for study in dataset.get("PertinentOtherEvidenceSequence", [])
        if study.StudyInstanceUID != dataset.StudyInstanceUID
        for item in every_item(study)
        if "ReferencedSOPInstanceUID" in item
    }


@rule("PS3.3 10.3 and C.17.2: a reference leads to an instance of the study, of the class that it names")
def every_reference_leads_somewhere(one: WrittenObject, case: WrittenCase) -> Faults:
    there = case.instances
    elsewhere = _in_other_studies(one.dataset)
    for item in (item for item in every_item(one.dataset) if "ReferencedSOPInstanceUID" in item):
        if item.ReferencedSOPInstanceUID in elsewhere:
            continue
        if item.ReferencedSOPClassUID == DETACHED_STUDY:
            if item.ReferencedSOPInstanceUID != one.dataset.StudyInstanceUID:
                yield "it references another study"
            continue
        found = there.get(str(item.ReferencedSOPInstanceUID))
        if found is None:
            yield f"nothing is called {item.ReferencedSOPInstanceUID}"
        elif found.SOPClassUID != item.ReferencedSOPClassUID:
            yield f"{item.ReferencedSOPInstanceUID} is of another class than {item.ReferencedSOPClassUID}"
        else:
            frames = item.get("ReferencedFrameNumber", [])
            frames = [frames] if isinstance(frames, int) else list(frames)
            if any(not 1 <= int(n) <= int(found.get("NumberOfFrames", 1)) for n in frames):
                yield f"frames {frames} of {found.get('NumberOfFrames', 1)}"


@rule("PS3.3 C.7.4.1: in the images' own space", about=lambda obj: "FrameOfReferenceUID" in obj)
def the_frame_of_reference_is_that_of_the_early_phase(one: WrittenObject, case: WrittenCase) -> Faults:
    if one.dataset.FrameOfReferenceUID != one.study.source.early.headers[0].FrameOfReferenceUID:
        yield "another frame of reference"
