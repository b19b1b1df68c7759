"""Metrics for Prometheus. Totals are since the service started; states and queue come from the ledger itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tilscope.service.ledger.states import State
from tilscope.service.site.drift import Drift

_SECONDS = (0.1, 0.5, 1, 2, 5, 10, 20, 40, 60, 120, 300, 600)


class Metrics:
    """Counted where it happens."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._stages = Histogram(
            "tilscope_stage_seconds", "How long each stage of a scored study took.", ["stage"],
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._whole = Histogram(
            "tilscope_study_seconds",
            "How long the whole of a scored study took.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._faults = Counter("tilscope_faults", "Attempts that ended in a fault.", ["code"], registry=self.registry)

    def scored(self, stages: Mapping[str, float]) -> None:
        for stage, seconds in stages.items():
            self._stages.labels(stage).observe(seconds)
        self._whole.observe(sum(stages.values()))

    def fault(self, code: str) -> None:
        self._faults.labels(code).inc()

    def text(self) -> bytes:
        """In Prometheus' own format."""
        return generate_latest(self.registry)


class Drifting(Collector):
    """How far the scores of new studies lie from their reference's cohort, at the moment of asking."""

    def __init__(self, drifts: Callable[[], Mapping[str, Drift]]) -> None:
        self._drifts = drifts

    def collect(self) -> Iterable[Metric]:
        shift = GaugeMetricFamily(
            "tilscope_score_shift",
            "Mean score of new studies less the reference's, in its SDs; its 95 % interval as low and high.",
            labels=["reference", "bound"],
        )
        studies = GaugeMetricFamily(
            "tilscope_score_shift_studies", "New scores that the shift is of.", labels=["reference"]
        )
        for reference, drift in self._drifts().items():
            for bound, value in (("mean", drift.shift), ("low", drift.low), ("high", drift.high)):
                shift.add_metric([reference, bound], value)
            studies.add_metric([reference], drift.studies)
        yield shift
        yield studies


class ServiceSnapshot(Collector):
    """States, workers, Orthanc and change log, read at the moment of asking."""

    def __init__(
        self,
        counts: Callable[[], dict[State, int]],
        workers: Callable[[], int],
        reachable: Callable[[], bool],
        lag: Callable[[], int],
    ) -> None:
        self._counts, self._workers, self._reachable, self._lag = counts, workers, reachable, lag

    def collect(self) -> Iterable[Metric]:
        counts = self._counts()
        by_state = GaugeMetricFamily(
            "tilscope_studies", "Studies in each state, older inputs included.", labels=["state"]
        )
        for state, count in counts.items():
            by_state.add_metric([state.value], count)
        yield by_state
        queue = counts[State.READY] + counts[State.WAITING]
        yield GaugeMetricFamily("tilscope_queue_length", "Studies that wait to be scored.", value=queue)
        yield GaugeMetricFamily("tilscope_workers", "Worker processes that are there.", value=self._workers())
        yield GaugeMetricFamily("tilscope_orthanc_up", "1 if Orthanc answered last time.", value=int(self._reachable()))
        yield GaugeMetricFamily("tilscope_changes_lag", "Changes of Orthanc not yet read.", value=self._lag())
