"""How much of a request is read, whoever sends it: what is longer is refused before it is in memory."""

from __future__ import annotations

from fastapi import FastAPI, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tilscope.service.api.errors import refusal

#: The longest command is one patient's findings. No route needs more; one that does is named here with its own limit.
LONGEST_BODY = 64 * 1024
LONGEST_QUERY = 4096
MOST_HEADERS = 64


def limit_sizes(app: FastAPI) -> None:
    app.add_middleware(_Limited)


class _Limited:
    """Below Starlette's own kind of middleware: a body is counted while it comes in, chunk by chunk."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif answer := _why_not(scope):
            await answer(scope, receive, send)
        else:
            body = _CountedBody(receive)
            if await body.is_too_long():
                await _too_long()(scope, receive, send)
            else:
                await self._app(scope, body.receive, send)


class _CountedBody:
    """A body that was read as far as it may be, and is given to the application from memory."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read: list[Message] = []

    async def is_too_long(self) -> bool:
        length, more = 0, True
        while more:
            message = await self._receive()
            self._read.append(message)
            length += len(message.get("body", b""))
            more = bool(message.get("more_body", False))
            if length > LONGEST_BODY:
                return True
        return False

    async def receive(self) -> Message:
        return self._read.pop(0) if self._read else await self._receive()


def _why_not(scope: Scope) -> Response | None:
    """What is too large by what its head says."""
    headers = scope["headers"]
    if len(headers) > MOST_HEADERS:
        return refusal(400, "too-many-headers", f"There are too many headers: at most {MOST_HEADERS} are read.")
    if len(scope["query_string"]) > LONGEST_QUERY:
        return refusal(400, "query-too-long", f"The query is too long: at most {LONGEST_QUERY} characters are read.")
    lengths = [value for name, value in headers if name == b"content-length"]
    if any(not length.isdigit() or int(length[:20]) > LONGEST_BODY for length in lengths):
        return _too_long()
    return None


def _too_long() -> Response:
    sentence = f"What is sent is too long: at most {LONGEST_BODY} bytes are read."
    return refusal(413, "too-long", sentence)
