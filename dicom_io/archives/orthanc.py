"""Orthanc by its own REST API: works with every Orthanc, needs no plugin there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, Self

import httpx
from pydicom import Dataset
from pydicom.datadict import dictionary_VR
from pydicom.tag import Tag

from tilscope.dicom_io.archives import MANUAL_ROI_MODALITIES, Tick
from tilscope.dicom_io.archives.by_modality import ArchiveByModality
from tilscope.dicom_io.archives.downloads import CONNECTIONS, download
from tilscope.dicom_io.archives.orthanc_client import OrthancAddress, OrthancClient
from tilscope.dicom_io.archives.study_query import ArchiveQuery, FoundStudy, newest_first
from tilscope.dicom_io.dce.header_keywords import DESCRIPTIONS, names_breast
from tilscope.dicom_io.files import to_bytes
from tilscope.dicom_io.identity import MANUFACTURER
from tilscope.models.refusals import BadInput

_BINARY = {"OB", "OW", "OF", "OD", "OL", "OV", "UN"}
#: Orthanc's number for the file itself among what is attached to an instance.
_DICOM = 1
_NUMBERS: dict[str, type] = dict.fromkeys(("US", "SS", "UL", "SL", "UV", "SV"), int) | {"FL": float, "FD": float}


class OrthancArchive(ArchiveByModality):
    """Use as a context manager, or close it."""

    def __init__(self, address: OrthancAddress) -> None:
        self.client = OrthancClient(address)
        self._instances: dict[str, str] = {}
        self._digests: dict[str, str] = {}
        """By the name of the file, which is never given to another one."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def orthanc_id(self, study_uid: str) -> str | None:
        """Orthanc's own identifier of a study."""
        found = self.client.post("/tools/lookup", content=study_uid)
        return next((str(item["ID"]) for item in found if item["Type"] == "Study"), None)

    def studies_with_reports(self) -> list[str]:
        return self._studies_with({"Modality": "SR", "Manufacturer": MANUFACTURER})

    def studies_with_images(self) -> list[str]:
        return self._studies_with({"Modality": "MR"})

    def _studies_with(self, series: dict[str, str]) -> list[str]:
        """Studies that have such a series."""
        found = self.client.post("/tools/find", json={"Level": "Series", "Query": series, "Expand": True})
        studies = dict.fromkeys(str(one["ParentStudy"]) for one in found)
        return [str(self.client.get(f"/studies/{id}")["MainDicomTags"]["StudyInstanceUID"]) for id in studies]

    def studies_matching(self, query: ArchiveQuery) -> list[FoundStudy]:
        """The MR studies that are meant, the newest first. Who sent them is asked one by one, until there are enough."""
        wanted = {"ModalitiesInStudy": "MR", **({"StudyDate": query.dates} if query.dates else {})}
        found = self.client.post("/tools/find", json={"Level": "Study", "Query": wanted, "Expand": True})
        described = self._studies_that_name_a_breast([str(one["ID"]) for one in found])
        studies = newest_first(_found_study(one, described) for one in found)
        if query.sender:
            of_sender = (one for one in studies if self.calling_aet(one.study_uid) == query.sender)
            return list(islice(of_sender, query.newest or None))
        return studies[: query.newest or None]

    def _studies_that_name_a_breast(self, studies: Sequence[str]) -> set[str]:
        """By Orthanc's identifiers, by the descriptions of their MR series and their own."""
        series = [one for one in self.client.bulk("Series", studies) if one["MainDicomTags"].get("Modality") == "MR"]
        return {str(one["ParentStudy"]) for one in series if names_breast([_descriptions(one)])}

    def patient_id(self, study_uid: str) -> str:
        """'' where the study is not there or names no patient."""
        study = self.orthanc_id(study_uid)
        return str(self.client.get(f"/studies/{study}")["PatientMainDicomTags"].get("PatientID", "")) if study else ""

    def one_header(self, study_uid: str) -> Dataset | None:
        """The header of any one instance: what it says of patient and study all of them do. None where there is none."""
        asked = {"Level": "Instance", "Query": {"StudyInstanceUID": study_uid}, "Limit": 1}
        found = self.client.post("/tools/find", asked)
        return dataset_from_orthanc(self.client.get(f"/instances/{found[0]}/tags", short="")) if found else None

    def studies_of(self, patient_id: str) -> list[tuple[str, str]]:
        """The patient's MR studies, each with Orthanc's own identifier."""
        query = {"PatientID": patient_id, "ModalitiesInStudy": "MR"}
        asked = {"Level": "Study", "Query": query, "Expand": True, "CaseSensitive": True}
        return [
            (str(study["MainDicomTags"]["StudyInstanceUID"]), str(study["ID"]))
            for study in self.client.post("/tools/find", json=asked)
            # Orthanc takes * and ? for patterns.
            if study["PatientMainDicomTags"].get("PatientID") == patient_id
        ]

    def studies_with_accession(self, accession_number: str) -> frozenset[str]:
        """Study Instance UIDs of the studies with this very AccessionNumber; none with one that DICOM cannot hold."""
        if not accession_number.strip() or "\\" in accession_number or not accession_number.isprintable():
            return frozenset()
        query = {"AccessionNumber": accession_number}
        asked = {"Level": "Study", "Query": query, "Expand": True, "CaseSensitive": True}
        # Orthanc takes * and ? for patterns.
        return frozenset(
            str(study["MainDicomTags"]["StudyInstanceUID"])
            for study in self.client.post("/tools/find", json=asked)
            if study["MainDicomTags"].get("AccessionNumber", "").strip() == accession_number.strip()
        )

    def has_patient(self, patient_id: str) -> bool:
        """Whether any study of this patient is there, of whatever modality."""
        asked = {"Level": "Patient", "Query": {"PatientID": patient_id}, "Expand": True, "CaseSensitive": True}
        found = self.client.post("/tools/find", json=asked)
        return any(patient["MainDicomTags"].get("PatientID") == patient_id for patient in found)

    def calling_aet(self, study_uid: str) -> str:
        """Of the study's first instance; a study is seldom sent by two."""
        study = self.orthanc_id(study_uid)
        instances = self.client.get(f"/studies/{study}/instances") if study is not None else []
        known = self.client.get(f"/instances/{instances[0]['ID']}/metadata", expand="") if instances else {}
        return str(known.get("RemoteAET", ""))

    def _headers_of_modality(self, study_uid: str, modality: str) -> list[Dataset]:
        study = self.orthanc_id(study_uid)
        if study is None:
            return []
        headers = []
        for series in self.client.get(f"/studies/{study}/series"):
            if series["MainDicomTags"].get("Modality") != modality:
                continue
            for instance, tags in self.client.get(f"/series/{series['ID']}/instances-tags", short="").items():
                header = dataset_from_orthanc(tags)
                self._instances[str(header.SOPInstanceUID)] = instance
                headers.append(header)
        return headers

    def input_files(self, study_uid: str) -> frozenset[str]:
        study = self.orthanc_id(study_uid)
        return input_files_of(self.client, study) if study is not None else frozenset()

    def digests(self, study_uid: str, instance_uids: Iterable[str]) -> dict[str, str]:
        uids = {self._instances[uid]: uid for uid in instance_uids if uid in self._instances}
        asked = {"Level": "Instance", "Query": {"StudyInstanceUID": study_uid}, "Expand": True}
        found = self.client.post("/tools/find", {**asked, "ResponseContent": ["Attachments"]})
        files = {uids[one["ID"]]: _file_of(one) for one in found if one["ID"] in uids}
        self._digests |= {file: digest for file, digest in files.values() if digest is not None}
        missing = [uid for uid, (file, _) in files.items() if file not in self._digests]
        with ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="digests") as threads:
            for uid, digest in zip(missing, threads.map(self._digest, missing), strict=True):
                self._digests[files[uid][0]] = digest
        # Where Orthanc keeps none (StoreMD5ForAttachments), another file counts as another content.
        return {uid: self._digests[file] or file for uid, (file, _) in files.items()}

    def _digest(self, uid: str) -> str:
        """The MD5 that Orthanc took when it stored the file, a look into its database and not at the file; '' for none."""
        try:
            return self.client.get_bytes(f"/instances/{self._instances[uid]}/attachments/dicom/md5").decode()
        except httpx.HTTPStatusError as fault:
            if fault.response.status_code == httpx.codes.NOT_FOUND:
                return ""
            raise

    def fetch(self, study_uid: str, instance_uids: Sequence[str], folder: Path, tick: Tick) -> dict[str, Path]:
        if not set(instance_uids) <= self._instances.keys():
            self.headers(study_uid)
            self.manual_roi_candidates(study_uid)
        for uid in instance_uids:
            if uid not in self._instances:
                raise BadInput("no-such-study", study=f"{study_uid} (instance {uid})")
        return download(self._write, instance_uids, folder, tick)

    def _write(self, uid: str, file: Path) -> None:
        self.client.get_file(f"/instances/{self._instances[uid]}/file", file)

    def store(self, objects: Iterable[Dataset]) -> None:
        self.store_files(map(to_bytes, objects))

    def store_files(self, files: Iterable[bytes]) -> None:
        """The same of objects that are DICOM files already."""
        # Orthanc returns AlreadyStored for an instance that it has, and keeps the first.
        for content in files:
            self.client.post("/instances", content=content)


def input_files_of(orthanc: OrthancClient, study: str) -> frozenset[str]:
    """`Archive.input_files` of a study by Orthanc's identifier: two requests for up to a thousand images."""
    instances = [i for series in orthanc.bulk("Series", [study]) if is_input(series) for i in series["Instances"]]
    return frozenset(f"{one['ID']} {one['FileUuid']}" for one in orthanc.bulk("Instance", instances))


def _found_study(study: dict[str, Any], described: Collection[str]) -> FoundStudy:
    tags = study["MainDicomTags"]
    named = study["ID"] in described or names_breast([_descriptions(study)])
    return FoundStudy(str(tags["StudyInstanceUID"]), str(tags.get("StudyDate", "")), str(study["ID"]), named)


def _descriptions(resource: dict[str, Any]) -> Dataset:
    """Those of a study or series, as Orthanc keeps them in its database."""
    described = Dataset()
    for keyword, text in resource["MainDicomTags"].items():
        if keyword in DESCRIPTIONS:
            setattr(described, keyword, text)
    return described


def _file_of(instance: dict[str, Any]) -> tuple[str, str | None]:
    """The name of an instance's file, and its MD5 if Orthanc tells it here, as it does since 1.12.5."""
    for attachment in instance.get("Attachments", ()):
        if attachment["ContentType"] == _DICOM:
            return str(attachment["Uuid"]), str(attachment["UncompressedMD5"])
    return str(instance["FileUuid"]), None


def is_input(series: dict[str, Any]) -> bool:
    """Whether a series, as Orthanc describes it, is of MR images or manual ROIs that are not ours."""
    tags = series["MainDicomTags"]
    # Our own maps and segmentations are of these kinds too; what we store must never make us score again.
    return bool(tags.get("Modality") in ("MR", *MANUAL_ROI_MODALITIES) and tags.get("Manufacturer") != MANUFACTURER)


def dataset_from_orthanc(tags: dict[str, Any]) -> Dataset:
    """Orthanc's 'short' JSON, {"0008,0060": "MR", ...}, as a dataset. Private and binary elements are left out.

    Orthanc has converted all text to UTF-8.
    """
    dataset = Dataset()
    for key, value in tags.items():
        tag = Tag(int(key[:4], 16), int(key[5:9], 16))
        if tag.is_private or tag.group <= 0x0002 or tag.element == 0:
            continue
        try:
            vr = dictionary_VR(tag).split(" or ")[0]
        except KeyError:
            continue
        if vr == "SQ":
            dataset.add_new(tag, vr, [dataset_from_orthanc(item) for item in value or ()])
        elif vr not in _BINARY:
            dataset.add_new(tag, vr, _value(vr, value))
    dataset.SpecificCharacterSet = "ISO_IR 192"
    return dataset


def _value(vr: str, text: str | None) -> Any:
    if text is None or text == "":
        return None
    if vr == "AT":  # "0062,000b": an element's tag, as in the dimensions of a segmentation
        return [Tag(int(part[:4], 16), int(part[5:9], 16)) for part in text.split("\\")]
    if vr not in _NUMBERS:
        return text.split("\\") if "\\" in text and vr not in ("LT", "ST", "UT", "UR") else text
    numbers = [_NUMBERS[vr](part) for part in text.split("\\")]
    return numbers[0] if len(numbers) == 1 else numbers
