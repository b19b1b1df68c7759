"""While the archive, or the disk, is not well, no study is begun: a circuit breaker.

Closed: studies are begun. Open: none is, and after a pause that doubles a probe asks whether it is well again. On trial: the
probe says so, and one study at a time is begun until one has got through. Pauses are of the monotonic clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from tilscope.service.back_off import ExponentialBackOff
from tilscope.service.faults.fault import Fault


class _Now(Enum):
    CLOSED = auto()
    OPEN = auto()
    PROBED = auto()
    ON_TRIAL = auto()


@dataclass(frozen=True)
class Outage:
    """Why no study is begun."""

    fault: Fault
    since: float
    """Seconds since 1970, UTC."""


class Breaker:
    """Threads may share one."""

    def __init__(
        self,
        back_off: ExponentialBackOff,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._back_off, self._monotonic, self._wall = back_off, monotonic, now
        self._lock = threading.Lock()
        self._state = _Now.CLOSED
        self._failures = 0
        self._probe_at = 0.0
        self._outage: Outage | None = None

    @property
    def outage(self) -> Outage | None:
        """None while all is well."""
        with self._lock:
            return self._outage

    def lets_begin(self, running: int) -> bool:
        """Whether another study may be begun beside so many."""
        with self._lock:
            return self._state is _Now.CLOSED or (self._state is _Now.ON_TRIAL and running == 0)

    def met(self, fault: Fault) -> None:
        """A run has met a fault that is not its study's."""
        with self._lock:
            since = self._outage.since if self._outage else self._wall()
            self._outage = Outage(fault, since)
            # Those that were under way when it opened meet the same fault, which is known already.
            if self._state in (_Now.CLOSED, _Now.ON_TRIAL):
                self._pause()

    def passed(self, stored: bool) -> None:
        """A run has ended without such a fault; `stored`: it has stored results, too."""
        with self._lock:
            if self._outage is not None and (stored or not self._outage.fault.storing):
                self._state, self._failures, self._outage = _Now.CLOSED, 0, None

    def take_probe(self) -> Fault | None:
        """What is to be asked about now, by whoever gets it and `probed` afterwards; None where nothing is."""
        with self._lock:
            if self._outage is None or self._state is not _Now.OPEN or self._monotonic() < self._probe_at:
                return None
            self._state = _Now.PROBED
            return self._outage.fault

    def probed(self, well: bool) -> None:
        with self._lock:
            if self._state is not _Now.PROBED:
                return
            if well:
                self._state = _Now.ON_TRIAL
            else:
                self._pause()

    def _pause(self) -> None:
        self._failures += 1
        self._state = _Now.OPEN
        self._probe_at = self._monotonic() + self._back_off.after(self._failures)
