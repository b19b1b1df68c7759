"""Work that is done again and again, in a thread of its own, and that can wait where something is in its way."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from tilscope.service.back_off import ExponentialBackOff

log = logging.getLogger(__name__)


class RepeatedWork:
    """Begins after `first_wait_s`. What `work` returns is how many seconds it may rest then."""

    def __init__(
        self, name: str, work: Callable[[], float], back_off: ExponentialBackOff, first_wait_s: float = 0.0
    ) -> None:
        self._work = work
        self._back_off = back_off
        self._wait_s = first_wait_s
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There is something to do now."""
        self._woken.set()

    def stop(self) -> None:
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._woken.wait(self._wait_s)
            self._woken.clear()
            if self._stopping.is_set():
                return
            try:
                self._wait_s, failures = self._work(), 0
            except Exception as fault:  # a full disk, a locked ledger, an Orthanc that is away: it can wait
                failures += 1
                self._wait_s = self._back_off.after(failures)
                log.error("%s met a fault", self._thread.name, exc_info=fault)
