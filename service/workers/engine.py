"""Takes studies from the ledger, has each scored in a worker process, and puts down what came of it.

At most as many studies are under way as there are workers. A study that crashes, hangs or eats all memory costs one
worker process, which is replaced; the next study does not wait for it.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable

from tilscope.models.lesions.steering import Steering
from tilscope.service.ledger import ChangedElsewhere, Claim, Ledger
from tilscope.service.ledger.states import IllegalTransition, State
from tilscope.service.monitoring.metrics import Metrics
from tilscope.service.monitoring.status import EngineStatus
from tilscope.service.scoring.known import Known
from tilscope.service.settings import ServiceSettings
from tilscope.service.site.molecular import molecular_of
from tilscope.service.workers.attempt import Declined, Outcome, ScoredOutcome
from tilscope.service.workers.cluster import Cluster
from tilscope.service.workers.faults import Fault
from tilscope.service.workers.runs import WORKER_WITHIN_S, Inbox, Run, Turnover
from tilscope.service.workers.task import ScoreStudy, run_study

log = logging.getLogger(__name__)
_TICK_S = 0.5
#: Without any local worker for so long, the whole cluster is started anew.
_CLUSTER_WITHIN_S = 60.0
#: A worker whose end is not noticed after this is taken for gone.
_END_WITHIN_S = 30.0


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
        self._warm_up = score.__module__
        self._metrics = metrics or Metrics()
        self._archive_reachable = archive_reachable
        self._runs: dict[str, Run[Claim]] = {}
        self._turnover = Turnover(settings.studies_per_worker)
        self._inbox = Inbox()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._cluster: Cluster | None = None
        self._workers_seen_at = 0.0
        self._problem = ""
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """First settle what an earlier life left running, then begin."""
        for study_uid in self._ledger.attempts.recover(self._settings.attempts):
            log.warning("was running when the service ended", extra={"study_uid": study_uid})
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        """What runs is interrupted and will be started again by the next life of the service."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    @property
    def status(self) -> EngineStatus:
        if not self._thread.is_alive():
            return EngineStatus("stopped", problem=self._problem)
        if self._cluster is None:
            return EngineStatus("faulty" if self._problem else "starting", problem=self._problem)
        running = tuple(run.of.study_uid for run in list(self._runs.values()))
        return EngineStatus(
            "faulty" if self._problem else "running", len(self._cluster.workers()), running, self._problem
        )

    # ------------------------------------------------------------------------------------------------------ the thread

    def _run(self) -> None:
        back_off = 1.0
        while not self._stopping.is_set():
            try:
                if self._cluster is None:
                    self._cluster = Cluster(self._settings, self._inbox.put, self._warm_up)
                    self._workers_seen_at = time.monotonic()
                    log.info("workers started", extra={"workers": self._settings.workers})
                self._turn()
                self._watch_cluster()
                self._problem, back_off = "", 1.0
            except (
                Exception
            ) as fault:  # the engine must outlive whatever happens: a full disk, a scheduler that is gone
                self._problem = f"The engine met a fault ({type(fault).__name__}) and tries again."
                log.error("engine fault", exc_info=fault)
                self._stopping.wait(back_off)
                back_off = min(back_off * 2, 60.0)
            self._wake.wait(_TICK_S)
            self._wake.clear()
        self._interrupt_all()

    def _turn(self) -> None:
        self._take_progress()
        for name, run in list(self._runs.items()):
            if run.future.done():
                self._finish(name, run)
            else:
                self._check_time(name, run)
        while len(self._runs) < self._slots() and self._archive_reachable() and not self._stopping.is_set():
            claim = self._ledger.attempts.claim()
            if claim is None:
                break
            try:
                self._begin(claim)
            except Exception:
                # Claimed and in nobody's hands, it would stay running for ever.
                more = claim.attempt < self._settings.attempts
                pause = self._settings.back_off_s(claim.attempt) if more else None
                self._ledger.attempts.faulted(claim, "not-started", "The study could not be handed to a worker.", pause)
                raise

    def _watch_cluster(self) -> None:
        """A nanny replaces its worker; if that fails for good, nobody replaces the nanny."""
        assert self._cluster is not None
        self._cluster.tidy()
        if self._cluster.workers() or not self._cluster.is_local:
            self._workers_seen_at = time.monotonic()
        elif time.monotonic() - self._workers_seen_at > _CLUSTER_WITHIN_S:
            log.error("no worker process is left: starting all anew")
            old, self._cluster = self._cluster, None
            old.close()

    def _slots(self) -> int:
        assert self._cluster is not None
        return len(self._cluster.workers()) if self._settings.scheduler_address else self._settings.workers

    def _begin(self, claim: Claim) -> None:
        assert self._cluster is not None
        # A name of its own for every attempt: Dask remembers what it has computed by name.
        name = f"{claim.work_id}-{claim.attempt}-{uuid.uuid4().hex[:8]}"
        said = self._ledger.annotations.steering_of(claim.study_uid)
        known = Known(
            Steering.of(said) if said else None,
            molecular_of(self._ledger.annotations.molecular_of(claim.study_uid)),
            self._ledger.attempts.answers_to(claim.study_uid),
        )
        where = (self._settings.orthanc, claim.study_uid, self._settings.installed_pipeline)
        arguments = (self._score, *where, known)
        future = self._cluster.submit(name, run_study, *arguments)
        self._runs[name] = Run(claim, future)
        future.add_done_callback(lambda _: self._wake.set())
        log.info("started", extra={"study_uid": claim.study_uid, "attempt": claim.attempt})

    # -------------------------------------------------------------------------------------------------- while it runs

    def _take_progress(self) -> None:
        for progress in self._inbox.empty():
            run = self._runs.get(progress.run)
            if run is not None and run.note(progress):
                self._ledger.attempts.progress(run.of.work_id, run.stage, run.fraction)

    def _check_time(self, name: str, run: Run[Claim]) -> None:
        assert self._cluster is not None
        limit = self._settings.timeout_seconds
        if run.ended_because is not None:
            if time.monotonic() - run.ended_at > _END_WITHIN_S:
                self._record(name, run, run.ended_because)
        elif run.is_over(limit):
            log.warning("timed out", extra={"study_uid": run.of.study_uid, "stage": run.stage})
            run.end(self._cluster, Fault.of("timed-out", limit=limit, stage=run.stage))
        elif run.is_without_worker():
            run.future.cancel()
            self._record(name, run, Fault.of("no-worker", limit=WORKER_WITHIN_S))

    # ------------------------------------------------------------------------------------------------ what came of it

    def _finish(self, name: str, run: Run[Claim]) -> None:
        try:
            self._record(name, run, self._outcome(run))
        except (IllegalTransition, ChangedElsewhere) as fault:  # only where two services share one database
            log.error("the ledger holds another truth", extra={"study_uid": run.of.study_uid}, exc_info=fault)
            del self._runs[name]
        assert self._cluster is not None
        self._turnover.one_more(self._cluster, run.worker)

    def _outcome(self, run: Run[Claim]) -> Outcome:
        assert self._cluster is not None
        outcome = run.outcome(self._cluster)
        if isinstance(outcome, Fault):
            # The cluster tells it once; a ledger that cannot be written now makes us ask again.
            run.ended_because = outcome
        return outcome

    def _record(self, name: str, run: Run[Claim], outcome: Outcome) -> None:
        claim = run.of
        match outcome:
            case ScoredOutcome(input_hash, result):
                state = self._ledger.attempts.succeeded(claim, input_hash, result)
                self._metrics.scored(result.get("timings_s") or {})
            case Declined(code, reason):
                self._ledger.attempts.refused(claim, code, reason)
                state = State.REFUSED
            case Fault(code, reason):
                more = claim.attempt < self._settings.attempts
                pause = self._settings.back_off_s(claim.attempt) if more else None
                state = self._ledger.attempts.faulted(claim, code, reason, pause)
                self._metrics.fault(code)
        # Only what is in the ledger is done: a fault above leaves the run here, to be put down again.
        del self._runs[name]
        facts: dict[str, object] = {"study_uid": claim.study_uid, "state": state.value, "attempt": claim.attempt}
        if run.begun_at is not None:
            facts["seconds"] = round(time.monotonic() - run.begun_at, 2)
        code = "" if isinstance(outcome, ScoredOutcome) else outcome.code
        log.log(logging.WARNING if isinstance(outcome, Fault) else logging.INFO, "ended", extra={**facts, "code": code})

    def _interrupt_all(self) -> None:
        for run in self._runs.values():
            try:
                self._ledger.attempts.interrupted(run.of, "the service stops")
            except Exception as fault:  # `recover` will find it
                log.error("could not note an interruption", exc_info=fault)
        self._runs.clear()
        if self._cluster is not None:
            self._cluster.close()
