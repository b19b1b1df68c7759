"""All that Su et al. 2022 computed: of the tumour in each phase, and how that goes over the phases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from tilscope.models.features import FeatureRequest, ImageKey, Intensity, NoValue, Region, Values
from tilscope.models.features.sets import WAVELETS, FeatureSet, intensity, shape
from tilscope.models.signatures.su2022.time_domain import STATISTICS, over_phases


def su_image(phase: str) -> ImageKey:
    return ImageKey(phase, Intensity.Z_SCORE)


def su_spatial(phases: Sequence[str]) -> FeatureSet:
    """14 shape features and 837 of each phase."""
    chosen = shape("su2022", su_image(phases[0]), Region.TUMOUR)
    for number, phase in enumerate(phases, start=1):
        chosen |= intensity("su2022", f"P{number}", su_image(phase), ("original", *WAVELETS), Region.TUMOUR)
    return chosen


def su_6710(phases: Sequence[str], values: Values) -> dict[str, float | NoValue]:
    """All of Su 2022 with four phases: the spatial ones, and four statistics of each of the 837 over the phases.

    Of fewer phases the statistics are over those, and the others are not there.
    """
    spatial = su_spatial(phases)
    table = {name: values[wanted] for name, wanted in spatial.items()}
    first = "su2022/T/P1/"
    for feature in [name.removeprefix(first) for name in spatial if name.startswith(first)]:
        course = [table[f"su2022/T/P{number}/{feature}"] for number in range(1, len(phases) + 1)]
        table |= {f"su2022/T/{statistic}/{feature}": over_phases(statistic, course) for statistic in STATISTICS}
    return table


@cache
def su_columns(phases: int) -> frozenset[str]:
    """The names of all features of so many phases; they do not depend on the values."""
    names = [f"post {number}" for number in range(1, phases + 1)]
    return frozenset(su_6710(names, dict.fromkeys(su_spatial(names).values(), 0.0)))


def su_needs(wanted: Iterable[str], phases: Sequence[str]) -> tuple[FeatureRequest, ...]:
    """What must be computed for some of them: of a statistic over the phases, the feature in each."""
    spatial = su_spatial(phases)
    return tuple(spatial[name] for one in wanted for name in _made_of(one, len(phases)) if name in spatial)


def su_values(wanted: Sequence[str], phases: Sequence[str], values: Values) -> dict[str, float | NoValue]:
    """Some of the 6,710 by themselves."""
    spatial = su_spatial(phases)
    found: dict[str, float | NoValue] = {}
    for name in wanted:
        course = [
            values.get(spatial[one], NoValue("it was not computed")) if one in spatial else NoValue("no such phase")
            for one in _made_of(name, len(phases))
        ]
        found[name] = over_phases(_place(name), course) if _place(name) in STATISTICS else course[0]
    return found


def _made_of(name: str, phases: int) -> list[str]:
    """The spatial features behind one: itself, or the same of each phase."""
    place = _place(name)
    if place not in STATISTICS:
        return [name]
    return [name.replace(f"/{place}/", f"/P{number}/", 1) for number in range(1, phases + 1)]


def _place(name: str) -> str:
    """The phase or the statistic in a name, as in su2022/T/P1/...; of shape, the feature itself."""
    return name.split("/")[2]
