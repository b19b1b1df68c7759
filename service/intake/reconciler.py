"""Makes the ledger and the archive one where no change was logged: results that were deleted, studies that are gone.

Orthanc's plugin tells at once that something was deleted; then all studies are compared in a few requests. Each night they
are compared once more, slowly and file by file, for what nobody has told: an archive restored from elsewhere, a service
that was away. What differs is examined by the watcher like a study that has just arrived.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import httpx

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.dicom_io.archives.orthanc_client import OrthancClient
from tilscope.service.back_off import ExponentialBackOff
from tilscope.service.intake.comparison import Compared, compare
from tilscope.service.intake.left_overs import left_overs
from tilscope.service.ledger import Ledger
from tilscope.service.ledger.archived import Sweep, counted
from tilscope.service.ledger.states import WITH_RESULT, State
from tilscope.service.settings import ServiceSettings

log = logging.getLogger(__name__)
#: Compared at once after a deletion, and in the slow sweep, where each brings the list of its images with it.
_AT_ONCE, _AT_ONCE_SLOWLY = 100, 10
_BETWEEN_PAGES_S = 0.1
#: After a look at all studies for deleted ones, so many times as long passes until the next.
_REST = 4.0
#: How often it is looked whether a sweep is due.
_PATIENCE_S = 60.0
_BACK_OFF = ExponentialBackOff(first_s=1.0, longest_s=300.0)


class Reconciler:
    """A thread of its own."""

    def __init__(self, ledger: Ledger, settings: ServiceSettings, on_difference: Callable[[], None]) -> None:
        """`on_difference` is called when there are studies to be examined."""
        self._archived = ledger.archived
        self._settings = settings
        self._on_difference = on_difference
        self._woken = threading.Event()
        self._deleted = threading.Event()
        self._rested_at = 0.0
        self._asked_for = threading.Event()
        self._stopping = threading.Event()
        self._failures = 0
        """In a row."""
        self._thread = threading.Thread(target=self._run, name="reconciler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def something_was_deleted(self) -> None:
        """The archive has said so, but not what."""
        self._deleted.set()
        self._woken.set()

    def sweep_now(self) -> None:
        """Compare all studies file by file, and do not wait for the night."""
        self._asked_for.set()
        self._woken.set()

    def stop(self) -> None:
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def progress(self) -> tuple[Sweep | None, int]:
        """The latest sweep, and how many studies are still to be compared in it."""
        sweep = self._archived.sweep()
        under_way = sweep is not None and sweep.ended_at is None
        return sweep, self._archived.count(sweep.place, with_deleted=True) if sweep is not None and under_way else 0

    # ------------------------------------------------------------------------------------------------------ the thread

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with OrthancClient(self._settings.orthanc) as orthanc:
                    self._follow(orthanc)
            except Exception as fault:
                self._failures += 1
                # That Orthanc is away is the watcher's to say.
                level = logging.INFO if isinstance(fault, httpx.HTTPError) else logging.ERROR
                log.log(level, "the archive could not be compared with the ledger", exc_info=fault)
                self._stopping.wait(_BACK_OFF.after(self._failures))

    def _follow(self, orthanc: OrthancClient) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            if self._deleted.is_set() and time.monotonic() >= self._rested_at:
                self._stopping.wait(self._settings.quiet_seconds)  # deletions come in floods
                self._deleted.clear()
                self._compare_all(orthanc)
            elif not self._sweep_on(orthanc):
                rests_s = max(0.0, self._rested_at - time.monotonic())
                self._woken.wait(min(_PATIENCE_S, rests_s) if self._deleted.is_set() else _PATIENCE_S)
            self._failures = 0

    def _compare_all(self, orthanc: OrthancClient) -> None:
        """What was deleted: quickly, without a look at the images."""
        place, begun = 0, time.monotonic()
        try:
            while (page := self._archived.page(place, _AT_ONCE)) and not self._stopping.is_set():
                for found in compare(orthanc, page, with_files=False):
                    self._make_one(found)
                place = page[-1].work_id
                self._stopping.wait(_BETWEEN_PAGES_S)
        except Exception:
            self._deleted.set()  # to be done again
            raise
        finally:
            # An archive that deletes all day long must not keep us at it: the sweep has its turn too.
            self._rested_at = time.monotonic() + _REST * (time.monotonic() - begun)

    def _sweep_on(self, orthanc: OrthancClient) -> bool:
        """One portion of the sweep, if it is time for one."""
        rate = self._settings.comparison_per_second
        sweep = self._current_sweep()
        if sweep is None:
            return False
        page = self._archived.page(sweep.place, _AT_ONCE_SLOWLY, with_deleted=True)
        if not page:
            self._archived.keep_sweep(replace(sweep, ended_at=time.time()))
            log.info("the archive was compared", extra={"studies": sweep.studies, "differing": sweep.differing})
            return True
        compared = list(compare(orthanc, page, with_files=True))
        differing = sum(self._make_one(found) or self._tidied(found) for found in compared)
        self._archived.keep_sweep(
            replace(
                sweep,
                place=page[-1].work_id,
                studies=sweep.studies + len(page),
                differing=sweep.differing + differing,
            )
        )
        self._stopping.wait(len(page) / rate)
        return True

    def _current_sweep(self) -> Sweep | None:
        """The one that is under way, or that begins now; None where it is not time."""
        sweep, now = self._archived.sweep(), time.time()
        if sweep is not None and sweep.ended_at is None and self._settings.comparison_per_second > 0:
            return sweep
        # One that began in the future did so by a clock that was wrong, and says nothing.
        due = sweep is None or not sweep.begun_at <= now < _next_night(sweep.begun_at, self._settings.comparison_hour)
        if self._settings.comparison_per_second > 0 and (due or self._asked_for.is_set()):
            self._asked_for.clear()
            return Sweep(now)
        return None

    def _make_one(self, found: Compared) -> bool:
        """Whether the archive differs from the ledger, and something follows from that."""
        study = found.study
        if study.state is State.DELETED:
            differs = bool(found.orthanc_id) and self._archived.is_back(study, found.orthanc_id)
        elif not found.orthanc_id:
            differs = self._archived.deleted(study)
        elif not study.is_settled:
            return False
        elif found.missing:
            differs = self._archived.lacks(study, found.missing)
        elif found.files and study.files and found.files != study.files:
            differs = self._archived.differs(study)
        else:
            if found.files and (found.files, found.orthanc_id) != (study.files, study.orthanc_id):
                # Of a study that was scored before the ledger knew its files, these count as those that were scored.
                self._archived.seen(study, found.files, found.orthanc_id)
            return False
        if differs:
            log.info("the archive differs from the ledger", extra={"study_uid": study.study_uid})
            self._on_difference()
        return differs

    def _tidied(self, found: Compared) -> bool:
        """The same, where its objects can be read: one that is damaged must not hold up all those after it."""
        try:
            return self._tidy(found)
        except httpx.TransportError:
            raise
        except Exception as fault:
            facts = {"study_uid": found.study.study_uid}
            log.warning("a study could not be searched for left-overs", extra=facts, exc_info=fault)
            return False

    def _tidy(self, found: Compared) -> bool:
        """Remove half sets; whether there were any."""
        study = found.study
        if not found.unnamed or study.state not in (*WITH_RESULT, State.REFUSED, State.FAILED):
            return False
        named = self._archived.named_series(study.study_uid)
        candidates = [one for one in found.unnamed if one["MainDicomTags"]["SeriesInstanceUID"] not in named]
        if not candidates:
            return False
        with OrthancArchive(self._settings.orthanc) as archive:
            removed = left_overs(archive, study.study_uid, candidates)
            for series in removed:
                archive.client.delete(f"/series/{series['ID']}")
        if removed:
            kinds = counted([one["MainDicomTags"]["Modality"] for one in removed])
            log.warning("left-overs were removed", extra={"study_uid": study.study_uid, "objects": kinds})
            self._archived.tidied(study, kinds)
        return bool(removed)


def _next_night(begun_at: float, hour: int) -> float:
    """When the sweep after the one that began then is due: at that hour of this machine's clock.

    >>> noon = datetime(2026, 1, 1, 12).timestamp()
    >>> datetime.fromtimestamp(_next_night(noon, 2)).isoformat()
    '2026-01-02T02:00:00'
    """
    begun = datetime.fromtimestamp(begun_at)
    next_one = begun.replace(hour=hour, minute=0, second=0, microsecond=0)
    return (next_one if next_one > begun else next_one + timedelta(days=1)).timestamp()
