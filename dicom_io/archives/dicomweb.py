"""Any DICOMweb server: QIDO-RS and WADO-RS in, STOW-RS out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import requests
from dicomweb_client.api import DICOMwebClient
from pydicom import Dataset

from tilscope.dicom_io.archives import Tick
from tilscope.dicom_io.archives.by_modality import ArchiveByModality
from tilscope.dicom_io.archives.downloads import CONNECTIONS, download
from tilscope.dicom_io.archives.study_query import ArchiveQuery, FoundStudy, newest_first
from tilscope.dicom_io.dce.header_keywords import names_breast
from tilscope.dicom_io.files import to_bytes
from tilscope.models.refusals import BadInput

_PAGE = 100


class DicomWebArchive(ArchiveByModality):
    """`url` is the service root, as in https://pacs.example/dicom-web."""

    def __init__(self, url: str, user: str = "", password: str = "") -> None:
        self._url, self._user, self._password = url, user, password
        self._client = self._connect()
        self._series: dict[str, str] = {}
        self._of_many_frames: set[str] = set()

    def _connect(self) -> DICOMwebClient:
        session = requests.Session()
        session.trust_env = False  # a proxy of the environment must never see the archive's traffic
        session.headers["Accept-Encoding"] = "identity"  # images on a fast network are slower compressed
        if self._user:
            session.auth = (self._user, self._password)
        return DICOMwebClient(self._url, session=session)

    def studies_with_reports(self) -> list[str]:
        return self._studies_with("SR")

    def studies_with_images(self) -> list[str]:
        return self._studies_with("MR")

    def _studies_with(self, modality: str) -> list[str]:
        filters = {"ModalitiesInStudy": modality}

        def page(limit: int, offset: int) -> list[str]:
            studies = self._client.search_for_studies(limit=limit, offset=offset, search_filters=filters)
            return [str(Dataset.from_json(study).StudyInstanceUID) for study in studies]

        return list(_all_pages(page))

    def studies_matching(self, query: ArchiveQuery) -> list[FoundStudy]:
        """The MR studies that are meant, the newest first. A DICOMweb server does not tell who sent them."""
        if query.sender:
            raise BadInput("sender-unknown", place=self._url)
        filters = {"ModalitiesInStudy": "MR", **({"StudyDate": query.dates} if query.dates else {})}
        found: dict[str, FoundStudy] = {}

        def page(limit: int, offset: int) -> list[str]:
            headers = map(
                Dataset.from_json,
                self._client.search_for_studies(
                    limit=limit, offset=offset, search_filters=filters, fields=["StudyDescription"]
                ),
            )
            studies = [
                FoundStudy(str(h.StudyInstanceUID), str(h.get("StudyDate") or ""), names_breast=names_breast([h]))
                for h in headers
            ]
            found.update({one.study_uid: one for one in studies})
            return [one.study_uid for one in studies]

        _all_pages(page)
        return newest_first(found.values())[: query.newest or None]

    def _instances_of_series(self, study_uid: str, series_uid: str) -> set[str]:
        def page(limit: int, offset: int) -> list[str]:
            instances = self._client.search_for_instances(study_uid, series_uid, limit=limit, offset=offset)
            return [str(Dataset.from_json(instance).SOPInstanceUID) for instance in instances]

        return set(_all_pages(page))

    def calling_aet(self, study_uid: str) -> str:
        return ""

    def _headers_of_modality(self, study_uid: str, modality: str) -> list[Dataset]:
        headers = []
        for found in self._client.search_for_series(study_uid, search_filters={"Modality": modality}):
            series_uid = Dataset.from_json(found).SeriesInstanceUID
            for metadata in self._client.retrieve_series_metadata(study_uid, series_uid):
                header = Dataset.from_json({tag: item for tag, item in metadata.items() if "BulkDataURI" not in item})
                self._series[str(header.SOPInstanceUID)] = str(series_uid)
                if "NumberOfFrames" in header:
                    self._of_many_frames.add(str(header.SOPInstanceUID))
                headers.append(header)
        return headers

    def input_files(self, study_uid: str) -> frozenset[str]:
        found = self._client.search_for_series(study_uid, search_filters={"Modality": "MR"})
        series = [str(Dataset.from_json(one).SeriesInstanceUID) for one in found]
        return frozenset(uid for one in series for uid in self._instances_of_series(study_uid, one))

    def digests(self, study_uid: str, instance_uids: Iterable[str]) -> dict[str, str]:
        return {}

    def fetch(self, study_uid: str, instance_uids: Sequence[str], folder: Path, tick: Tick) -> dict[str, Path]:
        if not set(instance_uids) <= self._series.keys():
            self.headers(study_uid)
            self.manual_roi_candidates(study_uid)
        for uid in instance_uids:
            if uid not in self._series:
                raise BadInput("no-such-study", study=f"{study_uid} (instance {uid})")
        of_thread = threading.local()  # sessions of `requests` are for one thread each

        def write(uid: str, file: Path) -> None:
            if not hasattr(of_thread, "client"):
                of_thread.client = self._connect()
            file.write_bytes(to_bytes(of_thread.client.retrieve_instance(study_uid, self._series[uid], uid)))

        # The client holds a whole instance in memory, and one of many frames may be a gigabyte.
        connections = 1 if self._of_many_frames & set(instance_uids) else CONNECTIONS
        return download(write, instance_uids, folder, tick, connections)

    def store(self, objects: Iterable[Dataset]) -> None:
        self._client.store_instances([self._readable(item) for item in objects])

    @staticmethod
    def _readable(item: Dataset) -> Dataset:
        # The client writes files as they are: the file meta header must be complete.
        to_bytes(item)
        return item


def _all_pages(page: Callable[[int, int], list[str]]) -> dict[str, None]:
    """Page by page, since servers limit a response; until nothing new comes, since some give the first page again."""
    found: dict[str, None] = {}
    while True:
        before = len(found)
        found |= dict.fromkeys(page(_PAGE, before))
        if len(found) == before:
            return found
