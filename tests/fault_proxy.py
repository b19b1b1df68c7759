"""An archive with faults: a proxy in front of a real Orthanc that answers for it, hangs or breaks off, as long as it is told.

with FaultProxy(orthanc.url) as proxy:
    ServiceProcess(orthanc, folder, orthanc_url=proxy.url)
    proxy.fault = Fails("POST", "/instances", status=500)     # every store is answered with HTTP 500
    proxy.fault = Hangs("GET", "/file")                        # no image comes, and no answer
    proxy.fault = Breaks("POST", "/instances")                 # the connection ends without an answer
    proxy.fault = None                                         # all is well again
    proxy.met                                                  # how many requests have met a fault
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import httpx
from orthanc_server import PATIENCE_S

#: Of one connection each; the proxy makes its own.
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}
_NEWS_EVERY_S = 0.05


@dataclass(frozen=True)
class _Concerns:
    method: str
    """'' for all."""
    end: str
    """Of the path; '' for all."""

    def concerns(self, method: str, path: str) -> bool:
        return self.method in ("", method) and path.partition("?")[0].endswith(self.end)


@dataclass(frozen=True)
class Fails(_Concerns):
    """Answered with an HTTP status, and Orthanc is not asked."""

    status: int = 500


@dataclass(frozen=True)
class Hangs(_Concerns):
    """Not answered until the fault is over, and then by a broken connection."""


@dataclass(frozen=True)
class Breaks(_Concerns):
    """The connection ends without an answer."""


class FaultProxy:
    """Listens on a free port of the loopback, and asks `target` what it is asked."""

    def __init__(self, target: str) -> None:
        self.fault: Fails | Hangs | Breaks | None = None
        self.spared = 0
        self.met = 0
        self._http = httpx.Client(base_url=target, timeout=PATIENCE_S, trust_env=False)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._http.close()

    def _spares(self) -> bool:
        with self._lock:
            spares, self.spared = self.spared > 0, max(0, self.spared - 1)
        return spares

    def _hang(self, fault: Hangs) -> None:
        while self.fault is fault and not self._over.wait(_NEWS_EVERY_S):
            pass

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _carry(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                fault = proxy.fault
                if fault is None or not fault.concerns(self.command, self.path) or proxy._spares():
                    headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP_BY_HOP}
                    answer = proxy._http.request(self.command, self.path, content=body, headers=headers)
                    self._answer(answer.status_code, answer.headers.get("Content-Type", ""), answer.content)
                    return
                proxy.met += 1
                if isinstance(fault, Fails):
                    self._answer(fault.status, "text/plain", b"a fault of the archive's")
                    return
                if isinstance(fault, Hangs):
                    proxy._hang(fault)
                self.close_connection = True

            do_GET = do_POST = do_PUT = do_DELETE = _carry  # noqa: N815 - the names are the library's

            def _answer(self, status: int, kind: str, content: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Orthanc logs what it is asked."""

        return Handler
