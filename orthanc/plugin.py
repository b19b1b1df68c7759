# SPDX-License-Identifier: AGPL-3.0-or-later
# TILscope's plugin for Orthanc. This file, and the four that it needs beside it, are under the GNU Affero General Public License,
# version 3 or later, as Orthanc's Python plugin asks of what it loads; the rest of TILscope is a separate program.
"""The door between Orthanc and the TILscope service: starts it, pokes it, proxies to it, shows a button. No computing.

Standard library only: the same file runs in Orthanc 1.10.1 (Python plugin 4.0), 1.12.7 (5.0) and 1.13.0 (7.1).
The contract with the service, and every configuration key, are in README.md of this folder.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import signal
import ssl
import subprocess
import threading
import time
import urllib.parse
from dataclasses import dataclass
from typing import IO, Any

from tilscope_configuration import ConfigurationRefused, read_configuration, service_settings
from tilscope_people import Door, People, why_too_large
from tilscope_viewer import NoViewer, Viewer

import orthanc

# ---------------------------------------------------------------------------------------------------- talking HTTP


@dataclass(frozen=True)
class Service:
    """Where a service answers, and the token that opens it."""

    url: str
    token: str

    def __repr__(self) -> str:
        return f"Service({self.url!r})"  # the token stays out of logs and tracebacks


@dataclass(frozen=True)
class ServiceAnswer:
    """What the service answered; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


# What `ask` raises when there is no answer; ValueError is a port beyond 65535.
NO_ANSWER = (OSError, http.client.HTTPException, ValueError)


def ask(
    service: Service, method: str, path: str, body: bytes, headers: dict[str, str], timeout_s: float
) -> ServiceAnswer:
    """One request, one connection. Raises one of NO_ANSWER."""
    url = urllib.parse.urlsplit(service.url)
    host = url.hostname or ""
    connection: http.client.HTTPConnection
    if url.scheme == "https":
        connection = http.client.HTTPSConnection(
            host, url.port, timeout=timeout_s, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, url.port, timeout=timeout_s)
    with contextlib.closing(connection):
        sent = {**headers, "Authorization": f"Bearer {service.token}"}
        connection.request(method, url.path.rstrip("/") + path, body=body or None, headers=sent)
        response = connection.getresponse()
        received = {name.lower(): value for name, value in response.getheaders()}
        return ServiceAnswer(response.status, received, response.read())


# ---------------------------------------------------------------------------------------------------- supervision

FIRST_DELAY_S, LONGEST_DELAY_S, HEALTHY_AFTER_S = 1.0, 60.0, 300.0
READY_WITHIN_S, STOP_WITHIN_S, TERMINATE_WITHIN_S = 120.0, 10.0, 3.0


class BackOff:
    """How long to wait before the service is started again: doubling, and forgotten once it has lived long enough."""

    def __init__(self) -> None:
        self.delay_s = FIRST_DELAY_S

    def after(self, lived_s: float) -> float:
        if lived_s >= HEALTHY_AFTER_S:
            self.delay_s = FIRST_DELAY_S
        delay_s = self.delay_s
        self.delay_s = min(2 * delay_s, LONGEST_DELAY_S)
        return delay_s


def pass_on_log(line: str) -> None:
    """One line of the service's log into Orthanc's: JSON by its level; what is no JSON (a traceback) as a warning."""
    line = line.rstrip()[:4000]
    if not line:
        return
    try:
        entry = json.loads(line)
        level = str(entry.pop("level", "INFO")).upper()
        facts = " ".join(
            f"{name}={value}" for name, value in entry.items() if name not in ("message", "time", "timestamp")
        )
        line = f"{entry.get('message', '')} {facts}".strip()
    except (ValueError, AttributeError, TypeError):
        level = "WARNING"
    error = level in ("ERROR", "CRITICAL")
    log = orthanc.LogError if error else orthanc.LogWarning if level == "WARNING" else orthanc.LogInfo
    log(f"TILscope service: {line}")


class OwnService:
    """The service as a child of Orthanc: started, watched, started again, stopped. One thread; no callback waits for it."""

    def __init__(self, python: str, settings: dict[str, Any]) -> None:
        self._python = python
        self._settings = settings
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._supervise, name="tilscope-service", daemon=True)
        self.address: Service | None = None
        self.condition = "is starting"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask by closing the pipe, then insist. Orthanc's HTTP server still answers meanwhile, so work can be put away."""
        self._stopping.set()
        if self._thread.ident is None:
            return  # Orthanc could not start either
        with self._lock:
            process = self._process
        if process is not None:
            with contextlib.suppress(OSError):
                assert process.stdin is not None
                process.stdin.close()
            self._thread.join(STOP_WITHIN_S)
            if self._thread.is_alive():
                orthanc.LogWarning(f"TILscope: the service did not end within {STOP_WITHIN_S:g} s and is terminated")
                process.terminate()
                self._thread.join(TERMINATE_WITHIN_S)
            if self._thread.is_alive():
                orthanc.LogWarning("TILscope: the service did not heed that either and is killed")
                process.kill()
        self._thread.join(TERMINATE_WITHIN_S)

    def _supervise(self) -> None:
        back_off = BackOff()
        while not self._stopping.is_set():
            begun = time.monotonic()
            try:
                how = self._live()
            except Exception as problem:  # whatever it was, the archive goes on and the service is tried again
                how = f"could not be started ({problem})"
            self.address = None
            if self._stopping.is_set():
                break
            delay_s = back_off.after(time.monotonic() - begun)
            self.condition = f"{how} and is started again within {delay_s:.0f} s; Orthanc's log says more"
            orthanc.LogError(f"TILscope: the service {how}; it is started again in {delay_s:.0f} s")
            self._stopping.wait(delay_s)
        self.condition = "has stopped, because Orthanc is stopping"

    def _live(self) -> str:
        """One life of the service, from start to end; how it ended, in words."""
        os.makedirs(self._settings["data_directory"], mode=0o700, exist_ok=True)
        token = secrets.token_urlsafe(32)
        with self._lock:
            if self._stopping.is_set():
                return "was not started"
            # A process group of its own, so that whatever it leaves behind can be ended with it. -P: no module is looked
            # for in the working directory, where installed models lie in a folder that is called as a package of ours.
            process = self._process = subprocess.Popen(
                [self._python, "-P", "-m", "tilscope.service.run"], cwd=self._settings["data_directory"], process_group=0,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", errors="replace",
            )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        ready = threading.Event()
        threading.Thread(target=self._listen, args=(process.stdout, token, ready), daemon=True).start()
        threading.Thread(target=self._read_log, args=(process.stderr,), daemon=True).start()
        with contextlib.suppress(OSError):  # a child that died at once is noticed below
            process.stdin.write(json.dumps({**self._settings, "token": token}) + "\n")
            process.stdin.flush()
        deadline = time.monotonic() + READY_WITHIN_S
        while not ready.wait(0.1) and process.poll() is None:
            if time.monotonic() > deadline:
                orthanc.LogError(f"TILscope: the service was not ready within {READY_WITHIN_S:g} s and is killed")
                process.kill()
        if process.returncode is None:
            # Not reaped before its group is ended: until then nobody else can get its number.
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
        with contextlib.suppress(OSError):
            process.stdin.close()
        return f"was ended by signal {-status}" if status < 0 else f"ended with exit status {status}"

    def _listen(self, stream: IO[str], token: str, ready: threading.Event) -> None:
        """The first line on standard output says where the service answers; what else comes is kept from filling the pipe."""
        with stream:
            for line in stream:
                if ready.is_set():
                    continue
                try:
                    port = int(json.loads(line)["port"])
                except (ValueError, KeyError, TypeError):
                    orthanc.LogWarning("TILscope: the service wrote something else than its port to standard output")
                    continue
                self.address = Service(f"http://127.0.0.1:{port}", token)
                orthanc.LogWarning(f"TILscope: the service is ready on port {port}")
                ready.set()

    @staticmethod
    def _read_log(stream: IO[str]) -> None:
        with stream:
            for line in stream:
                pass_on_log(line)


class RemoteService:
    """A service that somebody else runs."""

    condition = "does not answer"

    def __init__(self, service: Service) -> None:
        self.address = service

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> None:
        """Nothing to stop."""


# ---------------------------------------------------------------------------------------------------- pokes

#: A poke waits until nothing has changed for the first, and never longer than the second.
LULL_S, LONGEST_LULL_S, POKE_TIMEOUT_S = 0.3, 3.0, 5.0


class Poker:
    """Tells the service that something changed: when nothing more comes, and now and then while instances come.

    Each poke makes the service read the changes, and Orthanc answer. One that is lost costs time only: the service follows Orthanc's
    list of changes by itself.
    """

    def __init__(self, service: OwnService | RemoteService) -> None:
        self._service = service
        self._changed = threading.Event()
        self._deleted = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tilscope-poker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def poke(self, deleted: bool = False) -> None:
        """For each of ten thousand instances: most find it said already.

        `deleted`: something was, which Orthanc's list of changes leaves out.
        """
        if deleted:
            self._deleted.set()
        if not self._changed.is_set():
            self._changed.set()

    def stop(self) -> None:
        self._stopping.set()
        self._changed.set()
        if self._thread.ident is not None:
            self._thread.join(TERMINATE_WITHIN_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._changed.wait()
            self._await_lull()
            address = self._service.address
            if address is not None:
                path = "/poke?deleted=true" if self._deleted.is_set() else "/poke"
                self._deleted.clear()
                with contextlib.suppress(*NO_ANSWER):
                    ask(address, "POST", path, b"", {}, POKE_TIMEOUT_S)

    def _await_lull(self) -> None:
        deadline = time.monotonic() + LONGEST_LULL_S
        while self._changed.is_set() and time.monotonic() < deadline:
            self._changed.clear()
            self._stopping.wait(LULL_S)


# ---------------------------------------------------------------------------------------------------- proxy

PROXY_TIMEOUT_S = 60.0
PASSED_TO_SERVICE = ("accept", "accept-language", "content-type", "if-none-match", "if-modified-since", "origin",
                     "sec-fetch-site")  # fmt: skip
PASSED_TO_CLIENT = ("cache-control", "content-disposition", "content-security-policy", "etag", "last-modified",
                    "location", "referrer-policy", "retry-after", "vary", "x-frame-options")  # fmt: skip
# Orthanc closes the connection without a word on any other status.
SAYABLE = {200, 201, 202, 203, 204, 206, 302, 303, 304, 307, 400, 401, 403, 404, 406, 409, 410, 412, 413, 415, 416, 422,
           500, 501, 502, 503, 504}  # fmt: skip


def request_headers(headers: dict[str, str], people: People) -> dict[str, str]:
    """The few headers that the service may see. Who the client says it is, or what token it sends, is not among them."""
    passed = {name: headers[name] for name in PASSED_TO_SERVICE if name in headers}
    person = people.person(headers)
    if person.name:
        passed["X-Tilscope-User"] = urllib.parse.quote(person.name)
    passed["X-Tilscope-Roles"] = ",".join(people.roles(person))
    passed["X-Tilscope-Host"] = urllib.parse.quote(people.host(headers), safe=":[].-")
    return passed


def target(path: str, query: dict[str, str], query_is_decoded: bool) -> str:
    """The service's path and query. Orthanc has decoded the path and dropped its last slash; 1.13 decodes the query too."""
    escaped = urllib.parse.quote(path or "/")
    if query_is_decoded:
        pairs = [f"{urllib.parse.quote(k, safe='')}={urllib.parse.quote(v, safe='')}" for k, v in query.items()]
    else:
        # Escaped by the client; what is illegal in a URL nevertheless is escaped here, a second time is prevented by "%".
        pairs = [
            f"{urllib.parse.quote(k, safe='%+')}={urllib.parse.quote(v, safe='%+/:,;@!$*()~')}"
            for k, v in query.items()
        ]
    return f"{escaped}?{'&'.join(pairs)}" if pairs else escaped


def reply(output: orthanc.RestOutput, answer: ServiceAnswer) -> None:
    """Say it through Orthanc, whose Python plugins differ."""
    for name in PASSED_TO_CLIENT:
        if name in answer.headers:
            output.SetHttpHeader(name.title(), answer.headers[name])
    kind = answer.headers.get("content-type", "text/plain; charset=utf-8")
    if answer.status == 200:
        output.AnswerBuffer(answer.body, kind)
    elif answer.status == 405:
        output.SendMethodNotAllowed(answer.headers.get("allow", "GET"))
    else:
        status = answer.status if answer.status in SAYABLE else {2: 200, 4: 400}.get(answer.status // 100, 502)
        try:
            # Python plugin 5.0 takes bytes; Orthanc 1.12 then says text/plain by itself, and a second type would contradict it.
            output.SendHttpStatus(status, answer.body)
        except TypeError:
            # Python plugin 4.0 takes a text and the length of its UTF-8.
            text = answer.body.decode("utf-8", "replace").replace("\0", " ")
            if text:
                output.SetHttpHeader("Content-Type", kind)
            output.SendHttpStatus(status, text, len(text.encode()))


def sentence(status: int, words: str) -> ServiceAnswer:
    """An answer of the plugin's own."""
    return ServiceAnswer(
        status, {"content-type": "application/json", "retry-after": "2"}, json.dumps({"detail": words}).encode()
    )


class Proxy:
    """Passes /tilscope/* on to the service. Orthanc has asked for the password before it calls."""

    def __init__(self, service: OwnService | RemoteService, people: People, has_viewer: bool) -> None:
        self._service = service
        self._people = people
        self._has_viewer = has_viewer
        self._query_is_decoded = bool(orthanc.CheckVersionAdvanced(1, 13, 0))

    def __call__(self, output: orthanc.RestOutput, uri: str, **request: Any) -> None:
        reply(output, self._answer(uri, request))

    def _answer(self, uri: str, request: dict[str, Any]) -> ServiceAnswer:
        address = self._service.address
        if address is None:
            return sentence(503, f"The TILscope service {self._service.condition}.")
        path = target(uri.removeprefix("/tilscope"), request.get("get", {}), self._query_is_decoded)
        body = request.get("body", b"")
        status, words = why_too_large(body, path)
        if status:
            return sentence(status, words)
        headers = request_headers(request.get("headers", {}), self._people)
        if self._has_viewer:
            headers["X-Tilscope-Viewer"] = "yes"  # so that the page links to it
        try:
            answer = ask(address, request["method"], path, body, headers, PROXY_TIMEOUT_S)
        except TimeoutError:
            return sentence(504, f"The TILscope service did not answer within {PROXY_TIMEOUT_S:g} s.")
        except NO_ANSWER as problem:
            orthanc.LogWarning(f"TILscope: the service does not answer: {problem!r}")
            return sentence(503, "The TILscope service does not answer; Orthanc's log says why.")
        if answer.status == 401:
            # Passed on, it would make the browser ask for a password that cannot help.
            return sentence(
                502, "The TILscope service does not accept the token of Orthanc's configuration (ServiceToken)."
            )
        return answer


# ---------------------------------------------------------------------------------------------------- on load


# Python plugin 5.0 drops what was registered after it has given up the interpreter lock. If nothing else refers to it,
# Orthanc aborts while it stops or resets.
REGISTERED: list[Any] = []


def viewer_of(values: dict[str, Any], whole: dict[str, Any]) -> Viewer | None:
    """The viewer that the configuration names, if it does."""
    if not values["Viewer"]:
        return None
    try:
        return Viewer(values["Viewer"], whole.get("DicomWeb", {}).get("Root", "/dicom-web/"))
    except NoViewer as problem:
        raise ConfigurationRefused(
            f"TILscope's configuration is refused, so Orthanc does not start. Viewer: {problem}"
        ) from None


def load() -> None:
    """What Orthanc runs when it loads this file. An exception here stops Orthanc, with the sentence in its log."""
    whole = json.loads(orthanc.GetConfiguration())
    values = read_configuration(whole, orthanc.GetConfigurationPath())
    if not values["Enabled"]:
        orthanc.LogWarning('TILscope is switched off ("Enabled": false): no study is scored')
        return
    viewer = viewer_of(values, whole)
    service: OwnService | RemoteService
    settings = service_settings(values, whole)
    if values["ServiceUrl"]:
        service = RemoteService(Service(values["ServiceUrl"], values["ServiceToken"]))
    else:
        service = OwnService(values["Python"], settings)
    poker = Poker(service)
    relevant = {orthanc.ChangeType.NEW_INSTANCE, orthanc.ChangeType.STABLE_STUDY, orthanc.ChangeType.DELETED}

    def on_change(change: Any, level: Any, resource: str) -> None:
        if change in relevant:
            poker.poke(change == orthanc.ChangeType.DELETED)
        elif change == orthanc.ChangeType.ORTHANC_STARTED:
            settings["orthanc_authorization"] = orthanc.GenerateRestApiAuthorizationToken()
            service.start()
            poker.start()
        elif change == orthanc.ChangeType.ORTHANC_STOPPED:
            poker.stop()
            service.stop()

    people = People(values, whole)
    proxy, door = Proxy(service, people, viewer is not None), Door(people)
    REGISTERED.extend((on_change, proxy, door))
    orthanc.RegisterOnChangeCallback(on_change)
    orthanc.RegisterIncomingHttpRequestFilter(door)
    if viewer is not None:
        # Before the proxy: Orthanc asks the first that fits.
        REGISTERED.append(viewer)
        orthanc.RegisterRestCallback("/tilscope/viewer(|/.*)", viewer)
    orthanc.RegisterRestCallback("/tilscope(|/.*)", proxy)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "explorer.js"), encoding="utf-8") as script:
        orthanc.ExtendOrthancExplorer(script.read())


load()
