"""TILscope's service as a real process, started as Orthanc's plugin starts it: settings on stdin, port on stdout."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
from orthanc_server import PATIENCE_S, OrthancServer, eventually

ROOT = Path(__file__).resolve().parent.parent


class ServiceProcess:
    """Use as a context manager; `start` again after `kill` for a second life on the same data."""

    def __init__(self, orthanc: OrthancServer, folder: Path, under: Sequence[str] = (), **settings: Any) -> None:
        """`under` is a program, with its arguments, that starts it."""
        self.folder = folder
        self._under = under
        self.orthanc = orthanc
        self.token = secrets.token_urlsafe(24)
        self.log_path = folder / "service.log"
        self.settings = {
            "orthanc_url": orthanc.url, "orthanc_user": orthanc.user, "orthanc_password": orthanc.password,
            "data_directory": str(folder / "data"), "token": self.token, "quiet_seconds": 1, "stable_seconds": 4,
            "poll_seconds": 0.5, "retry_seconds": 0.5, **settings,
        }  # fmt: skip
        self.http = httpx.Client(trust_env=False, timeout=PATIENCE_S, headers={"Authorization": f"Bearer {self.token}"})
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.http.close()

    def launch(self) -> subprocess.Popen[str]:
        """Start it and wait for nothing."""
        with self.log_path.open("a") as log:
            self.process = subprocess.Popen(
                [*self._under, sys.executable, "-m", "tilscope.service.run"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT,
            )  # fmt: skip
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(self.settings) + "\n")
        self.process.stdin.flush()
        return self.process

    def start(self) -> None:
        """Returns when it answers."""
        process = self.launch()
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"the service did not start:\n{self.log()[-3000:]}"
        self.http.base_url = httpx.URL(f"http://127.0.0.1:{json.loads(line)['port']}")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.pid).children(recursive=True)

    def kill(self) -> None:
        """SIGKILL: nothing of ours runs any more."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def leave(self) -> int:
        """The parent is gone: the pipe closes. Its exit status."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(PATIENCE_S)

    def study(self, uid: str) -> dict[str, Any]:
        """Its state; an empty answer while it is unknown."""
        answer = self.http.get(f"/studies/{uid}")
        return answer.json() if answer.status_code == 200 else {"state": None, "stage": None}

    def until(self, uid: str, *states: str) -> dict[str, Any]:
        eventually(lambda: self.study(uid)["state"] in states, f"{uid} is {' or '.join(states)}")
        return self.study(uid)

    def log(self) -> str:
        return self.log_path.read_text()
