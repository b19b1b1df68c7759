"""What the service forgets by itself: studies older than the setting says, and those that the archive has long deleted."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from tilscope.service.back_off import ExponentialBackOff
from tilscope.service.ledger import Ledger
from tilscope.service.ledger.audit_log import AuditEntry, AuditLog
from tilscope.service.ledger.erasing import erase_deleted
from tilscope.service.ledger.purging import BeingScored
from tilscope.service.ledger.work_rows import SERVICE
from tilscope.service.repeated_work import RepeatedWork
from tilscope.service.retention.earlier_studies import EarlierStudies
from tilscope.service.retention.purge import sentence_of
from tilscope.service.retention.study_files import remove_files
from tilscope.service.settings import ServiceSettings

log = logging.getLogger(__name__)
_DAY_S = 86400.0
#: So many at once, and then a rest: whoever shortens the time to keep must not notice it in the scoring of studies.
PORTION = 50
_REST_S = 30.0
_EVERY_S = 3600.0
_BACK_OFF = ExponentialBackOff(first_s=60.0, longest_s=3600.0)


class Retention:
    """A thread of its own. It changes the ledger only: how long the archive keeps images and results is the archive's."""

    def __init__(self, ledger: Ledger, settings: ServiceSettings, now: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._settings = settings
        self._now = now
        self._earlier = EarlierStudies(ledger, settings.orthanc)
        self._erased_at = -_DAY_S
        self._repeated = RepeatedWork("retention", self._go_on, _BACK_OFF, _REST_S)

    def start(self) -> None:
        self._repeated.start()

    def stop(self) -> None:
        self._repeated.stop()

    def _go_on(self) -> float:
        more = self.forget_some()
        more = self._earlier.link_some() or more
        return _REST_S if more else _EVERY_S

    def forget_some(self) -> bool:
        """Purge what is due, at most a portion for each reason; whether there may be more."""
        too_old, deleted = self._too_old(), self._deleted()
        self._purge(too_old, f"older than {self._settings.retention_days:g} days")
        self._purge_findings()
        self._purge([uid for uid in deleted if uid not in too_old], "deleted in the archive")
        more = PORTION in (len(too_old), len(deleted))
        if (too_old or deleted) and not more and time.monotonic() - self._erased_at >= _DAY_S:
            # What was deleted is overwritten already. The file is rewritten once a day: who writes waits for it.
            erase_deleted(self._ledger.engine)
            self._erased_at = time.monotonic()
        return more

    def _too_old(self) -> list[str]:
        days = self._settings.retention_days
        return self._ledger.purging.unchanged_since(self._now() - days * _DAY_S, PORTION) if days else []

    def _purge_findings(self) -> None:
        """Those of an expected patient who never came grow old too."""
        days = self._settings.retention_days
        gone = self._ledger.purging.purge_findings_without_study(self._now() - days * _DAY_S) if days else 0
        if gone:
            line = f"annotations without a study were purged ({gone}): older than {days:g} days"
            AuditLog(self._ledger.engine).record(AuditEntry(self._now(), SERVICE, line, "", 200))
            log.info(line)

    def _deleted(self) -> list[str]:
        moment = self._now() - self._settings.forget_deleted_after_days * _DAY_S
        return self._ledger.purging.deleted_before(moment, PORTION)

    def _purge(self, study_uids: list[str], why: str) -> None:
        waiting = set(self._ledger.purging.being_scored(study_uids))
        due = [uid for uid in study_uids if uid not in waiting]
        if not due:
            return
        audit_log = AuditLog(self._ledger.engine)
        line = f"{sentence_of(len(due))}: {why}"
        number = audit_log.begin(AuditEntry(self._now(), SERVICE, line, "", None))
        try:
            self._ledger.purging.purge(due)
            remove_files(self._settings.folder, due)
        except BeingScored:  # claimed in this moment; they come again
            audit_log.complete(number, 409)
            return
        audit_log.complete(number, 200)
        log.info(line)
