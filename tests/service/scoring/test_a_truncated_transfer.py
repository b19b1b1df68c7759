"""An instance that was cut on its way into a real Orthanc: the study is refused by that instance's name, until it comes again whole."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from orthanc_server import OrthancServer, eventually
from service_process import ServiceProcess

from tilscope.phantom import PhantomSpec, make_study, write_study

pytestmark = pytest.mark.slow


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[OrthancServer]:
    with OrthancServer(tmp_path) as server:
        yield server


def cut(whole: bytes) -> bytes:
    """With half of its pixels."""
    image = pydicom.dcmread(io.BytesIO(whole))
    image.PixelData = image.PixelData[: len(image.PixelData) // 4 * 2]
    kept = io.BytesIO()
    image.save_as(kept, enforce_file_format=True)
    return kept.getvalue()


def test_a_study_with_an_instance_that_was_cut_is_scored_when_it_comes_again(
    orthanc: OrthancServer, tmp_path: Path
) -> None:
    files = write_study(make_study(PhantomSpec.small()), tmp_path / "study", companions=False, salt=str(tmp_path))
    whole = files[len(files) // 2].read_bytes()
    header = pydicom.dcmread(io.BytesIO(whole), stop_before_pixels=True)
    uid = str(header.StudyInstanceUID)
    with ServiceProcess(orthanc, tmp_path) as service:
        for file in files:
            orthanc.store(cut(whole) if file == files[len(files) // 2] else file.read_bytes())
        refused = service.until(uid, "refused", "scored", "failed")
        assert (refused["state"], refused["code"]) == ("refused", "undecodable-pixels")
        assert refused["reason"].startswith(f"The pixels of instance {header.SOPInstanceUID} cannot be decoded")
        assert refused["reason"].endswith(
            "It may have been cut on its way: delete it in the archive and send it again, and the study is looked at again."
        )

        (damaged,) = orthanc.http.post("/tools/lookup", content=str(header.SOPInstanceUID)).json()
        orthanc.http.delete(f"/instances/{damaged['ID']}").raise_for_status()
        orthanc.store(whole)
        eventually(lambda: service.study(uid)["state"] != "refused", "it is looked at again")
        assert service.until(uid, "refused", "scored", "failed")["state"] == "scored"
