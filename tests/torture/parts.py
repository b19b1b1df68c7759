"""The parts of the torture, in the order in which they are run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from torture.arrivals import arrivals
from torture.figures import Figures
from torture.hostile_requests import hostile_requests
from torture.hostile_studies import hostile_studies
from torture.kills import kills
from torture.outage import outage
from torture.plan import Plan

PARTS: Mapping[str, Callable[[Plan, Path], Figures]] = {
    "kills": kills,
    "hostile studies": hostile_studies,
    "hostile requests": hostile_requests,
    "arrivals": arrivals,
    "outage": outage,
}
