"""Fan's tumour-stroma heterogeneity: how many more cells of a kind the tumour has than the stroma, of what the stroma has."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


def heterogeneity(
    tumour: Mapping[str, NDArray[np.float64]], stroma: Mapping[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    """(A_tumour - A_stroma) / A_stroma of each population, of the same patients in the same order.

    NaN where the stroma has none: nothing can be compared with nothing.

    >>> heterogeneity({"mcp_t_cells": np.array([3.0, 1.0])}, {"mcp_t_cells": np.array([2.0, 0.0])})
    {'tsh_t_cells': array([0.5, nan])}
    """
    found = {}
    for name in tumour:
        if name in stroma:
            some = np.where(stroma[name] > 0, stroma[name], np.nan)
            found[f"tsh_{name.removeprefix('mcp_')}"] = (tumour[name] - some) / some
    return found
