"""The smallest implementation of the contract between the plugin and the service (orthanc/README.md), as a real program.

The tests of the plugin let Orthanc start it in place of TILscope, so that what the plugin does is seen from the other
side: everything that it was told and asked is written to DATA_DIRECTORY/seen.jsonl. Standard library only.

Run as `PYTHON -m tilscope.service.run`; the first line of standard input is the settings.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Seen:
    """What this program has met, one JSON object a line, for the test to read."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "seen.jsonl"
        self._lock = threading.Lock()

    def note(self, event: str, **facts: Any) -> None:
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"event": event, "pid": os.getpid(), **facts}) + "\n")


class Handler(BaseHTTPRequestHandler):
    """Answers /echo with what it was asked, /status with the status and the type asked for; all behind the token."""

    token = ""
    seen: Seen

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        self.seen.note("asked", method=self.command, path=url.path)
        if self.headers.get("Authorization") != f"Bearer {self.token}":
            return self.say(401, {"detail": "The token is wrong."})
        if url.path == "/":
            return self.say_bytes(200, b"<!doctype html><title>status</title>", "text/html; charset=utf-8")
        if url.path == "/bytes":
            return self.say_bytes(200, bytes(range(256)), "application/dicom")
        if url.path == "/status":
            code = int(query["code"])
            if code in (204, 304):
                return self.say_bytes(code, b"", "text/plain")
            return self.say(code, {"detail": f"Status {code}, as you wish: ä."})
        echo = {"method": self.command, "path": url.path, "query": url.query, "body": body.decode("latin-1")}
        return self.say(200, {**echo, "headers": {name.lower(): value for name, value in self.headers.items()}})

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the names are the library's

    def say(self, status: int, content: dict[str, Any]) -> None:
        self.say_bytes(status, json.dumps(content, ensure_ascii=False).encode(), "application/json")

    def say_bytes(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        if body:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"7"')
        self.send_header("Allow", "GET")
        self.send_header("Set-Cookie", "never=passed-on")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Requests are noted in seen.jsonl."""


def log(level: str, message: str, **facts: Any) -> None:
    print(json.dumps({"level": level, "message": message, **facts}), file=sys.stderr, flush=True)


def main() -> None:
    settings = json.loads(sys.stdin.readline())
    Handler.token = settings["token"]
    Handler.seen = Seen(Path(settings["data_directory"]))
    # As the real service, it has a child that does the work and that holds its output streams open.
    worker = subprocess.Popen(["sleep", "600"])
    environment = sorted(name for name, value in os.environ.items() if settings["token"] in value)
    Handler.seen.note(
        "started", argv=sys.orig_argv, settings=settings, worker=worker.pid, token_in_environment=environment
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log("INFO", "listening", port=server.server_port)
    log("WARNING", "a warning of the service", study="1.2.3")
    print("Traceback: this line is no JSON", file=sys.stderr, flush=True)
    print(json.dumps({"port": server.server_port}), flush=True)
    while sys.stdin.readline():
        pass
    Handler.seen.note("parent gone")
    worker.kill()
    worker.wait()
    server.shutdown()


if __name__ == "__main__":
    main()
