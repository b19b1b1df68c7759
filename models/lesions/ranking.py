"""Which piece is the likeliest tumour: an order, not a probability."""

from __future__ import annotations

import numpy as np

from tilscope.models.lesions.traits import Traits

#: Each part of a score reaches one half here: a lesion of 10 mm, a median enhancement of 100 %.
HALF_DIAMETER_MM = 10.0
HALF_ENHANCEMENT_PERCENT = 100.0


def confidence(traits: Traits) -> float:
    """0 to 1: the geometric mean of size (twice), enhancement, washout and compactness."""
    size = traits.diameter_mm / (traits.diameter_mm + HALF_DIAMETER_MM)
    enhancement = max(traits.enhancement, 0.0)
    parts = [
        size,
        size,
        enhancement / (enhancement + HALF_ENHANCEMENT_PERCENT),
        # A persistent curve makes a lesion less likely and does not rule it out.
        0.5 + 0.5 * traits.washout,
        traits.compactness,
    ]
    return float(np.prod(parts) ** (1 / len(parts)))
