"""From the features before and after every change to figures that a signature can carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sensitivity.changes import CHANGES

#: Features of one case by 'SIGNATURE FEATURE', by the change that was made; '' for none.
Measured = Mapping[str, Mapping[str, float]]


def figures_of(signature: str, measured: Mapping[str, Measured]) -> dict[str, Any]:
    """Of every feature that has a value in any case: the median and the greatest relative change over the cases."""
    every = (name for case in measured.values() for name in case[""])
    names = list(dict.fromkeys(name for name in every if name.split()[0] == signature))
    return {
        "cases": sorted(measured),
        "changes": {id: {"words": change.words, "identical": change.identical} for id, change in CHANGES.items()},
        "features": {name.split()[1]: _of_feature(name, measured.values()) for name in names},
    }


def _of_feature(name: str, cases: Iterable[Measured]) -> dict[str, list[float]]:
    having = [case for case in cases if name in case[""]]
    found = {id: [relative(case[""][name], case[id][name]) for case in having if name in case[id]] for id in CHANGES}
    return {id: [_percent(np.median(all)), _percent(np.max(all))] for id, all in found.items() if all}


def relative(before: float, after: float) -> float:
    """The difference over the larger magnitude: from 0 to 1, and to 2 where the sign changes."""
    larger = max(abs(before), abs(after))
    return abs(after - before) / larger if larger > 0 else 0.0


def _percent(value: float) -> float:
    """Two digits are what a handful of cases give."""
    return float(f"{100 * value:.2g}")
