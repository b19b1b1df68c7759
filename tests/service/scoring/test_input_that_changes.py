"""A study of a real Orthanc that is deleted, replaced or added to while it is being scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from fault_proxy import Breaks, FaultProxy
from orthanc_server import OrthancServer

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.dicom_io.files import to_bytes
from tilscope.dicom_io.identity import MANUFACTURER
from tilscope.models.refusals import BadInput
from tilscope.models.result import StudyResult
from tilscope.models.settings import PipelineSettings
from tilscope.phantom import PhantomSpec, make_study, write_study
from tilscope.service.faults.archive_faults import ResultsNotStored
from tilscope.service.scoring.input_changed import InputChanged
from tilscope.service.scoring.inspect_study import inspect_study
from tilscope.service.scoring.known import Known
from tilscope.service.scoring.study_input import hash_of_study
from tilscope.service.site.molecular import NOTHING_KNOWN
from tilscope.service.storing.unstored import UnstoredResult, UnstoredResults
from tilscope.service.workers.score_in_archive import score_in_archive

pytestmark = pytest.mark.slow
RESULTS = ["DOC", "SEG", "SEG", "SEG", "SR"]


class Archive:
    """A study in an Orthanc that lets images be overwritten."""

    def __init__(self, orthanc: OrthancServer, files: list[Path]) -> None:
        self.orthanc = orthanc
        self.files = files
        self.uid = str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)
        for file in files:
            orthanc.store(file.read_bytes())

    def score(self, when: str = "", happens: Callable[[], object] = lambda: None) -> StudyResult:
        """At the beginning of the stage `when`, something happens to the study."""

        def report(stage: str, fraction: float) -> None:
            if stage == when:
                happens()

        scored = score_in_archive(self.address, self.uid, PipelineSettings(), report, Known(), self.unstored)
        assert isinstance(scored, StudyResult)
        return scored

    @property
    def address(self) -> OrthancAddress:
        return OrthancAddress(self.orthanc.url, self.orthanc.user, self.orthanc.password)

    @property
    def unstored(self) -> UnstoredResults:
        return UnstoredResults(self.orthanc.folder / "unstored", 10**9)

    def let_a_result_wait(self) -> None:
        """Of the study as it is now, with one object."""
        with OrthancArchive(self.address) as archive:
            settings = PipelineSettings()
            inspection = inspect_study(archive, self.uid, settings)
            name = hash_of_study(archive, inspection, self.uid, settings, None, NOTHING_KNOWN)
        of_ours = pydicom.dcmread(self.files[0])
        of_ours.Modality, of_ours.Manufacturer = "SEG", MANUFACTURER
        of_ours.SeriesInstanceUID += ".9"
        of_ours.SOPInstanceUID += ".9"
        of_ours.file_meta.MediaStorageSOPInstanceUID = of_ours.SOPInstanceUID
        assert self.unstored.keep(self.uid, UnstoredResult(name, {}, (to_bytes(of_ours),)))

    def delete(self) -> None:
        (study,) = self.orthanc.http.post("/tools/lookup", content=self.uid).json()
        self.orthanc.http.delete(f"/studies/{study['ID']}").raise_for_status()

    def replace_one(self) -> None:
        """One image, under its UID, with other pixels."""
        image = pydicom.dcmread(self.files[0])
        image.PixelData = bytes(len(image.PixelData))
        image.save_as(self.files[0], enforce_file_format=True)
        self.orthanc.store(self.files[0].read_bytes())

    def modalities(self) -> list[str]:
        """Of the series in the study that are not images."""
        found = self.orthanc.http.post("/tools/lookup", content=self.uid).json()
        series = self.orthanc.http.get(f"/studies/{found[0]['ID']}/series").json() if found else []
        return sorted(one["MainDicomTags"]["Modality"] for one in series if one["MainDicomTags"]["Modality"] != "MR")


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancServer]:
    with OrthancServer(tmp_path_factory.mktemp("orthanc"), orthanc={"OverwriteInstances": True}) as server:
        yield server


@pytest.fixture(scope="module")
def patient() -> object:
    return make_study(PhantomSpec.small())


@pytest.fixture
def archive(orthanc: OrthancServer, patient, tmp_path: Path) -> Archive:
    return Archive(orthanc, write_study(patient, tmp_path, companions=False, salt=str(tmp_path)))


def test_a_study_that_is_deleted_does_not_come_back_as_a_ghost(archive: Archive) -> None:
    with pytest.raises(BadInput, match="is not in the archive") as told:
        archive.score("writing results", archive.delete)
    assert told.value.code == "no-such-study"
    assert archive.orthanc.http.post("/tools/lookup", content=archive.uid).json() == []


def test_a_study_that_is_deleted_while_it_is_fetched_is_said_to_be(archive: Archive) -> None:
    with pytest.raises(BadInput, match="is not in the archive"):
        archive.score("fetching images", archive.delete)


def test_a_result_that_waits_brings_no_deleted_study_back(archive: Archive) -> None:
    archive.let_a_result_wait()
    with pytest.raises(BadInput, match="is not in the archive"):
        archive.score("storing the results", archive.delete)
    assert archive.orthanc.http.post("/tools/lookup", content=archive.uid).json() == []


def test_a_result_that_waits_is_not_stored_beside_other_images(archive: Archive) -> None:
    archive.let_a_result_wait()
    with pytest.raises(InputChanged):
        archive.score("storing the results", archive.replace_one)
    assert archive.modalities() == []


def test_what_was_computed_waits_where_the_archive_is_gone_altogether(archive: Archive) -> None:
    """Which is not asked for its reports, either, before there is something to store."""
    with FaultProxy(archive.orthanc.url) as proxy:

        def report(stage: str, fraction: float) -> None:
            if stage == "computing signatures":
                proxy.fault = Breaks("", "")

        address = replace(archive.address, url=proxy.url)
        with pytest.raises(ResultsNotStored) as told:
            score_in_archive(address, archive.uid, PipelineSettings(), report, Known(), archive.unstored)
    assert told.value.kept
    finished = archive.unstored.of(archive.uid)
    assert finished is not None
    assert len(finished.objects) == len(RESULTS)


def test_images_that_are_replaced_get_no_objects_of_those_before(archive: Archive) -> None:
    with pytest.raises(InputChanged):
        archive.score("writing results", archive.replace_one)
    assert archive.modalities() == []
    archive.score()
    assert archive.modalities() == RESULTS


def test_what_else_arrives_in_the_study_does_not_matter(archive: Archive) -> None:
    other = pydicom.dcmread(archive.files[0])
    other.SeriesInstanceUID += ".1"
    other.SOPInstanceUID += ".1"
    other.file_meta.MediaStorageSOPInstanceUID = other.SOPInstanceUID
    other.SeriesDescription = "localizer"
    path = archive.files[0].with_name("other.dcm")
    other.save_as(path, enforce_file_format=True)
    archive.score("writing results", lambda: archive.orthanc.store(path.read_bytes()))
    assert archive.modalities() == RESULTS
