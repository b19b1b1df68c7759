"""The two slabs of a sagittal pair: both breasts imaged together, nothing between them.

Scanners tell the slabs apart by StackID, by series or not at all; the gap between the positions is always there.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tilscope.dicom_io.dce.slices import Slice

#: One gap of so many slice distances is the space between two breasts, not a missing slice.
SLAB_GAP = 5.0
#: The gap lies at the patient's midline, which is seldom the scanner's to the millimetre. A gap elsewhere is a part of
#: one breast that is missing.
_OFF_MIDLINE_MM = 40.0
#: The normal's share along the patient's left-right axis from which slices count as sagittal.
_SAGITTAL = 0.8


def slabs_of(slices: Sequence[Slice]) -> list[list[Slice]]:
    """Placed slices of one grid, as one slab or as the two of a sagittal pair."""
    first = slices[0]
    sideways = float(first.axes[2][0])
    places = sorted({s.place for s in slices})
    if abs(sideways) < _SAGITTAL or len(places) < 4:
        return [list(slices)]
    typical = float(np.median(np.diff(places)))
    x_of = {s.place: float(s.position[0]) for s in slices}
    for below, above in pairwise(places):
        ends = sorted((x_of[below], x_of[above]))
        at_midline = ends[0] < _OFF_MIDLINE_MM and ends[1] > -_OFF_MIDLINE_MM
        if above - below > SLAB_GAP * typical and at_midline:
            return [[s for s in slices if s.place <= below], [s for s in slices if s.place >= above]]
    return [list(slices)]
