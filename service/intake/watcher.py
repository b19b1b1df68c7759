"""Follows Orthanc and decides when a study's input has settled. Nothing here depends on a callback having fired.

The change log is read from a durable place, which moves in the same transaction as what was read. A poke only hastens the
next reading. While Orthanc is away the watcher waits, and then reads on where it was.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.dicom_io.archives.orthanc_client import OrthancClient
from tilscope.models.lesions.steering import Steering
from tilscope.service.back_off import ExponentialBackOff
from tilscope.service.intake.comparison import missing_objects, name_of_files
from tilscope.service.intake.orthanc_changes import end_of_log, is_same_log, read_page, studies_changed_since
from tilscope.service.intake.readiness import NotOurs, NotYet, Ready, examine
from tilscope.service.ledger import Ledger, StudyToExamine
from tilscope.service.ledger.archived import in_words
from tilscope.service.ledger.states import State
from tilscope.service.monitoring.status import WatcherStatus
from tilscope.service.settings import ServiceSettings
from tilscope.service.site.molecular import molecular_of

log = logging.getLogger(__name__)
#: A poke shortens the wait, but not below this: pokes may come in a stream.
_SHORTEST_WAIT_S = 0.2
_BACK_OFF = ExponentialBackOff(first_s=0.5, longest_s=30.0)
#: A study whose headers Orthanc fails to give is asked for again after this.
_EXAMINE_AGAIN_S = 10.0
#: One that Orthanc does not answer for in time holds up the others while it is asked for: it is asked for seldom.
_EXAMINE_SLOW_AGAIN_S = 300.0


class Watcher:
    """A thread of its own."""

    def __init__(self, ledger: Ledger, settings: ServiceSettings, on_ready: Callable[[], None]) -> None:
        """`on_ready` is called when a study has become ready to be scored."""
        self._ledger = ledger
        self._settings = settings
        self._on_ready = on_ready
        self._poked = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self.status = WatcherStatus()

    def start(self) -> None:
        self._thread.start()

    def poke(self) -> None:
        self._poked.set()

    def stop(self) -> None:
        self._stopping.set()
        self._poked.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    # ------------------------------------------------------------------------------------------------------ the thread

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                with OrthancClient(self._settings.orthanc) as orthanc:
                    self._find_place(orthanc)
                    self._reached()
                    failures = 0
                    self._follow(orthanc)
            except Exception as fault:
                self._lost(fault)
                failures += 1
                self._stopping.wait(_BACK_OFF.after(failures))

    def _find_place(self, orthanc: OrthancClient) -> None:
        """Before the first page: start at the end of the log, unless the place in the ledger is one of this log."""
        place = self._ledger.receiving.place()
        if place is not None and is_same_log(orthanc, place):
            return
        if place is not None:
            log.warning("Orthanc's change log is another one than before: its studies are inspected again")
        end = end_of_log(orthanc)  # first the end, then the list: what comes between is seen twice rather than never
        moment = datetime.now(UTC) - timedelta(hours=self._settings.lookback_hours)
        recent = studies_changed_since(orthanc, moment)
        log.info("starting at the end of the change log", extra={"seq": end.seq, "recent_studies": len(recent)})
        self._ledger.receiving.arrived(recent, end)

    def _follow(self, orthanc: OrthancClient) -> None:
        while not self._stopping.is_set():
            self._poked.clear()
            more = self._read_on(orthanc)
            inspected = self._inspect_one()
            self._reached()
            if not more and not inspected:
                self._wait()

    def _wait(self) -> None:
        self._stopping.wait(_SHORTEST_WAIT_S)
        patience = self._settings.poll_seconds
        if self._ledger.receiving.any():
            patience = min(patience, self._settings.quiet_seconds / 4)
        self._poked.wait(max(0.0, patience - _SHORTEST_WAIT_S))

    def _read_on(self, orthanc: OrthancClient) -> bool:
        """Record one page of the log; returns whether there are more."""
        place = self._ledger.receiving.place()
        assert place is not None
        page = read_page(orthanc, place)
        if page.place != place:
            self._ledger.receiving.arrived(page.arrivals, page.place, page.stable)
        lag = 0 if page.done else max(0, end_of_log(orthanc).seq - page.place.seq)
        self.status = replace(self.status, lag=lag)
        return not page.done

    def _inspect_one(self) -> bool:
        """Inspect the study that fell quiet first; one at a time, so that the change log is followed meanwhile."""
        due = self._ledger.receiving.to_examine(self._settings.quiet_seconds, self._settings.stable_seconds)
        if not due:
            return False
        candidate = due[0]
        try:
            with OrthancArchive(self._settings.orthanc) as archive:
                self._decide(archive, candidate)
        except httpx.TimeoutException as fault:
            # Of this study alone, for all that is known. If all of Orthanc hangs, reading its changes will show it.
            self._later(candidate, fault, "Orthanc did not give its headers in time", _EXAMINE_SLOW_AGAIN_S)
        except httpx.TransportError:
            raise
        except Exception as fault:
            # Of this study alone: it must not hold up the others.
            self._later(candidate, fault, "its headers could not be read", _EXAMINE_AGAIN_S)
        return True

    def _later(self, candidate: StudyToExamine, fault: Exception, what: str, delay_s: float) -> None:
        log.warning("a study could not be inspected", extra={"study_uid": candidate.study_uid}, exc_info=fault)
        reason = f"The study could not be inspected: {what} ({type(fault).__name__}). It is tried again."
        self._ledger.receiving.examine_later(candidate, delay_s, "not-looked-at", reason)

    def _decide(self, archive: OrthancArchive, candidate: StudyToExamine) -> None:
        annotation = self._ledger.readings.steering_of(candidate.study_uid)
        steering = Steering.of(annotation) if annotation else None
        self._ledger.annotations.link_patient(candidate.study_uid, archive.patient_id(candidate.study_uid))
        molecular = molecular_of(self._ledger.annotations.molecular_of(candidate.study_uid))
        # Before the headers: what changes between them is noticed by the next comparison rather than never.
        files = name_of_files(archive.input_files(candidate.study_uid))
        readiness = examine(archive, candidate.study_uid, self._settings.installed_pipeline, steering, molecular)

        def settle(input_hash: str) -> State | None:
            known = self._ledger.archived.known(candidate.study_uid, input_hash)
            lacking = in_words(missing_objects(archive.client, known, candidate.orthanc_id)) if known else ""
            return self._ledger.receiving.settle(candidate, input_hash, files, lacking)

        match readiness:
            case Ready(input_hash):
                state = settle(input_hash)
            case NotYet(input_hash, code, reason):
                if not candidate.take_as_it_is:
                    self._ledger.receiving.incomplete(candidate, code, reason)
                    return
                # The pipeline will refuse it with the same reason, and that is what is kept and shown; or it scores what
                # is there, if only expected phases were waited for.
                state = settle(input_hash)
            case NotOurs(input_hash):
                if not candidate.asked_for:
                    self._ledger.receiving.forget(candidate)
                    return
                state = settle(input_hash)
        if state is not None:
            log.info("input settled", extra={"study_uid": candidate.study_uid, "state": state.value})
            self._on_ready()

    # ---------------------------------------------------------------------------------------------------------- status

    def _reached(self) -> None:
        if not self.status.reachable:
            log.info("Orthanc answers")
        self.status = replace(self.status, reachable=True, problem="")

    def _lost(self, fault: Exception) -> None:
        if isinstance(fault, httpx.HTTPStatusError):
            problem = f"Orthanc answered {fault.response.status_code} {fault.response.reason_phrase}."
        elif isinstance(fault, httpx.HTTPError):
            problem = f"Orthanc cannot be reached at {self._settings.orthanc_url} ({type(fault).__name__})."
        else:
            problem = f"The watcher met a fault ({type(fault).__name__}) and tries again."
            log.error("watcher fault", exc_info=fault)
        if self.status.problem != problem:
            log.warning(problem)
        self.status = replace(self.status, reachable=False, problem=problem)
