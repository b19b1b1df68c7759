"""Keeps the lease while the service works. Each beat is a real write, which tells whether the ledger can be written at all."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy.exc import SQLAlchemyError

from tilscope.service.lease.lease import BEAT_EVERY_S, Lease

log = logging.getLogger(__name__)
#: After a beat that could not be written so much time must pass with none: what fails now and then is not well.
_WELL_AGAIN_AFTER_S = 30.0


@dataclass(frozen=True)
class LastWrite:
    """When the ledger was last written for certain, and what has kept it from being written of late."""

    at: float
    """By the steady clock."""
    problem: str = ""
    failed_at: float = 0.0

    @property
    def age_s(self) -> float:
        return time.monotonic() - self.at


class Heartbeat:
    """A thread of its own."""

    def __init__(self, lease: Lease, on_lost: Callable[[], None] = lambda: None) -> None:
        """`on_lost` is called once, when another service has taken the lease."""
        self.lease = lease
        self.on_lost = on_lost
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self.last_write = LastWrite(math.inf)  # there is nothing to miss before the start

    def start(self) -> None:
        """Once the lease is taken."""
        self.last_write = LastWrite(time.monotonic())
        self._thread.start()

    def stop(self) -> None:
        """The lease is free at once; if that cannot be written, it runs out."""
        self._stopping.set()
        self._thread.join(timeout=2)
        try:
            self.lease.give_back()
        except SQLAlchemyError as fault:
            log.warning("the lease could not be given back and runs out", exc_info=fault)

    def _run(self) -> None:
        while not self._stopping.wait(BEAT_EVERY_S):
            try:
                kept = self.lease.beat()
            except Exception as fault:  # a full disk, a database that is away: the next beat may be written
                if not self.last_write.problem:
                    log.error("the ledger cannot be written", exc_info=fault)
                self.last_write = LastWrite(self.last_write.at, type(fault).__name__, time.monotonic())
                continue
            self.last_write = self._written()
            if not kept:
                log.error("another service has taken the ledger: this one ends")
                self.on_lost()
                return

    def _written(self) -> LastWrite:
        last, now = self.last_write, time.monotonic()
        still = bool(last.problem) and now - last.failed_at < _WELL_AGAIN_AFTER_S
        return replace(last, at=now) if still else LastWrite(now)
