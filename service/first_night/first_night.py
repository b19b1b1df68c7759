"""Sees to it that the past studies are asked for, and makes the references when all have ended. A thread of its own.

What is still to be done stands in the ledger: a service that is started again goes on where the last one was.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.service.back_off import ExponentialBackOff
from tilscope.service.first_night.proposed_references import propose
from tilscope.service.ledger import Ledger
from tilscope.service.ledger.past_calibrations import PastCalibration
from tilscope.service.ledger.states import State
from tilscope.service.repeated_work import RepeatedWork
from tilscope.service.settings import ServiceSettings

log = logging.getLogger(__name__)
_EVERY_S = 5.0
_BACK_OFF = ExponentialBackOff(first_s=5.0, longest_s=300.0)


class FirstNight:
    """Started and stopped with the service."""

    def __init__(self, ledger: Ledger, settings: ServiceSettings, on_asked: Callable[[], None]) -> None:
        """`on_asked` is called when studies have been asked for."""
        self._ledger = ledger
        self._settings = settings
        self._on_asked = on_asked
        self._repeated = RepeatedWork("first night", self.go_on, _BACK_OFF)

    def start(self) -> None:
        self._repeated.start()

    def wake(self) -> None:
        self._repeated.wake()

    def stop(self) -> None:
        self._repeated.stop()

    def go_on(self) -> float:
        """Ask for the next studies; or make the references, once all have ended. After so many seconds again."""
        if self._ledger.past.ask_on():
            self._on_asked()
        current = self._ledger.past.latest()
        if current is not None and current.under_way and not current.to_go:
            self._make(current)
        return _EVERY_S

    def _make(self, current: PastCalibration) -> None:
        days = {one.study_uid: one.day for one in current.studies if one.state in (State.SCORED, State.NEEDS_READER)}
        with OrthancArchive(self._settings.orthanc) as archive:
            proposed = propose(archive, days, self._settings.installed_pipeline, current.cohort)
        self._ledger.past.keep_made(current.id, proposed.made, proposed.outlying)
        log.info("references of past studies were made", extra={"signatures": ", ".join(proposed.made["references"])})
