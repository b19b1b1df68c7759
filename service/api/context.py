"""The parts of the service that the API needs, and what several of its routes ask of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import unquote

import httpx
from fastapi import Header, Path, Query

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.models.refusals import BadInput
from tilscope.service.api.errors import ApiError
from tilscope.service.first_night.first_night import FirstNight
from tilscope.service.intake.reconciler import Reconciler
from tilscope.service.intake.watcher import Watcher
from tilscope.service.lease.heartbeat import Heartbeat
from tilscope.service.lease.lease import Lease
from tilscope.service.lease.owner import Owner
from tilscope.service.ledger import Ledger
from tilscope.service.ledger.outbox import announcer
from tilscope.service.ledger.queries import Reader, Study
from tilscope.service.monitoring.health import HealthReport, Parts, check_health
from tilscope.service.monitoring.metrics import Metrics
from tilscope.service.monitoring.readings import Meter
from tilscope.service.outgoing.webhooks import Sender
from tilscope.service.retention.retention import Retention
from tilscope.service.settings import ServiceSettings
from tilscope.service.steady_clock import steady_time
from tilscope.service.workers.engine import Engine
from tilscope.service.workers.score_in_archive import score_in_archive

#: The requests that change nothing.
READS = frozenset({"GET", "HEAD", "OPTIONS"})
#: Far beyond any ledger, and a number that every database can count to.
MOST_OFFSET = 2**31
Offset = Annotated[int, Query(ge=0, le=MOST_OFFSET)]
StudyUid = Annotated[str, Path(pattern=r"^[0-9.]{1,64}$", description="Study Instance UID.")]
UserHeader = Annotated[str, Header(alias="X-Tilscope-User", include_in_schema=False)]


@dataclass(frozen=True)
class ApiContext:
    """The parts of the service."""

    settings: ServiceSettings
    ledger: Ledger
    reader: Reader
    watcher: Watcher
    reconciler: Reconciler
    engine: Engine
    metrics: Metrics
    sender: Sender
    heartbeat: Heartbeat
    meter: Meter
    retention: Retention
    first_night: FirstNight
    installation: Callable[[], tuple[str, ...]] = tuple
    """What the doctor has found when the service started, in sentences."""

    @classmethod
    def of(cls, settings: ServiceSettings, me: Owner | None = None) -> ApiContext:
        """All of them, put together and not started."""
        ledger = Ledger(
            settings.ledger_url, announce=announcer(settings.webhooks), steady=steady_time,
            patient_key_file=settings.patient_key_file,
        )  # fmt: skip
        metrics = Metrics()
        watcher = Watcher(ledger, settings, lambda: engine.wake())
        reconciler = Reconciler(ledger, settings, watcher.poke)
        engine = Engine(ledger, settings, score_in_archive, metrics, lambda: watcher.status.reachable)
        sender = Sender(ledger.engine, settings.webhooks, settings.back_off.after, steady=steady_time)
        heartbeat = Heartbeat(Lease(ledger.engine, me or Owner.this_process()))
        reader = Reader(ledger.reading)
        meter = Meter(settings, reader, ledger.steady)
        retention = Retention(ledger, settings)
        first_night = FirstNight(ledger, settings, watcher.poke)
        return cls(
            settings, ledger, reader, watcher, reconciler, engine, metrics, sender, heartbeat, meter, retention,
            first_night,
        )  # fmt: skip

    def start(self) -> None:
        """Everything that lives beside the API, once the ledger is ours: its heartbeat goes already."""
        for part in (self.engine, self.watcher, self.reconciler, self.sender, self.retention, self.first_night):
            part.start()

    def stop(self) -> None:
        """In order: nothing new is taken up, what runs is put away, and at last the ledger is given up."""
        for part in (
            self.watcher, self.reconciler, self.engine, self.sender, self.retention, self.first_night, self.heartbeat,
        ):  # fmt: skip
            part.stop()
        self.ledger.close()

    def health(self) -> HealthReport:
        watcher, engine = self.watcher, self.engine
        parts = Parts(
            watcher.status, watcher.alive, engine.status, engine.workers_wanted,
            self.heartbeat.last_write, self.meter.readings(),
        )  # fmt: skip
        return check_health(parts, self.settings, self.sender.status)

    @contextmanager
    def archive(self) -> Iterator[OrthancArchive]:
        """Orthanc, for queries while a person waits. Raises `ApiError` where it does not answer."""
        try:
            with OrthancArchive(self.settings.orthanc) as archive:
                yield archive
        except BadInput as reason:
            raise ApiError(404, reason.code, str(reason)) from None
        except httpx.HTTPError as fault:
            sentence = f"Orthanc does not answer ({type(fault).__name__}); try again."
            raise ApiError(503, "orthanc-unreachable", sentence) from None

    def inputs_of(self, study_uid: str) -> list[Study]:
        """Every input of a study that the ledger knows, the current one first."""
        inputs = self.reader.inputs(study_uid)
        if not inputs:
            raise ApiError(
                404, "unknown-study", f"TILscope knows no study {study_uid}: it has no MR images, or came long ago."
            )
        return inputs

    def result_of(self, inputs: list[Study]) -> tuple[Study, dict[str, Any]] | None:
        """The newest scored input with its result: until a newer one is scored, an older result is the current one."""
        results = self.reader.results([s.work_id for s in inputs])
        return next(((s, results[s.work_id]) for s in inputs if s.work_id in results), None)


def name_of(user: str) -> str:
    """The user's name from the plugin's header, which is percent-encoded: a header carries ASCII only."""
    return "".join(c for c in unquote(user) if c.isprintable())[:128].strip() or "a user without a name"
