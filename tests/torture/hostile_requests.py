"""Requests that nobody means well with: no fault of the server, nothing without a password, nothing that stays."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from integration.hospital import Hospital
from orthanc_server import eventually
from torture.figures import Figures
from torture.memory import MemoryWatch
from torture.plan import Plan

#: A service that is not well says so with 503; an archive that hands a request on says 502 or 504.
_TOLD = {503}
_NASTY = (
    "", "0", "-1", "1e309", "NaN", "null", "../../../etc/passwd", "..%2f..%2f", "%00", "\x00", "\u202e", "é" * 3000,
    "' OR 1=1 --", "<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://x}", "1.2.3" * 40, "A" * 60000, "\r\nX: y",
)  # fmt: skip
_METHODS = ("GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
_BODIES: tuple[Callable[[random.Random], bytes], ...] = (
    lambda dice: b"",
    lambda dice: dice.randbytes(dice.randrange(2000)),
    lambda dice: b"[" * 20000,
    lambda dice: b'{"seed_mm": [1e308, -1e308, 1e308]}',
    lambda dice: b'{"seed_mm": [NaN, Infinity, 0]}',
    lambda dice: b'{"box_mm": [5, 5, 5, -5, -5, -5]}',
    lambda dice: b'{"gzma": 1e308, "prf1": -0.0}',
    lambda dice: b'{"gzma": "4", "triple_negative": 1}',
    lambda dice: json.dumps({dice.choice(_NASTY): dice.choice(_NASTY)}).encode(),
    lambda dice: json.dumps({"patients": [{"patient_id": dice.choice(_NASTY), "gzma": 1.0}] * 50}).encode(),
    lambda dice: b"x" * dice.choice((70_000, 300_000)),
)


def hostile_requests(plan: Plan, folder: Path) -> Figures:
    figures, dice = Figures("hostile requests"), random.Random(plan.seed)
    with Hospital(folder / "hospital") as hospital:
        eventually(hospital.service_answers, "the service answers")
        routes = _routes(hospital)
        stranger = httpx.Client(base_url=hospital.url, trust_env=False, timeout=60)
        before = hospital.service_process().pid
        with stranger, MemoryWatch(hospital.service_process(), figures):
            for _ in range(plan.hostile_requests):
                known = dice.random() < 0.9
                _ask(hospital.http if known else stranger, _request(routes, dice), known, figures)
        figures.done["routes"] = len(routes)
        if hospital.service_process().pid != before:
            figures.wrong.append("the service ended and was started again")
        eventually(hospital.service_answers, "the service is well afterwards")
    return figures


def _routes(hospital: Hospital) -> list[str]:
    """What the service publishes, and the pages, which it does not."""
    published = hospital.http.get("/tilscope/openapi.json").json()["paths"]
    pages = ("/", "/signatures", "/status", "/account", "/guide", "/poke", "/studies/{study_uid}/page",
             "/studies/{study_uid}/series", "/studies/{study_uid}/picture/{side}", "/viewer/{file}")  # fmt: skip
    return [*published, *pages]


def _request(routes: list[str], dice: random.Random) -> dict[str, Any]:
    parts = [
        quote(dice.choice(("1.2.3", "x", *_NASTY))[:2000], safe="%./") if part.startswith("{") else part
        for part in dice.choice(routes).split("/")
    ]
    query = {dice.choice(("q", "limit", "offset", "state", "since", "x")): dice.choice(_NASTY)[:4000]}
    headers = {"Content-Type": dice.choice(("application/json", "text/plain", "multipart/form-data", "x"))}
    if dice.random() < 0.2:
        headers |= dice.choice(
            ({"Origin": "https://elsewhere.example"}, {"X-Tilscope-User": "root"}, {"Accept": "x/y"})
        )
    return {
        "method": dice.choice(_METHODS),
        "url": "/tilscope" + "/".join(parts),
        "params": query if dice.random() < 0.3 else None,
        "headers": headers,
        "content": dice.choice(_BODIES)(dice),
    }


def _ask(client: httpx.Client, request: dict[str, Any], known: bool, figures: Figures) -> None:
    told = f"{request['method']} {request['url'][:80]!r} with {len(request['content'])} bytes"
    try:
        status = client.request(**request).status_code
    except httpx.InvalidURL:
        return
    except httpx.TransportError as fault:
        # Orthanc ends the connection where a request is none; it must be there for the next.
        figures.count(f"connections ended ({type(fault).__name__})")
        return
    figures.count("requests")
    figures.count(f"answered {status // 100}xx")
    if status >= 500 and status not in _TOLD:
        figures.wrong.append(f"{told} is answered {status}")
    if not known and status < 400 and request["method"] != "OPTIONS":
        figures.wrong.append(f"{told} without a password is answered {status}")
