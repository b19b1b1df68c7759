"""What is installed at the command line is in the same audit log as what people ask for on the page."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tilscope.models.refusals import NoResult
from tilscope.models.settings import PipelineSettings
from tilscope.service.ledger.audit_log import AuditEntry, AuditLog
from tilscope.service.ledger.database import open_if_current
from tilscope.service.settings import LEDGER_FILE

#: As the same would end on the page.
_TAKEN, _REFUSED, _FAULT = 200, 422, 500


@contextmanager
def audited(settings: PipelineSettings, action: str) -> Iterator[None]:
    """Record `action` before the block runs, like every request, and its status afterwards.

    Does nothing where no service of this version has worked: bringing a ledger up to date is the service's task.
    """
    ledger = Path(settings.models_folder).parent / LEDGER_FILE
    engine = open_if_current(f"sqlite:///{ledger.absolute()}") if ledger.is_file() else None
    if engine is None:
        yield
        return
    try:
        audit_log = AuditLog(engine)
        number = audit_log.begin(AuditEntry(time.time(), f"{getpass.getuser()} at the command line", action, "", None))
        try:
            yield
        except BaseException as why:
            audit_log.complete(number, _REFUSED if isinstance(why, NoResult) else _FAULT)
            raise
        audit_log.complete(number, _TAKEN)
    finally:
        engine.dispose()
