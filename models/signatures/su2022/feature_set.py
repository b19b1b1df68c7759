"""All that Su et al. 2022 computed: of the tumour in each phase, and how that goes over the phases."""

from __future__ import annotations

from collections.abc import Sequence

from tilscope.models.features import ImageKey, Intensity, NoValue, Region, Values
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
