"""Whoever started the service, at the other end of its stdin: the plugin, whose end is the service's."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Parent:
    """Watched from the moment in which the settings have been read: libraries take seconds to import, and Orthanc may end meanwhile."""

    def __init__(self) -> None:
        # Until the service works there is nothing to put away.
        self._end: Callable[[], None] = _end_at_once
        self._lock = threading.Lock()
        threading.Thread(target=self._watch, name="parent", daemon=True).start()

    def from_now_on(self, end: Callable[[], None]) -> None:
        """What is done when the parent is gone, from now on."""
        with self._lock:
            self._end = end

    def _watch(self) -> None:
        while sys.stdin.readline():
            pass
        with self._lock:
            log.info("the parent is gone")
            self._end()


def _end_at_once() -> None:
    os._exit(0)
