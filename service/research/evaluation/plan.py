"""What is to be evaluated, as somebody asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tilscope.service.research.statistics.bootstrap import DRAWS


@dataclass(frozen=True)
class EvaluationPlan:
    """Names are columns of the table of outcomes, or else of the cohort's; those in tuples may be patterns, as in tumour_*."""

    label: str = "label"
    positive: str = ""
    """The class that is called positive; '': 1, or the later of two in the order of `classes`."""
    classes: tuple[str, ...] = ()
    """All labels, from the lowest to the highest; (): as they sort."""
    cut_offs: tuple[float, ...] = ()
    """Fixed beforehand, for the first model; with the cut-off that a model brings."""
    time: str = ""
    event: str = ""
    event_value: str = ""
    """What `event` holds where the event was seen; '': 1 or true, if the follow-up does not contradict it."""
    censor_at: float | None = None
    """Nobody is followed for longer."""
    time_unit: str = "years"
    covariates: tuple[str, ...] = ()
    subgroups: tuple[str, ...] = ()
    correlate: tuple[str, ...] = ()
    networks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By compartment, the columns of its cells' abundances."""
    seed: int = 1
    draws: int = DRAWS
