"""How much is done: little in every test run, much by hand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """The size of each part."""

    kills: int
    hostile_studies: int
    hostile_requests: int
    arrivals_s: float
    """How long studies arrive faster than they can be scored."""
    outages: int
    outage_s: float
    """How long the archive is away each time."""
    seed: int = 1
    """Of everything that is drawn: the same seed does the same things in the same order."""


TINY = Plan(kills=3, hostile_studies=20, hostile_requests=300, arrivals_s=5, outages=2, outage_s=2)
SMALL = Plan(kills=12, hostile_studies=100, hostile_requests=1000, arrivals_s=60, outages=4, outage_s=5)
MIDDLE = Plan(kills=100, hostile_studies=1500, hostile_requests=6000, arrivals_s=300, outages=12, outage_s=30)
LARGE = Plan(kills=1000, hostile_studies=2000, hostile_requests=8000, arrivals_s=7200, outages=24, outage_s=600)
PLANS = {"small": SMALL, "middle": MIDDLE, "large": LARGE}
