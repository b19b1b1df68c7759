"""Whose fault a fault of the archive is after all: if others get through where one study never does, it is about that study."""

from __future__ import annotations

import time
from collections.abc import Callable

from tilscope.service.faults.fault import Fault


class Blame:
    """Remembers when studies met a fault, and when others were begun that did not. For one thread."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._met_at: dict[str, float] = {}
        self._read_by_one_begun_at = self._stored_by_one_begun_at = 0.0

    @property
    def suspects(self) -> tuple[str, ...]:
        """Studies whose last run met such a fault: it may yet be theirs."""
        return tuple(self._met_at)

    def is_of_the_study(self, study_uid: str, fault: Fault) -> bool:
        """Note the fault. True where it is the study's own, or another got through since the study last met one."""
        if not fault.outage:
            return True
        before, self._met_at[study_uid] = self._met_at.get(study_uid), self._monotonic()
        through = self._stored_by_one_begun_at if fault.storing else self._read_by_one_begun_at
        return before is not None and through > before

    def got_through(self, begun_at: float, stored: bool) -> None:
        """A study ended without such a fault; `begun_at` is of the monotonic clock, `stored`: results were stored, too."""
        self._read_by_one_begun_at = max(self._read_by_one_begun_at, begun_at)
        if stored:
            self._stored_by_one_begun_at = max(self._stored_by_one_begun_at, begun_at)

    def forget(self, study_uid: str) -> None:
        """It has ended, one way or the other."""
        self._met_at.pop(study_uid, None)
