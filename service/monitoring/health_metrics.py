"""The health of the service in numbers, for alarms: each of its facts is a gauge of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tilscope.models import PIPELINE_VERSION
from tilscope.service.ledger.versions import Answered
from tilscope.service.monitoring.health import Health, HealthReport
from tilscope.service.settings import ServiceSettings


class HealthGauges(Collector):
    """Read at the moment of asking."""

    def __init__(self, health: Callable[[], HealthReport], settings: ServiceSettings) -> None:
        self._health, self._settings = health, settings

    def collect(self) -> Iterable[Metric]:
        now, limits = self._health(), self._settings
        yield _gauge("tilscope_healthy", "1 if the service is well.", now.status is Health.OK)
        yield _gauge("tilscope_ledger_ok", "1 if the ledger can be read and written.", now.ledger_ok)
        yield _gauge("tilscope_workers_wanted", "Worker processes that should be there.", now.workers_wanted)
        yield _gauge("tilscope_workers_missing_seconds", "For how long some have been missing.", now.workers_missing_s)
        yield _gauge("tilscope_disk_free_bytes", "Free where the data directory is.", now.disk_free_bytes)
        yield _gauge("tilscope_disk_low", "1 if that is less than the settings demand.", now.disk_low)
        yield _gauge(
            "tilscope_oldest_waiting_seconds", "How long the first in the queue has waited.", now.oldest_waiting_s
        )
        yield _gauge("tilscope_longest_wait_seconds", "How long it may, by the settings.", limits.longest_wait_seconds)
        yield _gauge("tilscope_failing_studies", "Studies in a row whose attempts have failed.", now.failing_studies)
        yield _gauge(
            "tilscope_failing_studies_limit", "How many are an alarm, by the settings.", limits.failing_studies
        )
        unreadable = GaugeMetricFamily(
            "tilscope_unreadable_file", "1 for each installed file that cannot be read.", labels=["file"]
        )
        for name in now.unreadable_files:
            unreadable.add_metric([name], 1)
        yield unreadable
        version = GaugeMetricFamily("tilscope_info", "1; the version that runs.", labels=["version"])
        version.add_metric([PIPELINE_VERSION], 1)
        yield version


def _gauge(name: str, help: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help, value=float(value))


class AnsweredGauges(Collector):
    """Whose answers stand, by the version of TILscope: after an upgrade, what a newer one may answer better."""

    def __init__(self, answered: Callable[[], Mapping[str, Answered]]) -> None:
        self._answered = answered

    def collect(self) -> Iterable[Metric]:
        studies = GaugeMetricFamily(
            "tilscope_studies_by_version", "Studies by the version that answered last.", labels=["version", "answer"]
        )
        for version, count in self._answered().items():
            studies.add_metric([version or "unknown", "scored"], count.scored)
            studies.add_metric([version or "unknown", "refused or failed"], count.unanswered)
        yield studies
