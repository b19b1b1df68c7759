"""The three archives are one protocol: the same study read from each is the same, and what is stored is found again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pydicom
import pytest
import requests
import SimpleITK as sitk
from orthanc_server import ORTHANCS, OrthancInstallation, OrthancServer
from pydicom.uid import generate_uid
from scored_study import scored_study
from slow_network import SlowNetwork
from watched_orthanc import dynamic

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.archives.dicomweb import DicomWebArchive
from tilscope.dicom_io.archives.downloads import CONNECTIONS
from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.dicom_io.dce.assembly import assemble
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.dicom_io.objects.results import build_results
from tilscope.models.refusals import BadInput
from tilscope.phantom import PhantomSpec, make_study, write_study

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancServer]:
    with OrthancServer(tmp_path_factory.mktemp("orthanc")) as running:
        yield running


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    write_study(make_study(PhantomSpec.small()), folder)
    return folder


@pytest.fixture(params=["folder", "Orthanc", "DICOMweb"])
def archive(request: pytest.FixtureRequest, orthanc: OrthancServer, written: Path, tmp_path: Path) -> Iterator[Archive]:
    if request.param == "folder":
        yield FolderArchive(written / "dicom", tmp_path / "out")
        return
    orthanc.c_store(written / "dicom")
    if request.param == "Orthanc":
        with OrthancArchive(OrthancAddress(orthanc.url, orthanc.user, orthanc.password)) as rest:
            yield rest
    else:
        yield DicomWebArchive(f"{orthanc.url}/dicom-web", orthanc.user, orthanc.password)


def study_uid(written: Path) -> str:
    first = next((written / "dicom").rglob("*.dcm"))
    return str(pydicom.dcmread(first, stop_before_pixels=True).StudyInstanceUID)


@pytest.fixture
def expected(written: Path, tmp_path: Path) -> list[np.ndarray]:
    folder = FolderArchive(written / "dicom")
    return volumes(folder, folder.only_study(), tmp_path)


def volumes(archive: Archive, uid: str, folder: Path) -> list[np.ndarray]:
    (source,) = assemble(archive.headers(uid))
    told: list[tuple[int, int]] = []
    files = archive.fetch(uid, source.files_needed, folder, lambda done, total: told.append((done, total)))
    assert told[-1] == (len(source.files_needed), len(source.files_needed))
    return [sitk.GetArrayFromImage(phase.image) for phase in read_series(source, files).phases]


def test_the_same_volumes_come_out_of_every_archive(archive: Archive, written: Path, expected, tmp_path: Path) -> None:
    found = volumes(archive, study_uid(written), tmp_path)
    assert len(found) == len(expected) == 4
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_study_that_is_not_there_has_no_headers(archive: Archive) -> None:
    assert archive.headers("1.2.3.4") == []


def test_an_instance_that_is_not_there_is_bad_input(archive: Archive, written: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is not in the archive"):
        archive.fetch(study_uid(written), ["1.2.3.4"], tmp_path, lambda done, total: None)


def test_the_files_of_an_input_are_named_and_there_are_none_of_a_study_that_is_not_there(
    archive: Archive, written: Path
) -> None:
    uid = study_uid(written)
    assert len(archive.input_files(uid)) == len(archive.headers(uid))
    assert archive.input_files("1.2.3.4") == frozenset()


@pytest.mark.parametrize("installation", ORTHANCS, ids=str)
@pytest.mark.parametrize("keeps_md5", [True, False])
def test_digests_tell_images_that_were_replaced(
    installation: OrthancInstallation, keeps_md5: bool, tmp_path: Path
) -> None:
    if not installation.present:
        pytest.skip(installation.absent)
    keys = {"OverwriteInstances": True, "StoreMD5ForAttachments": keeps_md5}
    study = generate_uid()
    first, second = dynamic(study)[:2]
    with OrthancServer(tmp_path, orthanc=keys, installation=installation) as orthanc:
        for file in (first, second):
            orthanc.store(file)
        with OrthancArchive(OrthancAddress(orthanc.url, orthanc.user, orthanc.password)) as rest:
            one, other = (str(header.SOPInstanceUID) for header in rest.headers(study))
            before, files = rest.digests(study, [one, other]), rest.input_files(study)
            assert before.keys() == {one, other}
            orthanc.store(first)  # the very same
            assert (rest.digests(study, [one, other]) == before) == keeps_md5
            assert len(rest.input_files(study) - files) == 1
            orthanc.store(first[:-128] + bytes([1]) * 128)  # other pixels
            after = rest.digests(study, [one, other])
            assert sum(after[uid] != before[uid] for uid in (one, other)) == 1


@pytest.fixture(params=["Orthanc", "DICOMweb"])
def distant_archive(
    request: pytest.FixtureRequest, orthanc: OrthancServer, written: Path
) -> Iterator[tuple[Archive, SlowNetwork]]:
    """Thirty milliseconds away."""
    orthanc.c_store(written / "dicom")
    with SlowNetwork(orthanc.http_port, round_trip_s=0.030) as network:
        if request.param == "Orthanc":
            with OrthancArchive(OrthancAddress(network.url, orthanc.user, orthanc.password)) as rest:
                yield rest, network
        else:
            yield DicomWebArchive(f"{network.url}/dicom-web", orthanc.user, orthanc.password), network


def test_a_distant_archive_is_asked_over_several_connections(
    distant_archive: tuple[Archive, SlowNetwork], written: Path, tmp_path: Path
) -> None:
    archive, network = distant_archive
    uids = [str(header.SOPInstanceUID) for header in archive.headers(study_uid(written))]
    told: list[tuple[int, int]] = []
    files = archive.fetch(study_uid(written), uids, tmp_path, lambda done, total: told.append((done, total)))
    assert 1 < network.most_connections <= CONNECTIONS + 1, "one more asked for the headers"
    assert list(files) == uids
    assert [str(pydicom.dcmread(file).SOPInstanceUID) for file in files.values()] == uids
    assert told == [(done, len(uids)) for done in range(1, len(uids) + 1)]


def test_one_instance_that_cannot_be_had_ends_the_whole_fetch(
    distant_archive: tuple[Archive, SlowNetwork], orthanc: OrthancServer, written: Path, tmp_path: Path
) -> None:
    archive, _ = distant_archive
    uids = [str(header.SOPInstanceUID) for header in archive.headers(study_uid(written))]
    (lost,) = orthanc.http.post("/tools/lookup", content=uids[2]).json()
    orthanc.http.delete(lost["Path"]).raise_for_status()
    told: list[int] = []
    with pytest.raises((httpx.HTTPStatusError, requests.HTTPError), match="404"):
        archive.fetch(study_uid(written), uids, tmp_path, lambda done, total: told.append(done))
    assert told == [1, 2]
    written_until_then = sorted(tmp_path.iterdir())
    assert len(written_until_then) < len(uids) / 2, "what had not begun is left"
    time.sleep(0.2)
    assert sorted(tmp_path.iterdir()) == written_until_then, "nothing goes on behind the error"


def test_a_stored_report_is_found_as_ours(orthanc: OrthancServer) -> None:
    study = scored_study()
    objects = build_results(*study.parts)
    addresses = OrthancAddress(orthanc.url, orthanc.user, orthanc.password)
    uid = study.source.study_uid
    stores: list[Callable[[], None]] = [
        lambda: DicomWebArchive(f"{orthanc.url}/dicom-web", orthanc.user, orthanc.password).store(objects),
        lambda: OrthancArchive(addresses).store(objects),  # once more: what is there stays as it is
    ]
    for store in stores:
        store()
        for reader in (
            OrthancArchive(addresses),
            DicomWebArchive(f"{orthanc.url}/dicom-web", orthanc.user, orthanc.password),
        ):
            (report,) = reader.our_reports(uid)
            assert report.SOPInstanceUID == objects.report.SOPInstanceUID
            assert report.Modality == "SR"
            assert reader.manual_roi_candidates(uid) == [], "our own segmentations are nobody's outline"


def test_another_programs_segmentation_is_found_and_fetched(orthanc: OrthancServer, tmp_path: Path) -> None:
    study = scored_study()
    theirs = build_results(*study.parts).segmentation
    theirs.Manufacturer, theirs.SOPInstanceUID, theirs.SeriesInstanceUID = "Drawing tool", "2.25.71", "2.25.72"
    theirs.file_meta.MediaStorageSOPInstanceUID = theirs.SOPInstanceUID
    rest = OrthancArchive(OrthancAddress(orthanc.url, orthanc.user, orthanc.password))
    rest.store([theirs])
    for reader in (rest, DicomWebArchive(f"{orthanc.url}/dicom-web", orthanc.user, orthanc.password)):
        (found,) = reader.manual_roi_candidates(study.source.study_uid)
        assert (found.SOPInstanceUID, found.Manufacturer) == ("2.25.71", "Drawing tool")
        files = reader.fetch(study.source.study_uid, ["2.25.71"], tmp_path, lambda done, total: None)
        assert pydicom.dcmread(files["2.25.71"]).PixelData == theirs.PixelData
