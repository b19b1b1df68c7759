"""Every request of a person that changes something is recorded in the audit log, whatever its route and its outcome."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from tilscope.service.api.context import READS, name_of
from tilscope.service.ledger import Ledger
from tilscope.service.ledger.audit_log import AuditEntry, AuditLog

#: What the plugin does by itself.
_NOBODYS = {"/poke"}


def keep_audit_log(app: FastAPI, ledger: Ledger) -> None:
    """Written before the route runs: if it cannot be written, nothing is done."""
    audit_log = AuditLog(ledger.engine)

    @app.middleware("http")
    async def record(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        path = request.url.path
        if request.method in READS or path in _NOBODYS:
            return await call_next(request)
        study = re.match(r"/studies/([0-9.]{1,64})(?:/|$)", path)
        who = name_of(request.headers.get("x-tilscope-user", ""))
        action = AuditEntry(time.time(), who, f"{request.method} {path}"[:256], study[1] if study else "", None)
        number = await run_in_threadpool(audit_log.begin, action)
        try:
            answer = await call_next(request)
        except Exception:  # it becomes a response further out, after this
            await run_in_threadpool(audit_log.complete, number, 500)
            raise
        await run_in_threadpool(audit_log.complete, number, answer.status_code)
        return answer
