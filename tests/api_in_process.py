"""The API over a ledger that a test fills, without Orthanc and without workers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from kept_results import Clock
from orthanc_server import PATIENCE_S, eventually, free_ports

from tilscope.service.api import ApiContext, make_api
from tilscope.service.ledger import Ledger
from tilscope.service.ledger.queries import Reader
from tilscope.service.settings import ServiceSettings

TOKEN = "a token for the tests"


@dataclass(frozen=True)
class Api:
    """What a program sees of the service, and the ledger behind it."""

    http: httpx.Client
    ledger: Ledger
    clock: Clock

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def found(self, **filters: Any) -> list[str]:
        """Which studies a list with these filters holds, in its order."""
        return [study["study_uid"] for study in self.get("/studies", **filters)["studies"]]

    def sentence(self, path: str, **query: Any) -> str:
        """Why it cannot be asked so."""
        answer = self.http.get(path, params=query)
        assert answer.status_code == 400, answer.text
        assert answer.json()["code"] == "wrong-request"
        return str(answer.json()["detail"])


@contextmanager
def api_over(folder: Path, **settings: Any) -> Iterator[Api]:
    clock = Clock()
    parts = ApiContext.of(ServiceSettings.read({"data_directory": str(folder), "token": TOKEN, **settings}))
    parts.ledger.close()
    ledger = Ledger(parts.settings.ledger_url, clock)
    app = make_api(replace(parts, ledger=ledger, reader=Reader(ledger.reading)))
    (port,) = free_ports(1)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually(lambda: server.started, "the API answers")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False, timeout=PATIENCE_S
    ) as http:
        yield Api(http, ledger, clock)
    server.should_exit = True
    thread.join()
    ledger.close()
