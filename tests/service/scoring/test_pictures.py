"""The pictures of a study are kept beside it in Orthanc, whichever version, and go with it."""

from __future__ import annotations

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from orthanc_server import ORTHANCS, OrthancInstallation, OrthancServer, free_ports
from scored_study import scored_study

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.dicom_io.files import to_bytes
from tilscope.dicom_io.objects.results import build_results
from tilscope.models.finding import Finding
from tilscope.models.imaging.series import Laterality
from tilscope.service.scoring.pictures import keep_picture, map_of, picture_of, pictured
from tilscope.service.scoring.score_series import ScoredSeries

PNG = b"\x89PNG\r\n"


@pytest.mark.parametrize("installation", ORTHANCS, ids=str)
def test_the_newest_picture_stays_until_the_study_goes(tmp_path: Path, installation: OrthancInstallation) -> None:
    if not installation.present:
        pytest.skip(installation.absent)
    study = scored_study(laterality=Laterality.LEFT)
    uid = study.result.study_uid
    scored = ScoredSeries(study.result, study.source, study.series, study.regions)
    with (
        OrthancServer(tmp_path, installation=installation) as server,
        OrthancArchive(OrthancAddress(server.url, server.user, server.password)) as archive,
    ):
        assert picture_of(archive, uid, Laterality.LEFT) is None, "no such study"
        for one in build_results(*study.parts[:3], study.source):
            server.store(to_bytes(one))
        assert picture_of(archive, uid, Laterality.LEFT) is None, "a study without pictures"
        for _ in range(2):
            keep_picture(archive, scored.picture())
        kept = picture_of(archive, uid, Laterality.LEFT)
        assert kept == scored.picture().montage.png()
        assert kept.startswith(PNG)
        assert picture_of(archive, uid, Laterality.RIGHT) is None, "each breast has its own"
        assert map_of(archive, uid, Laterality.LEFT) is None, "nobody is asked to point at a lesion that was found"
        assert pictured(archive, uid) == (Laterality.LEFT,)

        candidates = replace(scored, regions=replace(study.regions, finding=Finding.CANDIDATES)).picture()
        keep_picture(archive, candidates)
        places = map_of(archive, uid, Laterality.LEFT)
        assert places is not None
        assert places.to_json() == candidates.montage.map.to_json(), "where a reader points at lies in the patient"
        keep_picture(archive, scored.picture())
        assert map_of(archive, uid, Laterality.LEFT) is None, "and goes with its picture"

        server.http.delete(f"/studies/{archive.orthanc_id(uid)}").raise_for_status()
        assert picture_of(archive, uid, Laterality.LEFT) is None


def test_pictures_that_cannot_be_kept_cost_nobody_the_scores(caplog: pytest.LogCaptureFixture) -> None:
    study = scored_study()
    scored = ScoredSeries(study.result, study.source, study.series, study.regions)
    with OrthancArchive(OrthancAddress(f"http://127.0.0.1:{free_ports(1)[0]}")) as archive:
        with pytest.raises(httpx.ConnectError):
            archive.orthanc_id("1.2.3")
        keep_picture(archive, scored.picture())
    assert "the pictures could not be kept" in caplog.text


def test_a_picture_that_cannot_be_replaced_does_not_stay_beside_the_new_result() -> None:
    study = scored_study()
    scored = ScoredSeries(study.result, study.source, study.series, study.regions)
    kept = {f"/studies/known/attachments/{9120 + n}": b"an older picture" for n in range(3)}

    class Full(BaseHTTPRequestHandler):
        """An archive whose disk is full."""

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self._answer(200, b'[{"ID": "known", "Type": "Study", "Path": "/studies/known"}]')

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self._answer(507, b"")

        def do_DELETE(self) -> None:
            self._answer(200 if kept.pop(self.path, None) else 404, b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Not to stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Full) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with OrthancArchive(OrthancAddress(f"http://127.0.0.1:{server.server_port}")) as archive:
            keep_picture(archive, scored.picture())
        server.shutdown()
    assert len(kept) == 2
