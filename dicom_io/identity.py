"""Who wrote a result object, for whom, and under which UIDs: what all result objects share.

UIDs are derived, not drawn: the same input, settings and version give the same objects, so a second run writes
nothing new (Orthanc returns "AlreadyStored"), and a changed input gives new ones.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum

from pydicom import DataElement, Dataset
from pydicom.datadict import keyword_dict
from pydicom.dataset import FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import UID, ExplicitVRLittleEndian
from pydicom.valuerep import DA, TM

from tilscope.dicom_io.objects.codes.concepts import ACQUISITION_EQUIPMENT, PROCESSING_EQUIPMENT
from tilscope.models.imaging.series import Laterality
from tilscope.models.result import OtherBreast, SeriesResult
from tilscope.models.short_hash import hash_of_facts

#: Assembly knows our objects by it (`series_roles`); a test holds the two together.
MANUFACTURER = "TILscope"
MODEL_NAME = "TILscope"
RESEARCH_USE = "RESEARCH USE ONLY. Not a medical device; not for diagnosis or treatment decisions."
#: In front of it where a demonstration wrote the object.
#: Before the description of every series that was written in demo mode.
DEMO_MARK = "DEMO_"
DEMO_NOTICE = "DEMO: synthetic data, scored by references and models that were made of synthetic data. It means nothing clinically."

#: Minted once; permanent, for every UID of every installation follows from it.
_NAMESPACE = uuid.UUID("1a09e42c-312f-4ef3-aad5-c2d93978c52b")


def derive_uid(*words: str) -> str:
    """The UID that belongs to these words, under the 2.25 root (PS3.5 B.2).

    >>> derive_uid("a", "b") == derive_uid("a", "b") != derive_uid("ab")
    True
    """
    return f"2.25.{uuid.uuid5(_NAMESPACE, chr(31).join(words)).int}"


class Kind(Enum):
    """The objects of one result, and a word for what they hold. The order gives the series numbers: append."""

    SEGMENTATION = "lesions"
    BREAST_SEGMENTATION = "breast"
    REPORT = "report"
    SUMMARY = "summary"
    PE_MAP = "pe_map"
    SER_MAP = "ser_map"
    CONTOURS = "contours"
    KEY_IMAGES = "key_images"
    CONTOUR_REPORT = "contour_report"
    REFUSAL = "not_scored"
    TISSUE_SEGMENTATION = "tissue"
    PRESENTATION = "overlay"
    STRUCTURE_SET = "structure_set"
    TURNING = "turning_mip"

    @property
    def is_of_measurement(self) -> bool:
        """Made of what was measured alone; the others of what was concluded too."""
        return self not in (Kind.REPORT, Kind.SUMMARY, Kind.REFUSAL)

    def series_number(self, side: Laterality) -> int:
        """A fixed band of our own, a hundred for each breast: both from 9001, the right from 9101, the left from 9201."""
        return 9001 + list(Kind).index(self) + {Laterality.BOTH: 0, Laterality.RIGHT: 100, Laterality.LEFT: 200}[side]

    def description(self, side: Laterality, demo: bool = False) -> str:
        """Short enough for the width of a thumbnail. Underscores, since older DICOMweb servers cannot match spaces, and no
        score, since everybody sees it. The research use is said inside the object."""
        breast = "" if side is Laterality.BOTH else f"_{side.word}"
        return f"{DEMO_MARK if demo else ''}TILscope_{self.value}{breast}"


def notice(demo: bool) -> str:
    """What every object states about its use."""
    return f"{DEMO_NOTICE} {RESEARCH_USE}" if demo else RESEARCH_USE


@dataclass(frozen=True)
class Author:
    """The algorithm as a device, the same in every place where an object names it (IHE AI Results)."""

    version: str
    settings_hash: str
    input_hash: str
    measurement_hash: str
    side: Laterality
    """The breast or breasts that the objects are about."""
    demo: bool = False
    edition: int = 0
    other_breast: OtherBreast | None = None
    """What the report and the page say of it; their UIDs follow from it."""
    tracked: tuple[tuple[str, str], ...] = ()
    """Lesions that an earlier exam of the patient has too, each by its label here, with the tracking UID that it has there."""
    over_time: str = ""
    """Names what the report and the page say of earlier exams; '' where there are none."""

    @classmethod
    def of(cls, result: SeriesResult) -> Author:
        hashes = (result.settings_hash, result.input_hash, result.measurement_hash)
        side = Laterality(result.laterality)
        tracked = tuple(
            (result.finding.label(one.number), one.tracking_uid) for one in result.lesions if one.tracking_uid
        )
        over_time = hash_of_facts([repr(result.over_time)], 32) if result.over_time else ""
        return cls(
            result.pipeline_version, *hashes, side, result.demo, result.edition, result.other_breast, tracked, over_time
        )

    @property
    def device_uid(self) -> str:
        """Changes with every version of the pipeline."""
        return derive_uid("device", MODEL_NAME, self.version)

    @property
    def serial_number(self) -> str:
        """Of the device that the Device UID names: software has no copies that differ, so all of a version have one number."""
        return self.device_uid.removeprefix("2.25.")[:16]

    def uid(self, kind: Kind, *words: str) -> str:
        """A UID of this very result. What was measured is the same whatever is concluded from it."""
        tracked = [word for lesion in self.tracked for word in ("tracked as", *lesion)]
        if kind.is_of_measurement:
            return derive_uid(self.measurement_hash, *words, *tracked)
        edition = [f"edition {self.edition}"] if self.edition else []
        other = self.other_breast
        beside = [f"beside {other.laterality}", other.code, other.reason] if other else []
        over_time = ["over time", self.over_time] if self.over_time else []
        return derive_uid(self.input_hash, *words, *edition, *beside, *tracked, *over_time)

    def series_uid(self, kind: Kind) -> str:
        return self.uid(kind, "series", kind.name)

    def instance_uid(self, kind: Kind) -> str:
        return self.uid(kind, "instance", kind.name)

    def tracking_uid(self, tracking_id: str) -> str:
        """The same for a SEG's segment and the group about it, in every report on these measurements, and of a lesion that
        an earlier exam has too the same as there."""
        return dict(self.tracked).get(tracking_id) or derive_uid(self.measurement_hash, "tracking", tracking_id)


def tracking_uid_of(series: SeriesResult, tracking_id: str) -> str:
    """That of a segment of this result, by its tracking identifier, as in `Lesion 1`."""
    return Author.of(series).tracking_uid(tracking_id)


# ------------------------------------------------------------------------------------ what is inherited from the images

#: Patient and study attributes that an object shares with the images. A list of what may pass, so that nothing else does:
#: not private tags, not comments.
_PATIENT_AND_STUDY = (
    "PatientName", "PatientID", "IssuerOfPatientID", "IssuerOfPatientIDQualifiersSequence", "OtherPatientIDsSequence",
    "PatientBirthDate", "PatientSex", "PatientAge", "PatientSize", "PatientWeight", "EthnicGroup",
    "PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence",
    "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "StudyDescription", "AccessionNumber",
    "IssuerOfAccessionNumberSequence", "ReferringPhysicianName",
    "ClinicalTrialSponsorName", "ClinicalTrialProtocolID", "ClinicalTrialProtocolName", "ClinicalTrialSiteID",
    "ClinicalTrialSiteName", "ClinicalTrialSubjectID", "ClinicalTrialSubjectReadingID", "ClinicalTrialTimePointID",
    "ClinicalTrialTimePointDescription", "ClinicalTrialProtocolEthicsCommitteeName",
    "ClinicalTrialProtocolEthicsCommitteeApprovalNumber",
)  # fmt: skip

#: What else is copied onto every object: highdicom forgets these.
_ON_EVERY_OBJECT = ("TimezoneOffsetFromUTC", "LongitudinalTemporalInformationModified", "InstitutionName")

#: What a reference to an image needs.
_REFERENCE = (
    "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "Modality", "FrameOfReferenceUID", "PositionReferenceIndicator",
    "Rows", "Columns", "PixelSpacing", "SliceThickness", "ImagePositionPatient", "ImageOrientationPatient",
    "LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod",
    "Manufacturer", "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions", "InstitutionName", "StationName",
)  # fmt: skip

#: Type 2: present even where the images lack them.
_NEVER_ABSENT = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID", "AccessionNumber",
    "ReferringPhysicianName",
)  # fmt: skip

_VALID = {
    "PatientBirthDate": r"\d{8}",
    "StudyDate": r"\d{8}",
    "StudyTime": r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?",
    "PatientSex": r"[MFO]",
}


def inherited(header: Dataset) -> Dataset:
    """An image's header reduced to what result objects take from it, with what the standard requires filled in.

    A de-identified or damaged date, time or sex is left empty rather than passed on.
    """
    source = Dataset()
    for keyword in dict.fromkeys(_PATIENT_AND_STUDY + _ON_EVERY_OBJECT + _REFERENCE):
        if keyword in header:
            source[keyword] = _copied(header[keyword])
    for keyword in _NEVER_ABSENT:
        value = str(source.get(keyword) or "")
        pattern = _VALID.get(keyword)
        # Names become plain text here: they may have been read in another character set than the one we write.
        setattr(source, keyword, value if pattern is None or re.fullmatch(pattern, value) else "")
    return source


def _copied(element: DataElement) -> DataElement:
    """An element of our own with the same value; a study has a thousand headers, and a deep copy of each takes seconds."""
    if element.VR == "SQ":
        return deepcopy(element)
    return DataElement(element.tag, element.VR, element.value, already_converted=True)


#: What names an instance.
_NAMES = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")


def can_be_named(header: Dataset) -> bool:
    """Damaged headers may lack what a reference needs."""
    return all(header.get(keyword) for keyword in _NAMES)


def reference(header: Dataset) -> Dataset:
    """Only what names an instance: enough for the evidence, quick for a thousand of them."""
    named = Dataset()
    for keyword in _NAMES:
        named[keyword] = header[keyword]
    return named


def present_time(header: Dataset) -> datetime:
    """Now, in the time zone that the object will declare: the images' own, where they name one."""
    offset = re.fullmatch(r"([+-])(\d{2})(\d{2})", str(header.get("TimezoneOffsetFromUTC") or "").strip())
    if offset is None:
        return datetime.now().astimezone()
    sign, hours, minutes = offset.groups()
    span = timedelta(hours=int(hours), minutes=int(minutes))
    if span >= timedelta(days=1):
        return datetime.now().astimezone()  # no zone on earth, and none that Python takes
    return datetime.now(timezone(-span if sign == "-" else span))


# -------------------------------------------------------------------------------------------- what every object carries


def new_object(sop_class: UID, kind: Kind, author: Author, source: Dataset, now: datetime) -> Dataset:
    """An object with what all result objects share; what its class asks for is still to come.

    `source` is an `inherited` header.
    """
    obj = Dataset()
    obj.file_meta = FileMetaDataset()
    obj.SOPClassUID = obj.file_meta.MediaStorageSOPClassUID = sop_class
    obj.file_meta.MediaStorageSOPInstanceUID = UID(author.instance_uid(kind))
    obj.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    put_patient_and_study(obj, source)
    sign(obj, kind, author, source, now)
    return obj


def put_patient_and_study(obj: Dataset, source: Dataset) -> None:
    """The patient and the study of the images."""
    for keyword in _PATIENT_AND_STUDY:
        if keyword in source:
            obj[keyword] = deepcopy(source[keyword])


def sign(obj: Dataset, kind: Kind, author: Author, source: Dataset, now: datetime) -> None:
    """Everything that the result objects share beside patient and study. `source` is an `inherited` header."""
    obj.SpecificCharacterSet = "ISO_IR 192"
    for keyword in _ON_EVERY_OBJECT:
        if source.get(keyword):
            obj[keyword] = deepcopy(source[keyword])
    obj.SeriesInstanceUID = author.series_uid(kind)
    obj.SOPInstanceUID = author.instance_uid(kind)
    obj.SeriesNumber = kind.series_number(author.side)
    obj.InstanceNumber = 1
    obj.SeriesDescription = kind.description(author.side, author.demo)
    obj.Manufacturer = MANUFACTURER
    obj.ManufacturerModelName = MODEL_NAME
    obj.DeviceSerialNumber = author.serial_number
    obj.SoftwareVersions = author.version
    for moment in ("InstanceCreation", "Series", "Content"):
        setattr(obj, f"{moment}Date", DA(now.date()))
        setattr(obj, f"{moment}Time", TM(now.time().replace(tzinfo=None)))
    obj.ContributingEquipmentSequence = [*_acquisition(source), _processing(author, now)]
    # PS3.7 D.3.3.2: which implementation wrote the file.
    obj.file_meta.ImplementationClassUID = UID(derive_uid("implementation", MODEL_NAME))
    obj.file_meta.ImplementationVersionName = f"TILSCOPE_{author.version}"[:16]


def _processing(author: Author, now: datetime) -> Dataset:
    item = Dataset()
    item.Manufacturer = MANUFACTURER
    item.ManufacturerModelName = MODEL_NAME
    item.DeviceSerialNumber = author.serial_number
    item.SoftwareVersions = author.version
    item.DeviceUID = author.device_uid
    item.ContributionDateTime = now.strftime("%Y%m%d%H%M%S.%f%z")
    item.ContributionDescription = notice(author.demo)
    item.PurposeOfReferenceCodeSequence = [code_item(PROCESSING_EQUIPMENT)]
    return item


def _acquisition(source: Dataset) -> Iterable[Dataset]:
    """The scanner, as far as the images name it; without a manufacturer (type 1) the item cannot be written."""
    if not source.get("Manufacturer"):
        return
    item = Dataset()
    for keyword in ("Manufacturer", "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions", "InstitutionName", "StationName"):  # fmt: skip
        if source.get(keyword):
            item[keyword] = deepcopy(source[keyword])
    item.PurposeOfReferenceCodeSequence = [code_item(ACQUISITION_EQUIPMENT)]
    yield item


def code_item(code: Code) -> Dataset:
    """A code as an item of a code sequence (PS3.3 8.8)."""
    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme_designator
    item.CodeMeaning = code.meaning
    return item


def check_keywords(keywords: Iterable[str]) -> None:
    """A misspelt keyword would copy nothing, silently."""
    unknown = [keyword for keyword in keywords if keyword not in keyword_dict]
    if unknown:
        raise ValueError(f"not DICOM keywords: {unknown}")


check_keywords((*_PATIENT_AND_STUDY, *_ON_EVERY_OBJECT, *_REFERENCE))
