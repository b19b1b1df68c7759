"""For those who run the service: is it well?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tilscope.service.ledger.states import State
from tilscope.service.monitoring.health import Health, HealthReport
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.rendering import render

_WORDS = {Health.OK: "Well", Health.STARTING: "Starting", Health.IMPAIRED: "Impaired"}
_FOR_PROGRAMS = ("health", "metrics", "studies", "actions", "openapi.json")


@dataclass(frozen=True)
class StatusView:
    """What the template shows."""

    word: str
    health: HealthReport
    counts: Mapping[State, int]
    installation: tuple[str, ...] = ()
    """What the doctor found when the service started."""
    for_programs: tuple[str, ...] = _FOR_PROGRAMS


def status_page(
    frame: PageFrame, health: HealthReport, counts: Mapping[State, int], installation: tuple[str, ...] = ()
) -> str:
    return render("status.html", frame, StatusView(_WORDS[health.status], health, counts, installation))
