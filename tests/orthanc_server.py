"""A real Orthanc for the tests, with or without TILscope's plugin, on free ports of the loopback, authentication on.

    with OrthancServer(tmp_path, tilscope={"Python": sys.executable}) as orthanc:
        orthanc.store(dicom_bytes)                       # POST /instances
        orthanc.c_store(folder)                          # all its files over one association
        orthanc.http.get("/tilscope/health").json()      # an httpx client with user and password
        orthanc.kill()                                   # -9, as a power cut
        orthanc.start()                                  # again, on the same storage and the same ports

`orthanc.dicom_port` and `orthanc.aet` are for C-STORE, `orthanc.log()` is what Orthanc has logged in all its lives.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
PLUGIN_FILES = tuple(
    ROOT / "orthanc" / name
    for name in ("plugin.py", "tilscope_configuration.py", "tilscope_people.py", "tilscope_viewer.py", "explorer.js")
)
# Read by dcmtk, which Orthanc is built on. If either side lacks it, every C-STORE waits 40 ms for a delayed acknowledgement.
WITHOUT_DELAY = {"TCP_NODELAY": "1"}


@dataclass(frozen=True)
class OrthancInstallation:
    """Where an Orthanc lives: this machine, or a folder that becomes the root of its file system."""

    name: str
    root: Path = Path("/")

    def __str__(self) -> str:
        return self.name

    @property
    def absent(self) -> str:
        """Why its tests are skipped."""
        return f"{self.name} is absent: tests/orthanc/newer_orthanc.sh makes it, where Debian can be had"

    @property
    def in_chroot(self) -> bool:
        return self.root != Path("/")

    @property
    def present(self) -> bool:
        return (self.root / "usr/sbin/Orthanc").exists()

    def command(self, *arguments: str) -> list[str]:
        if not self.in_chroot:
            return ["/usr/sbin/Orthanc", *arguments]
        chroot = ["chroot"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "chroot"]
        return [*chroot, str(self.root), "/usr/sbin/Orthanc", *arguments]

    @property
    def version(self) -> str:
        """As it tells by itself: '1.12.7'."""
        told = subprocess.run(self.command("--version"), check=True, capture_output=True, text=True).stdout
        return told.split()[1]

    def plugin(self, name: str) -> str:
        return f"/usr/share/orthanc/plugins/{name}.so"

    def inside(self, path: Path) -> str:
        """The path as this Orthanc sees it."""
        return "/" + str(path.relative_to(self.root))


def made_by_newer_orthanc(suite: str) -> Path:
    """Where tests/orthanc/newer_orthanc.sh puts it, or where NEWER_ORTHANC_TRIXIE, NEWER_ORTHANC_SID say that it is."""
    named = os.environ.get(f"NEWER_ORTHANC_{suite.upper()}")
    return Path(named or ROOT / ".cache" / f"orthanc-{suite}").resolve()


# 1.10.1 on Debian 12, 1.12.7 on Debian 13.
INSTALLED = OrthancInstallation("installed-orthanc")
NEWER = OrthancInstallation("orthanc-of-debian-13", made_by_newer_orthanc("trixie"))
# Whatever Debian has today: 1.13.0 with Python 3.14 when this was written.
NEWEST = OrthancInstallation("orthanc-of-debian-sid", made_by_newer_orthanc("sid"))
ORTHANCS = (INSTALLED, NEWER, NEWEST)


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listens on now; all are held until all are known, so that they differ."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


#: How long a test waits for what comes within seconds on a machine that does nothing else. Only what never comes is a fault.
PATIENCE_S = 300.0


def eventually(look: Callable[[], T], what: str = "") -> T:
    """The first true answer of `look`; an AssertionError after `PATIENCE_S`."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        if answer := look():
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE_S:g} s: {what or look}")
        time.sleep(0.05)


def at_leisure(seconds: float) -> float:
    """So many seconds of a machine that does nothing else, as this one is likely to need: more where processes wait for a core."""
    return seconds * max(1.0, 2 * os.getloadavg()[0] / (os.cpu_count() or 1))


class OrthancServer:
    """One Orthanc: its folder, ports, password and process. Use as a context manager, or `start` and `kill` it."""

    aet = "ORTHANC"
    user = "radiologist"

    def __init__(
        self,
        folder: Path,
        *,
        tilscope: dict[str, Any] | None = None,
        orthanc: dict[str, Any] | None = None,
        installation: OrthancInstallation = INSTALLED,
    ) -> None:
        """`tilscope` is the section of that name, None leaves the plugin out; `orthanc` are further keys of Orthanc's own."""
        self.installation = installation
        # What Orthanc shall see has to lie inside its root.
        self._made = Path(tempfile.mkdtemp(dir=installation.root / "tmp")) if installation.in_chroot else None
        self.folder = self._made or folder
        self.storage = self.folder / "storage"
        self.log_path = folder / "orthanc.log"
        self.http_port, self.dicom_port = free_ports(2)
        self.url = f"http://127.0.0.1:{self.http_port}"
        self.password = secrets.token_urlsafe(12)
        self.http = httpx.Client(
            base_url=self.url, auth=(self.user, self.password), timeout=PATIENCE_S, trust_env=False
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.storage.mkdir(parents=True, exist_ok=True)
        self.configuration_path = self.folder / "orthanc.json"
        self._configure(tilscope, orthanc or {})

    def _configure(self, tilscope: dict[str, Any] | None, orthanc: dict[str, Any]) -> None:
        inside = self.installation.inside
        configuration: dict[str, Any] = {
            "Name": "test",
            "StorageDirectory": inside(self.storage),
            "HttpPort": self.http_port,
            "DicomPort": self.dicom_port,
            "DicomAet": self.aet,
            "DicomAlwaysAllowStore": True,
            "DicomAlwaysAllowEcho": True,
            "AuthenticationEnabled": True,
            "RegisteredUsers": {self.user: self.password},
            "StableAge": 3,
            "Plugins": [self.installation.plugin("libOrthancDicomWeb")],
        }
        if tilscope is not None:
            for file in PLUGIN_FILES:
                shutil.copy(file, self.folder)
            configuration["Plugins"].append(self.installation.plugin("libOrthancPython"))
            configuration["PythonScript"] = inside(self.folder / PLUGIN_FILES[0].name)
            configuration["Tilscope"] = tilscope
        self.configuration_path.write_text(json.dumps({**configuration, **orthanc}, indent=2))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the process and wait for nothing: for an Orthanc that is expected to refuse."""
        assert self._process is None or self._process.poll() is not None, "this Orthanc runs already"
        command = self.installation.command("--verbose", self.installation.inside(self.configuration_path))
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/", env={**os.environ, **WITHOUT_DELAY}
            )
        return self._process

    def start(self) -> None:
        """Returns when Orthanc answers."""
        process = self.launch()

        def answers() -> bool:
            if process.poll() is not None:
                raise AssertionError(f"{self.installation.name} ended with {process.returncode}:\n{self.log()[-3000:]}")
            with contextlib.suppress(httpx.TransportError):
                return self.http.get("/system").status_code == 200
            return False

        eventually(answers, f"{self.installation.name} answers")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def wait(self) -> int:
        """The exit status, once it ends by itself."""
        assert self._process is not None
        return self._process.wait(PATIENCE_S)

    def stop(self) -> int:
        """SIGTERM, as systemd and Docker do; the exit status."""
        os.kill(self.pid, signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """SIGKILL: no callback runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """An orderly stop and a start on the same storage."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Ends it and removes what it left in another root; its log stays."""
        self.kill()
        self.http.close()
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)

    def store(self, instance: bytes) -> dict[str, Any]:
        """One DICOM file by REST; Orthanc's answer."""
        answer: dict[str, Any] = self.http.post("/instances", content=instance).raise_for_status().json()
        return answer

    def c_store(self, folder: Path) -> None:
        """Every file below a folder by C-STORE, over one association; raises if one was not stored."""
        command = [
            "storescu",
            "--call",
            self.aet,
            "+sd",
            "+r",
            "--required",
            "127.0.0.1",
            str(self.dicom_port),
            str(folder),
        ]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **WITHOUT_DELAY})

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
