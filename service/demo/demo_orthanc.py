"""An Orthanc of the demo's own, in a folder of its own, with a password made for it; it takes images from this machine only."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.dicom_io.dimse import Peer
from tilscope.service.demo.demo_artefacts import install
from tilscope.service.package_files import plugin_script
from tilscope.service.terminal.exit_codes import CannotGoOn

_ROOT = Path(__file__).resolve().parents[2]
_PLUGINS = Path("/usr/share/orthanc/plugins")
#: Made by docker/install.sh --viewer, where npm can be had.
_VIEWER = Path(os.environ.get("TILSCOPE_VIEWER") or _ROOT / ".cache" / "viewer")
_USER = "demo"


class DemoFault(CannotGoOn):
    """The demo cannot go on; the sentence is the reason."""


@dataclass(frozen=True)
class DemoFiles:
    """Everything of the demo lies in one folder that can be thrown away."""

    folder: Path

    @property
    def mark(self) -> Path:
        """Marks the folder of a demo; locked while one runs."""
        return self.folder / ".tilscope-demo"

    @property
    def storage(self) -> Path:
        return self.folder / "storage"

    @property
    def service(self) -> Path:
        return self.folder / "tilscope"

    @property
    def password(self) -> Path:
        return self.folder / "password"

    @property
    def configuration(self) -> Path:
        return self.folder / "orthanc.json"

    @property
    def log(self) -> Path:
        return self.folder / "orthanc.log"

    def take(self) -> int:
        """Make the folder the demo's, empty of what an earlier demo left; gives the lock that is held on it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.mark.exists() and any(self.folder.iterdir()):
            raise DemoFault(
                f"the folder {self.folder} is not empty and was not made by the demo, which would remove what is in it; "
                "give it another folder, or remove this one"
            )
        lock = os.open(self.mark, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise DemoFault(f"a demo runs in {self.folder} already; end it, or give this one another folder") from None
        for earlier in (self.storage, self.service):
            if earlier.exists():
                shutil.rmtree(earlier)
        self.log.unlink(missing_ok=True)
        return lock


class DemoOrthanc:
    """Starts when entered, stops when left."""

    def __init__(self, folder: Path) -> None:
        self.files = DemoFiles(folder.resolve())
        self.http_port = _free_port(8042)
        self.dicom_port = _free_port(4242)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = -1

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def user(self) -> str:
        return _USER

    @property
    def password(self) -> str:
        return self.files.password.read_text(encoding="utf-8").strip()

    @property
    def has_viewer(self) -> bool:
        return (_VIEWER / "index.html").is_file()

    @property
    def address(self) -> OrthancAddress:
        return OrthancAddress(self.url, self.user, self.password)

    @property
    def peer(self) -> Peer:
        return Peer("127.0.0.1", self.dicom_port)

    def __enter__(self) -> DemoOrthanc:
        program = shutil.which("Orthanc", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            raise DemoFault("Orthanc is not installed: apt-get install orthanc orthanc-python orthanc-dicomweb")
        self._lock = self.files.take()
        install(self.files.service)
        _write_private(self.files.password, secrets.token_urlsafe(15))
        _write_private(self.files.configuration, json.dumps(self._configuration(), indent=2))
        with self.files.log.open("wb") as log:
            self._process = subprocess.Popen(
                [program, str(self.files.configuration)],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                # dcmtk inside Orthanc: without it every C-STORE waits 40 ms for Nagle's algorithm.
                env={**os.environ, "TCP_NODELAY": "1"},
                pass_fds=(self._lock,),  # should the demo be killed, the folder is taken as long as Orthanc lives
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ask it to end; it stops the service on its way."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _configuration(self) -> dict[str, object]:
        storage = str(self.files.storage)
        return {
            "Name": "TILscope demo",
            "StorageDirectory": storage,
            "IndexDirectory": storage,
            "HttpPort": self.http_port,
            "DicomPort": self.dicom_port,
            "DicomAet": "ORTHANC",
            # Orthanc 1.10.1 listens on every interface. By HTTP it answers this machine only, and asks for the password;
            # by DICOM it knows one node, and that one at this address only.
            "RemoteAccessAllowed": False,
            "DicomAlwaysAllowEcho": False,
            "DicomAlwaysAllowStore": False,
            "DicomCheckModalityHost": True,
            "DicomModalities": {"tilscope": [self.peer.calling_aet, "127.0.0.1", 104]},
            "AuthenticationEnabled": True,
            "RegisteredUsers": {_USER: self.password},
            # Long, so that everybody can see that it is not waited for.
            "StableAge": 600,
            "Plugins": [str(_PLUGINS / "libOrthancPython.so"), str(_PLUGINS / "libOrthancDicomWeb.so")],
            "PythonScript": str(plugin_script()),
            "PythonVerbose": False,
            "DicomWeb": {"Enable": True},
            "Tilscope": {
                "Python": sys.executable,
                "DataDirectory": str(self.files.service),
                "Demo": True,
                **({"Viewer": str(_VIEWER)} if self.has_viewer else {}),
            },
        }

    def _wait_until_ready(self, patience_s: float = 60.0) -> None:
        """Orthanc responds, and behind it the service."""
        assert self._process is not None
        deadline = time.monotonic() + patience_s
        with httpx.Client(base_url=self.url, auth=(self.user, self.password), trust_env=False) as client:
            while time.monotonic() < deadline:
                if self._process.poll() is not None:
                    raise DemoFault(f"Orthanc ended at its start; its log is {self.files.log}\n{self._end_of_log()}")
                try:
                    if client.get("/tilscope/health").is_success:
                        return
                except httpx.TransportError:
                    pass
                time.sleep(0.2)
        raise DemoFault(
            f"TILscope did not answer within {patience_s:.0f} s; the log is {self.files.log}\n{self._end_of_log()}"
        )

    def _end_of_log(self) -> str:
        """From the first error on, for what follows is often its consequence only; without one, the last lines."""
        lines = self.files.log.read_text(encoding="utf-8", errors="replace").splitlines()
        first = next((n for n, line in enumerate(lines) if line.startswith("E")), None)
        return "\n".join(lines[-8:] if first is None else lines[first : first + 20])


def _write_private(path: Path, text: str) -> None:
    """A file that only its owner reads, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")


def _free_port(preferred: int) -> int:
    """The usual port if nobody has it, else any free one."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoFault("no free port on 127.0.0.1")
