"""OHIF's files behind Orthanc: what is served, to whom, and what is not; in every Orthanc. No OHIF is needed for that."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from orthanc_server import ORTHANCS, OrthancInstallation, OrthancServer, eventually

#: A service that is not there: the viewer does not need it.
NO_SERVICE = {"ServiceUrl": "http://127.0.0.1:1", "ServiceToken": "none"}
WASM = bytes(range(256)) * 64


def make_viewer(folder: Path) -> Path:
    """The smallest viewer, with a neighbour that must stay secret and two ways to it."""
    viewer = folder / "viewer"
    (viewer / "assets").mkdir(parents=True)
    (viewer / "index.html").write_text("<!doctype html><title>viewer</title>")
    (viewer / "app-config.js").write_text("var root = '@DICOM_WEB_ROOT@';")
    (viewer / "app.bundle.0123.js").write_text("1;")
    (viewer / "app.bundle.css").write_text("p {}")
    (viewer / "decoder.wasm").write_bytes(WASM)
    (viewer / "assets" / "logo.svg").write_text("<svg/>")
    (viewer / ".installed").write_text("secret")
    (folder / "secret.js").write_text("secret")
    (viewer / "link.js").symlink_to(folder / "secret.js")
    return viewer


@pytest.fixture(scope="module", params=ORTHANCS, ids=str)
def orthanc(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancServer]:
    installation: OrthancInstallation = request.param
    if not installation.present:
        pytest.skip(installation.absent)
    folder = tmp_path_factory.mktemp("orthanc")
    web = {"DicomWeb": {"Root": "/dw/"}}
    server = OrthancServer(folder, installation=installation)
    # Made inside this Orthanc's own root, which is known only now.
    viewer = installation.inside(make_viewer(server.folder))
    server._configure({**NO_SERVICE, "Viewer": viewer}, web)
    with server:
        yield server


def get(orthanc: OrthancServer, path: str, **options: Any) -> httpx.Response:
    return orthanc.http.get(f"/tilscope/viewer{path}", **options)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/app.bundle.0123.js", "text/javascript"),
        ("/app.bundle.css", "text/css"),
        ("/decoder.wasm", "application/wasm"),
        ("/assets/logo.svg", "image/svg+xml"),
        ("/index.html", "text/html"),
    ],
)
def test_each_file_has_its_type_and_the_headers_of_an_isolated_page(
    orthanc: OrthancServer, path: str, kind: str
) -> None:
    answer = get(orthanc, path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(kind)
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_bytes_arrive_as_they_are(orthanc: OrthancServer) -> None:
    assert get(orthanc, "/decoder.wasm").content == WASM


@pytest.mark.parametrize("path", ["", "/", "/viewer", "/viewer?StudyInstanceUIDs=1.2", "/segmentation/orthanc"])
def test_a_place_in_the_viewer_is_its_page(orthanc: OrthancServer, path: str) -> None:
    assert "<title>viewer</title>" in get(orthanc, path).text


def test_the_viewer_is_told_where_dicomweb_is(orthanc: OrthancServer) -> None:
    assert get(orthanc, "/app-config.js").text == "var root = '/dw';"


def test_without_the_password_there_is_nothing(orthanc: OrthancServer) -> None:
    for path in ("/", "/decoder.wasm", "/open/1.2"):
        assert httpx.get(f"{orthanc.url}/tilscope/viewer{path}", trust_env=False).status_code == 401


def test_nothing_may_be_loaded_from_elsewhere(orthanc: OrthancServer) -> None:
    policy = get(orthanc, "/").headers["Content-Security-Policy"]
    sources = {word for rule in policy.split(";") for word in rule.split()[1:]}
    assert sources == {"'self'", "'none'", "'unsafe-eval'", "'unsafe-inline'", "blob:", "data:"}


@pytest.mark.parametrize(
    "path",
    [
        "/link.js",
        "/.installed",
        "/../secret.js",
        "/assets/../../secret.js",
        "/%2e%2e/secret.js",
        "/..%2fsecret.js",
        "/assets/..%2f..%2fsecret.js",
        "/%2e%2e%5csecret.js",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/secret.js%00.css",
        "/../../../../../../../../etc/hostname",
    ],
)
def test_no_path_leads_out_of_the_folder(orthanc: OrthancServer, path: str) -> None:
    """Sent as it is: an HTTP library would tidy it up first."""
    signed = next(httpx.BasicAuth(orthanc.user, orthanc.password).auth_flow(httpx.Request("GET", orthanc.url)))
    with socket.create_connection(("127.0.0.1", orthanc.http_port), timeout=10) as connection:
        lines = [
            f"GET /tilscope/viewer{path} HTTP/1.1", "Host: x", "Connection: close",
            f"Authorization: {signed.headers['Authorization']}", "", "",
        ]  # fmt: skip
        connection.sendall("\r\n".join(lines).encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    # Whatever has no ending is a place in the viewer; everything else is not there.
    assert b"<title>viewer</title>" in answer or answer.split(b"\r\n")[0].split()[1] in (b"400", b"404", b"503")
    assert b"secret" not in answer
    assert b"root:" not in answer


def test_what_is_known_already_is_not_sent_again(orthanc: OrthancServer) -> None:
    for path in ("/decoder.wasm", "/app.bundle.0123.js", "/app-config.js", "/"):
        first = get(orthanc, path)
        assert first.headers["Cache-Control"] == "private, no-cache", "names stay where bundles were changed"
        again = get(orthanc, path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_the_setup_is_known_by_what_is_served_not_by_its_file(orthanc: OrthancServer) -> None:
    served = get(orthanc, "/app-config.js")
    assert served.headers["ETag"] == f'"{hashlib.sha256(served.content).hexdigest()[:16]}"'


def test_the_viewer_is_read_only(orthanc: OrthancServer) -> None:
    assert orthanc.http.post("/tilscope/viewer/app-config.js", content=b"x").status_code == 405


def test_the_link_of_a_study_without_results_shows_its_images(orthanc: OrthancServer) -> None:
    answer = get(orthanc, "/open/1.2.3")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "../viewer?StudyInstanceUIDs=1.2.3"
    assert get(orthanc, "/open/1.2.3'%20or%201.js").status_code == 404


def test_a_folder_without_a_viewer_stops_orthanc_with_a_sentence(tmp_path: Path) -> None:
    server = OrthancServer(tmp_path, tilscope={**NO_SERVICE, "Viewer": str(tmp_path)})
    process = server.launch()
    eventually(lambda: process.poll() is not None, "Orthanc ends")
    assert "holds no index.html and no app-config.js; docker/install.sh --viewer makes such a folder" in server.log()
