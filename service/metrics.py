"""What Prometheus may ask for. Totals are since the service started; states and queue come from the ledger itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from service.states import State

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


class Standing(Collector):
    """How things stand at the moment of asking."""

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
