"""The plugin inside real Orthancs, alone: as the service Orthanc starts `smallest_service.py`.

The second and the third Orthanc are made by `newer_orthanc.sh`.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from orthanc_server import ORTHANCS, PATIENCE_S, OrthancInstallation, OrthancServer, eventually
from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module", params=ORTHANCS, ids=str)
def installation(request: pytest.FixtureRequest) -> OrthancInstallation:
    chosen: OrthancInstallation = request.param
    if not chosen.present:
        pytest.skip(chosen.absent)
    return chosen


class Watched(OrthancServer):
    """An Orthanc with the plugin and the smallest service, and what that service has seen."""

    def __init__(
        self,
        folder: Path,
        installation: OrthancInstallation,
        orthanc: dict[str, Any] | None = None,
        **tilscope: Any,
    ) -> None:
        super().__init__(folder, installation=installation, tilscope={})
        interpreter = "/usr/bin/python3" if installation.in_chroot else sys.executable
        shutil.copy(HERE / "smallest_service.py", self.folder)
        program = installation.inside(self.folder / "smallest_service.py")
        # Orthanc runs it as `PYTHON -m tilscope.service.run`, and need not know that another program answers.
        wrapper = self.folder / "python"
        wrapper.write_text(f'#!/bin/sh\nexec {interpreter} {program} "$@"\n')
        wrapper.chmod(0o755)
        self._configure({"Python": installation.inside(wrapper), **tilscope}, orthanc or {})

    def seen(self, event: str) -> list[dict[str, Any]]:
        path = self.storage / "tilscope" / "seen.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        # The last line may be half written.
        return [entry for line in lines if line.endswith("}") and (entry := json.loads(line))["event"] == event]

    def started(self, times: int = 1) -> dict[str, Any]:
        """The service's report on its newest start, once /tilscope answers."""
        eventually(lambda: len(self.seen("started")) >= times, f"start number {times} of the service")
        eventually(lambda: self.http.get("/tilscope/echo").status_code == 200, "/tilscope answers")
        return self.seen("started")[-1]

    def pokes(self) -> int:
        return sum(entry["path"] == "/poke" for entry in self.seen("asked"))


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def mr_instance(study: str, number: int = 1) -> Dataset:
    """A small MR image of that study."""
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID = MRImageStorage
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID = generate_uid()
    image.StudyInstanceUID, image.SeriesInstanceUID = study, generate_uid(entropy_srcs=[study])
    image.PatientID, image.Modality, image.InstanceNumber = "TEST", "MR", number
    image.Rows = image.Columns = 8
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 12, 11, 0
    image.PixelData = bytes(2 * 8 * 8)
    return image


def part10(image: Dataset) -> bytes:
    file = BytesIO()
    dcmwrite(file, image, enforce_file_format=True)
    return file.getvalue()


def values(query: str) -> list[tuple[str, str]]:
    return urllib.parse.parse_qsl(query, keep_blank_values=True)


Make = Callable[..., Watched]


@pytest.fixture(scope="module")
def orthanc(installation: OrthancInstallation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """One Orthanc for every test that leaves it as it was."""
    with Watched(tmp_path_factory.mktemp("orthanc"), installation) as server:
        server.started()
        yield server


@pytest.fixture(scope="module")
def behind(installation: OrthancInstallation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """An Orthanc that trusts whoever comes from 127.0.0.1 as a proxy."""
    said = {
        "TrustedProxies": ["127.0.0.1"],
        "Roles": {"müller": ["molecular"], "@breast": ["rescore"], "*": ["read"]},
    }
    with Watched(tmp_path_factory.mktemp("behind"), installation, {"RemoteAccessAllowed": True}, **said) as server:
        server.started()
        yield server


@pytest.fixture
def make(installation: OrthancInstallation, tmp_path: Path) -> Iterator[Make]:
    """An Orthanc of the test's own, not started."""
    made = []

    def make(**tilscope: Any) -> Watched:
        made.append(Watched(tmp_path, installation, **tilscope))
        return made[-1]

    yield make
    for server in made:
        server.close()


class TestStart:
    def test_the_service_is_told_everything_on_its_standard_input(self, orthanc: Watched) -> None:
        started = orthanc.started()
        settings = started["settings"]
        assert started["argv"][-2:] == ["-m", "tilscope.service.run"]
        assert settings["orthanc_url"] == orthanc.url
        assert settings["stable_seconds"] == 3
        assert len(settings["token"]) >= 32

    def test_secrets_are_neither_arguments_nor_environment_nor_in_the_log(self, orthanc: Watched) -> None:
        started = orthanc.started()
        token, authorization = started["settings"]["token"], started["settings"]["orthanc_authorization"]
        assert started["token_in_environment"] == []
        assert token not in " ".join(started["argv"])
        assert token not in orthanc.log()
        assert authorization.removeprefix("Bearer ") not in orthanc.log()

    def test_the_authorization_opens_orthanc(self, orthanc: Watched) -> None:
        authorization = orthanc.started()["settings"]["orthanc_authorization"]
        system = httpx.get(f"{orthanc.url}/system", headers={"Authorization": authorization}, trust_env=False)
        assert system.json()["Version"] == orthanc.installation.version

    def test_the_data_directory_is_for_orthanc_alone(self, orthanc: Watched) -> None:
        assert (orthanc.storage / "tilscope").stat().st_mode & 0o777 == 0o700

    def test_the_service_logs_into_orthancs_log(self, orthanc: Watched) -> None:
        assert "TILscope service: a warning of the service study=1.2.3" in orthanc.log()
        assert "TILscope service: Traceback: this line is no JSON" in orthanc.log()


class TestProxy:
    def test_without_a_password_there_is_no_entry(self, orthanc: Watched) -> None:
        asked = len(orthanc.seen("asked"))
        for path in ("/tilscope", "/tilscope/", "/tilscope/echo"):
            assert httpx.get(orthanc.url + path, trust_env=False).status_code == 401
        assert not [entry for entry in orthanc.seen("asked")[asked:] if entry["path"] != "/poke"]

    @pytest.mark.parametrize("path", ["/tilscope", "/tilscope/"])
    def test_the_page_is_there_with_and_without_the_last_slash(self, orthanc: Watched, path: str) -> None:
        answer = orthanc.http.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "<title>status</title>" in answer.text

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    def test_path_and_method_arrive(self, orthanc: Watched, method: str) -> None:
        echo = orthanc.http.request(method, "/tilscope/studies/1.2%203/%C3%A9").json()
        assert (echo["method"], echo["path"]) == (method, "/studies/1.2%203/%C3%A9")

    def test_the_query_arrives_as_it_was_meant(self, orthanc: Watched) -> None:
        query = "state=failed&q=a%3Db%20c%C3%A9%25&since=2024-01-01T00%3A00%2B01:00&empty="
        assert values(orthanc.http.get(f"/tilscope/studies?{query}").json()["query"]) == values(query)

    def test_an_ampersand_in_a_value_arrives_but_for_orthanc_1_13(self, orthanc: Watched) -> None:
        """Orthanc 1.13 decodes a query before it takes it apart. If this fails on a newer one, that one does it right."""
        arrived = values(orthanc.http.get("/tilscope/studies?q=a%26b").json()["query"])
        taken_apart = orthanc.installation.version.startswith("1.13.")
        assert arrived == ([("q", "a"), ("b", "")] if taken_apart else [("q", "a&b")])

    @pytest.mark.parametrize("method", ["POST", "PUT"])
    def test_the_body_arrives_byte_by_byte_with_its_type(self, orthanc: Watched, method: str) -> None:
        body = bytes(range(256)) * 256
        echo = orthanc.http.request(method, "/tilscope/x", content=body, headers={"Content-Type": "a/b"}).json()
        assert echo["body"].encode("latin-1") == body
        assert echo["headers"]["content-type"] == "a/b"

    def test_the_service_sees_who_asks_and_nobody_can_pretend(self, orthanc: Watched) -> None:
        pretended = {
            "X-Tilscope-User": "root",
            "X-Tilscope-Roles": "x",
            "X-Tilscope-Host": "x",
            "Cookie": "a=b",
            "X-Forwarded-User": "root",
        }
        headers = orthanc.http.get("/tilscope/echo", headers=pretended).json()["headers"]
        assert headers["x-tilscope-user"] == orthanc.user
        assert headers["x-tilscope-roles"] == "administer"
        assert headers["x-tilscope-host"] == orthanc.url.removeprefix("http://")
        assert headers["authorization"] == "Bearer " + orthanc.started()["settings"]["token"]
        assert not {"cookie", "x-forwarded-user"} & headers.keys()
        assert orthanc.password not in str(headers)

    def test_bytes_come_back_byte_by_byte_with_their_type(self, orthanc: Watched) -> None:
        answer = orthanc.http.get("/tilscope/bytes")
        assert answer.content == bytes(range(256))
        assert answer.headers["content-type"] == "application/dicom"
        assert answer.headers["etag"] == '"7"'
        assert "set-cookie" not in answer.headers

    @pytest.mark.parametrize("status", [201, 202, 400, 403, 404, 409, 410, 413, 415, 422, 500, 501, 502, 503, 504])
    def test_statuses_come_back_with_their_words(self, orthanc: Watched, status: int) -> None:
        answer = orthanc.http.get(f"/tilscope/status?code={status}")
        assert answer.status_code == status
        assert answer.json()["detail"] == f"Status {status}, as you wish: ä."
        assert len(answer.headers.get_list("content-type")) == 1

    @pytest.mark.parametrize(("status", "said"), [(204, 204), (304, 304), (429, 400), (507, 502), (405, 405)])
    def test_statuses_that_are_special_are_answered_too(self, orthanc: Watched, status: int, said: int) -> None:
        assert orthanc.http.get(f"/tilscope/status?code={status}").status_code == said

    def test_a_wrong_token_is_no_reason_to_ask_for_a_password(self, orthanc: Watched) -> None:
        answer = orthanc.http.get("/tilscope/status?code=401")
        assert answer.status_code == 502
        assert "ServiceToken" in answer.json()["detail"]

    def test_the_explorer_gets_its_script(self, orthanc: Watched) -> None:
        script = (HERE.parent.parent / "orthanc" / "explorer.js").read_text()
        assert script.strip() in orthanc.http.get("/plugins/explorer.js").text


def post_of_length(orthanc: Watched, path: str, length: int, **headers: str) -> tuple[int, int]:
    """The status, and how much of the body was sent before it came: it is sent until Orthanc does not want any more."""
    credentials = base64.b64encode(f"{orthanc.user}:{orthanc.password}".encode()).decode()
    head = {"Host": "x", "Authorization": f"Basic {credentials}", "Content-Length": str(length), **headers}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
    with socket.create_connection(("127.0.0.1", orthanc.http_port), timeout=PATIENCE_S) as connection:
        connection.sendall("\r\n".join(lines).encode())
        sent, block = 0, bytes(2**16)
        with contextlib.suppress(ConnectionError):
            while sent < length and not select.select([connection], [], [], 0)[0]:
                sent += connection.send(block[: length - sent])
        return int(connection.recv(2**16).split()[1]), sent


def memory(orthanc: Watched) -> float:
    """The most that Orthanc has held, in MB."""
    (line,) = [one for one in Path(f"/proc/{orthanc.pid}/status").read_text().splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1]) / 1000


class TestWhatIsTooLarge:
    def test_a_body_beyond_64_kb_is_refused_in_words_and_never_reaches_the_service(self, orthanc: Watched) -> None:
        assert orthanc.http.post("/tilscope/x", content=bytes(2**16)).status_code == 200
        asked = len([one for one in orthanc.seen("asked") if one["path"] == "/x"])
        answer = orthanc.http.post("/tilscope/x", content=bytes(2**16 + 1))
        assert answer.status_code == 413
        assert answer.json()["detail"] == "What is sent is too long: 65537 bytes, at most 65536 are read."
        assert len([one for one in orthanc.seen("asked") if one["path"] == "/x"]) == asked

    @pytest.mark.parametrize(
        "path", ["/tilscope/x", "//tilscope/x", "/tilscope//x", "/x/../tilscope/x", "/%74ilscope/x"]
    )
    def test_one_of_400_mb_is_not_even_read(self, orthanc: Watched, path: str) -> None:
        before = memory(orthanc)
        status, sent = post_of_length(orthanc, path, 400_000_000)
        assert status == 403
        assert sent < 50_000_000, "what the buffers of the connection hold"
        assert memory(orthanc) < before + 50

    def test_neither_is_one_in_chunks(self, orthanc: Watched) -> None:
        answer = orthanc.http.post("/tilscope/x", content=iter([bytes(1000)] * 3))
        assert answer.status_code == 403

    def test_the_archive_takes_images_of_any_size(self, orthanc: Watched) -> None:
        image = mr_instance(generate_uid())
        image.Rows = image.Columns = 1024
        image.PixelData = bytes(2 * 1024 * 1024)
        assert orthanc.store(part10(image))["Status"] == "Success"

    def test_a_long_query_is_refused_in_words(self, orthanc: Watched) -> None:
        long = orthanc.http.get("/tilscope/studies?text=" + 5000 * "a")
        assert (long.status_code, long.json()["detail"]) == (
            400,
            "The query is too long: at most 4096 characters are read.",
        )

    def test_of_a_crowd_of_headers_orthanc_reads_64(self, orthanc: Watched) -> None:
        """The password comes last. If this fails on a newer Orthanc, the plugin has to count them."""
        crowd = {f"X-{number}": "1" for number in range(80)}
        assert orthanc.http.get("/tilscope/echo", headers=crowd).status_code == 401


class TestBehindAProxy:
    """A proxy is whoever comes from an address that is trusted: 127.0.0.1 here; 127.0.0.2 is somebody else."""

    def echo(self, orthanc: Watched, address: str, **headers: str) -> httpx.Response:
        transport = httpx.HTTPTransport(local_address=address)
        with httpx.Client(transport=transport, auth=(orthanc.user, orthanc.password), timeout=PATIENCE_S) as client:
            named = {name.replace("_", "-"): value.encode() for name, value in headers.items()}
            return client.get(f"{orthanc.url}/tilscope/echo", headers=named)

    def test_the_person_has_a_name_and_roles(self, behind: Watched) -> None:
        said = {"X_Forwarded_User": "müller", "X_Forwarded_Groups": "mri,breast", "X_Forwarded_Host": "pacs.example"}
        headers = self.echo(behind, "127.0.0.1", **said).json()["headers"]
        assert urllib.parse.unquote(headers["x-tilscope-user"]) == "müller"
        assert headers["x-tilscope-roles"] == "read,rescore,molecular"
        assert headers["x-tilscope-host"] == "pacs.example"

    def test_whom_the_proxy_names_nobody_is_the_user_that_orthanc_has_checked(self, behind: Watched) -> None:
        headers = self.echo(behind, "127.0.0.1").json()["headers"]
        assert (headers["x-tilscope-user"], headers["x-tilscope-roles"]) == (behind.user, "read")

    @pytest.mark.parametrize("header", ["X_Forwarded_User", "X_Forwarded_Groups", "X_Forwarded_Host"])
    def test_nobody_else_says_who_it_is(self, behind: Watched, header: str) -> None:
        assert self.echo(behind, "127.0.0.2", **{header: "müller"}).status_code == 403
        assert self.echo(behind, "127.0.0.2").status_code == 200


class TestPokes:
    def test_an_instance_by_rest_is_a_poke(self, orthanc: Watched) -> None:
        before = orthanc.pokes()
        orthanc.store(part10(mr_instance(generate_uid())))
        eventually(lambda: orthanc.pokes() > before, "a poke")

    def test_a_flood_by_c_store_is_a_few_pokes(self, orthanc: Watched, tmp_path: Path) -> None:
        study, before, count = generate_uid(), orthanc.pokes(), 500
        for number in range(count):
            (tmp_path / f"{number}.dcm").write_bytes(part10(mr_instance(study, number)))
        begun = time.monotonic()
        orthanc.c_store(tmp_path)
        took_s = time.monotonic() - begun
        assert orthanc.http.get("/statistics").json()["CountInstances"] >= count
        eventually(lambda: orthanc.pokes() > before, "a poke")
        assert orthanc.pokes() - before <= 2 + took_s / 3
        assert orthanc.pokes() - before < count / 20


class TestSupervision:
    def test_a_killed_service_comes_back_and_leaves_nothing_behind(self, make: Make) -> None:
        with make() as orthanc:
            first = orthanc.started()
            os.kill(first["pid"], signal.SIGKILL)
            said = (
                "The TILscope service was ended by signal 9 and is started again within 1 s; Orthanc's log says more."
            )
            eventually(lambda: orthanc.http.get("/tilscope/echo").text == json.dumps({"detail": said}), "words")
            eventually(lambda: not alive(first["worker"]), "the worker of the killed service ends")
            second = orthanc.started(times=2)
            assert second["pid"] != first["pid"]
            assert second["settings"]["token"] != first["settings"]["token"]

            orthanc.kill()
            eventually(lambda: not alive(second["pid"]) and not alive(second["worker"]), "the service ends")
            assert orthanc.seen("parent gone")[-1]["pid"] == second["pid"]

    def test_orthanc_stops_and_resets_with_the_service(self, make: Make) -> None:
        with make() as orthanc:
            first = orthanc.started()
            orthanc.http.post("/tools/reset", content=b"")
            eventually(lambda: not alive(first["pid"]), "the service ends with the reset")

            eventually(lambda: len(orthanc.seen("started")) == 2, "the service starts after the reset")
            second = orthanc.started(times=2)
            assert orthanc.stop() == 0
            assert not alive(second["pid"])
            assert not alive(second["worker"])
            assert [entry["pid"] for entry in orthanc.seen("parent gone")] == [first["pid"], second["pid"]]
            assert "is killed" not in orthanc.log()

    @pytest.mark.slow  # waits as long as Orthanc would
    def test_a_service_that_heeds_nothing_is_killed_when_orthanc_stops(self, make: Make) -> None:
        with make() as orthanc:
            service = orthanc.started()
            os.kill(service["pid"], signal.SIGSTOP)
            assert orthanc.stop() == 0
            assert not alive(service["pid"])
            assert "did not end within 10 s and is terminated" in orthanc.log()
            assert "did not heed that either and is killed" in orthanc.log()

    def test_an_interpreter_without_tilscope_does_not_harm_the_archive(self, make: Make) -> None:
        with make(Python="/bin/false") as orthanc:
            eventually(lambda: "exit status 1; it is started again in 2 s" in orthanc.log(), "the second attempt")
            answer = orthanc.http.get("/tilscope/")
            assert answer.status_code == 503
            assert "ended with exit status 1 and is started again" in answer.json()["detail"]
            assert orthanc.store(part10(mr_instance(generate_uid())))["Status"] == "Success"


class TestConfiguration:
    def test_an_unknown_key_stops_orthanc_with_a_suggestion(self, make: Make) -> None:
        orthanc = make(WorkerMemroy="4GiB")
        orthanc.launch()
        assert orthanc.wait() == 255
        assert "'WorkerMemroy' is unknown; did you mean 'WorkerMemory'?" in orthanc.log()
        assert orthanc.seen("started") == []

    def test_switched_off_orthanc_runs_alone(self, make: Make) -> None:
        with make(Enabled=False) as orthanc:
            assert orthanc.http.get("/tilscope/echo").status_code == 404
            assert "TILscope is switched off" in orthanc.log()
            assert orthanc.seen("started") == []

    def test_a_service_elsewhere_is_poked_and_proxied_to(
        self, orthanc: Watched, installation: OrthancInstallation, tmp_path: Path
    ) -> None:
        # The service of the first Orthanc is the one that the second one is pointed at.
        token = orthanc.started()["settings"]["token"]
        port = orthanc.http.get("/tilscope/echo").json()["headers"]["host"].rpartition(":")[2]
        remote = {"ServiceUrl": f"http://127.0.0.1:{port}/prefix/", "ServiceToken": token}
        with OrthancServer(tmp_path, installation=installation, tilscope=remote) as second:
            echo = second.http.get("/tilscope/studies/1").json()
            assert echo["path"] == "/prefix/studies/1"
            assert echo["headers"]["x-tilscope-user"] == second.user
            second.store(part10(mr_instance(generate_uid())))

            def poked() -> bool:
                return any(entry["path"] == "/prefix/poke" for entry in orthanc.seen("asked"))

            eventually(poked, "a poke from the second Orthanc")
            second.stop()
        assert orthanc.http.get("/tilscope/echo").status_code == 200, "a service elsewhere goes on"
