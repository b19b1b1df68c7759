"""What health needs to be measured: at most every few seconds, however often it is asked for."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from tilscope.service.ledger.queries import Reader
from tilscope.service.settings import ServiceSettings
from tilscope.service.site.unreadable_files import UnreadableFile, unreadable_files

_MEASURED_EVERY_S = 5.0
#: A disk that was low is so until there is this much more than the limit: what comes and goes at the limit is no news.
_ENOUGH_AGAIN = 1.1


@dataclass(frozen=True)
class Readings:
    """Measured at one moment."""

    ledger_problem: str = ""
    """Why the ledger could not be read; ''."""
    disk_free: int = 0
    """Bytes, where the data directory is."""
    disk_low: bool = False
    oldest_waiting_s: float = 0.0
    failing_studies: int = 0
    unreadable: tuple[UnreadableFile, ...] = ()


def is_low(free: int, limit: int, was_low: bool) -> bool:
    return free < limit * (_ENOUGH_AGAIN if was_low else 1.0)


class Meter:
    """Threads may share one."""

    def __init__(self, settings: ServiceSettings, reader: Reader, steady: Callable[[], float]) -> None:
        self._settings, self._reader, self._steady = settings, reader, steady
        self._lock = threading.Lock()
        self._measured_at = -_MEASURED_EVERY_S
        self._readings = Readings()

    def readings(self) -> Readings:
        with self._lock:
            if time.monotonic() - self._measured_at >= _MEASURED_EVERY_S:
                self._readings = self._measure()
                self._measured_at = time.monotonic()
            return self._readings

    def _measure(self) -> Readings:
        free = shutil.disk_usage(self._settings.folder).free
        low = is_low(free, self._settings.least_free_disk_bytes, self._readings.disk_low)
        unreadable = unreadable_files(self._settings.installed_pipeline)
        try:
            waiting, failing = self._reader.oldest_waiting_s(self._steady()), self._reader.failing_in_a_row()
        except SQLAlchemyError as fault:
            return Readings(type(fault).__name__, free, low, unreadable=unreadable)
        return Readings("", free, low, waiting, failing, unreadable)
