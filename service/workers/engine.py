"""Takes studies from the ledger, has each scored in a worker process, and records the outcome.

At most as many studies are under way as there are workers. A study that crashes, hangs or eats all memory costs one
worker process, which is replaced; the next study does not wait for it. While the archive or the disk is not well, no study is
begun, and none has used up an attempt.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from tilscope.models.lesions.steering import Steering
from tilscope.service.back_off import ExponentialBackOff
from tilscope.service.faults.blame import Blame
from tilscope.service.faults.breaker import Breaker
from tilscope.service.faults.fault import Fault
from tilscope.service.faults.probe import is_well
from tilscope.service.ledger import ChangedElsewhere, Claim, Ledger
from tilscope.service.ledger.states import IllegalTransition, State
from tilscope.service.monitoring.metrics import Metrics
from tilscope.service.monitoring.status import EngineStatus, OutageStatus
from tilscope.service.scoring.known import Known
from tilscope.service.settings import ServiceSettings
from tilscope.service.site.molecular import molecular_of
from tilscope.service.storing.unstored import UnstoredResults
from tilscope.service.workers.attempt import Declined, Outcome, ScoredOutcome
from tilscope.service.workers.dispatcher import Dispatcher
from tilscope.service.workers.runs import Run
from tilscope.service.workers.task import ScoreStudy, run_study

log = logging.getLogger(__name__)
#: After a fault of the engine's own.
_BACK_OFF = ExponentialBackOff(first_s=1.0, longest_s=60.0)
#: Between two questions whether the archive is well again.
_PROBES = ExponentialBackOff(first_s=1.0, longest_s=60.0)
#: Without any local worker for so long, the whole cluster is started anew.
_CLUSTER_WITHIN_S = 60.0


class Engine:
    """A thread of its own. Nothing but the ledger is remembered between two lives of it."""

    def __init__(
        self,
        ledger: Ledger,
        settings: ServiceSettings,
        score: ScoreStudy,
        metrics: Metrics | None = None,
        archive_reachable: Callable[[], bool] = lambda: True,
    ) -> None:
        self._ledger = ledger
        self._settings = settings
        self._score = score
        self._metrics = metrics or Metrics()
        self._archive_reachable = archive_reachable
        self._dispatcher: Dispatcher[Claim] = Dispatcher(settings, warm_up=score.__module__)
        self._unstored = UnstoredResults(settings.unstored_folder, settings.unstored_at_most_bytes)
        self._breaker = Breaker(_PROBES)
        self._blame = Blame()
        self._held_up = 0
        self._stopping = threading.Event()
        self._workers_seen_at = 0.0
        self._all_seen_at = 0.0
        self._problem = ""
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """First settle what an earlier life left running, then begin."""
        for study_uid in self._ledger.attempts.recover(self._settings.attempts):
            log.warning("was running when the service ended", extra={"study_uid": study_uid})
        self._unstored.keep_only(self._ledger.attempts.unfinished())
        self._thread.start()

    def wake(self) -> None:
        self._dispatcher.wake()

    def stop(self) -> None:
        """What runs is interrupted and will be started again by the next life of the service."""
        self._stopping.set()
        self._dispatcher.wake()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    @property
    def status(self) -> EngineStatus:
        if not self._thread.is_alive():
            return EngineStatus("stopped", problem=self._problem)
        if not self._dispatcher.started:
            return EngineStatus("faulty" if self._problem else "starting", problem=self._problem)
        running = tuple(run.of.study_uid for run in self._dispatcher.running)
        workers = len(self._dispatcher.cluster.workers())
        missing_s = 0.0 if workers >= self.workers_wanted else time.monotonic() - self._all_seen_at
        state = "faulty" if self._problem else "running"
        return EngineStatus(state, workers, running, self._problem, self._outage, missing_s)

    @property
    def _outage(self) -> OutageStatus | None:
        outage = self._breaker.outage
        # Where nobody waits any more, nobody will show that it is over.
        if outage is None or not (self._held_up or self._dispatcher.running):
            return None
        return OutageStatus(outage.fault.outage, outage.since, self._held_up)

    @property
    def workers_wanted(self) -> int:
        """Of a scheduler elsewhere its site decides; without any, nothing is scored."""
        return 1 if self._settings.scheduler_address else self._settings.workers

    # ------------------------------------------------------------------------------------------------------ the thread

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                if not self._dispatcher.started:
                    self._dispatcher.start()
                    self._workers_seen_at = self._all_seen_at = time.monotonic()
                    log.info("workers started", extra={"workers": self._settings.workers})
                self._turn()
                self._watch_cluster()
                self._problem, failures = "", 0
            except (
                Exception
            ) as fault:  # the engine must outlive whatever happens: a full disk, a scheduler that is gone
                self._problem = f"The engine met a fault ({type(fault).__name__}) and tries again."
                log.error("engine fault", exc_info=fault)
                failures += 1
                self._stopping.wait(_BACK_OFF.after(failures))
            self._dispatcher.wait()
        self._interrupt_all()

    def _turn(self) -> None:
        for run in self._dispatcher.take_progress():
            self._ledger.attempts.progress(run.of.work_id, run.stage, run.fraction)
        for run, outcome in self._dispatcher.ended():
            self._finish(run, outcome)
        self._attend_to_outage()
        while self._may_begin():
            # On trial another study shows better than this one whether it was the archive.
            claim = self._ledger.attempts.claim(behind=self._blame.suspects if self._breaker.outage else ())
            if claim is None:
                break
            try:
                self._begin(claim)
            except Exception:
                # Claimed and in nobody's hands, it would stay running for ever.
                reason = "The study could not be handed to a worker."
                self._ledger.attempts.faulted(claim, "not-started", reason, self._retry_in_s(claim))
                raise

    def _may_begin(self) -> bool:
        running = len(self._dispatcher.running)
        well = self._breaker.lets_begin(running) and self._archive_reachable()
        return well and self._dispatcher.free > 0 and not self._stopping.is_set()

    def _attend_to_outage(self) -> None:
        """While there is one: count who waits, and ask now and then, on a thread of its own, whether it is over."""
        self._held_up = self._ledger.attempts.waiting_or_put_off() if self._breaker.outage else 0
        if (fault := self._breaker.take_probe()) is not None:
            threading.Thread(target=self._probe, args=(fault,), name="probe", daemon=True).start()

    def _probe(self, fault: Fault) -> None:
        well = False
        try:
            well = is_well(fault, self._settings.orthanc, self._settings.folder, self._unstored)
        finally:
            self._breaker.probed(well)
            self._dispatcher.wake()

    def _watch_cluster(self) -> None:
        """A nanny replaces its worker; if that fails for good, nobody replaces the nanny."""
        cluster = self._dispatcher.cluster
        cluster.tidy()
        if len(cluster.workers()) >= self.workers_wanted:
            self._all_seen_at = time.monotonic()
        if cluster.workers() or not cluster.is_local:
            self._workers_seen_at = time.monotonic()
        elif time.monotonic() - self._workers_seen_at > _CLUSTER_WITHIN_S:
            log.error("no worker process is left: starting all anew")
            self._dispatcher.close()

    def _begin(self, claim: Claim) -> None:
        steering = self._ledger.readings.steering_of(claim.study_uid)
        known = Known(
            Steering.of(steering) if steering else None,
            molecular_of(self._ledger.annotations.molecular_of(claim.study_uid)),
            self._ledger.attempts.answers_to(claim.study_uid),
            claim.result_stands,
            self._ledger.same_patient.studies_beside(claim.study_uid) if self._settings.follow_patients else (),
        )
        where = (self._settings.orthanc, claim.study_uid, self._settings.installed_pipeline)
        what = (self._score, *where, known, self._unstored)
        self._dispatcher.hand_out(claim, self._ledger.attempts.waiting(), run_study, *what)
        log.info("started", extra={"study_uid": claim.study_uid, "attempt": claim.attempt})

    # ------------------------------------------------------------------------------------------------ what came of it

    def _finish(self, run: Run[Claim], outcome: Outcome) -> None:
        # Only what is in the ledger is done: after another fault than these the run is returned again, to be recorded again.
        try:
            self._record(run, outcome)
        except (IllegalTransition, ChangedElsewhere) as fault:  # only where two services share one database
            log.error("the ledger holds another truth", extra={"study_uid": run.of.study_uid}, exc_info=fault)
        self._dispatcher.forget(run)

    def _record(self, run: Run[Claim], outcome: Outcome) -> None:
        claim = run.of
        match outcome:
            case ScoredOutcome(input_hash, result):
                state = self._ledger.attempts.succeeded(claim, input_hash, result)
                self._metrics.scored(result.get("timings_s") or {})
                self._got_through(run, stored=True)
            case Declined(code, reason):
                state = self._ledger.attempts.refused(claim, code, reason)
                self._got_through(run, stored=False)
            case Fault():
                state = self._record_fault(claim, outcome)
        if state is not State.WAITING:
            self._unstored.drop(claim.study_uid)
            self._blame.forget(claim.study_uid)
        facts: dict[str, object] = {"study_uid": claim.study_uid, "state": state.value, "attempt": claim.attempt}
        if run.begun_at is not None:
            facts["seconds"] = round(time.monotonic() - run.begun_at, 2)
        code = "" if isinstance(outcome, ScoredOutcome) else outcome.code
        log.log(logging.WARNING if isinstance(outcome, Fault) else logging.INFO, "ended", extra={**facts, "code": code})

    def _got_through(self, run: Run[Claim], stored: bool) -> None:
        self._blame.got_through(run.submitted_at, stored)
        self._breaker.passed(stored)

    def _record_fault(self, claim: Claim, fault: Fault) -> State:
        self._metrics.fault(fault.code)
        if fault.outage:
            self._breaker.met(fault)
        counts = self._blame.is_of_the_study(claim.study_uid, fault)
        retry_in_s = self._retry_in_s(claim) if counts else 0.0  # when it is well again: the breaker sees to that
        state = self._ledger.attempts.faulted(claim, fault.code, fault.reason, retry_in_s, counts)
        self._held_up += state is State.WAITING
        return state

    def _retry_in_s(self, claim: Claim) -> float | None:
        """None where this was the last attempt."""
        return self._settings.back_off.after(claim.attempt) if claim.attempt < self._settings.attempts else None

    def _interrupt_all(self) -> None:
        for run in self._dispatcher.running:
            try:
                self._ledger.attempts.interrupted(run.of, "the service stops")
            except Exception as fault:  # `recover` will find it
                log.error("could not note an interruption", exc_info=fault)
        self._dispatcher.close()
