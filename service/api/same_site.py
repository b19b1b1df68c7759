"""No other site's page may act with the password that a browser keeps for this one.

A browser sends the password with whatever any page makes it send, and says in `Origin` which page's site did; newer ones also
say in `Sec-Fetch-Site`, which no script can write, whether that is this site. Programs send neither.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from fastapi import FastAPI, Request, Response

from tilscope.service.api.context import READS
from tilscope.service.api.errors import refusal

_USUAL_PORTS = {"http": 80, "https": 443}


def refuse_other_sites(app: FastAPI) -> None:
    @app.middleware("http")
    async def check(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        from_a_page = "origin" in request.headers or "sec-fetch-site" in request.headers
        if request.method in READS or not from_a_page:
            return await call_next(request)
        if not is_same_site(request.headers):
            return refusal(403, "another-site", "A page of another site asks for this, and is not heeded.")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return refusal(403, "another-site", "What a page asks for must be sent as application/json.")
        return await call_next(request)


def is_same_site(headers: Mapping[str, str]) -> bool:
    """Whether the page that sends this is one of ours. The plugin says under which host the browser asked for it."""
    told = headers.get("sec-fetch-site")
    if told is not None:
        return told == "same-origin"
    asked = unquote(headers.get("x-tilscope-host", "")) or headers.get("host", "")
    return _is_host_of(headers.get("origin", ""), asked)


def _is_host_of(origin: str, asked: str) -> bool:
    """A proxy may leave the port out of the host; where it stands there, it must be the page's.

    >>> _is_host_of("https://pacs.example", "pacs.example:443"), _is_host_of("https://pacs.example:8443", "pacs.example")
    (True, True)
    >>> _is_host_of("http://pacs.example:81", "pacs.example:8042"), _is_host_of("null", "pacs.example")
    (False, False)
    """
    page, place = _split(origin), _split(f"//{asked}")
    if page is None or place is None or not page.hostname or page.hostname != place.hostname:
        return False
    return place.port is None or place.port == (page.port or _USUAL_PORTS.get(page.scheme))


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port  # where it is none, this is what raises
    except ValueError:
        return None
    return parts
