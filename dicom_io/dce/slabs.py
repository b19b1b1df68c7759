"""The two slabs of a sagittal pair: both breasts imaged together, with nothing or little between them.

Scanners tell the slabs apart by StackID, by series or not at all. Where there is a gap between the positions, it is the
border; where there is none, one volume holds both breasts unless most series end there.
"""

from __future__ import annotations

from collections import defaultdict
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
    x_of = {s.place: float(s.position[0]) for s in slices}
    at_midline = [(p, q) for p, q in pairwise(places) if _about_the_midline(x_of[p], x_of[q])]
    typical = float(np.median(np.diff(places)))
    border = next((p for p, q in at_midline if q - p > SLAB_GAP * typical), None)
    if border is None:
        border = next((p for p, _ in at_midline if _series_end(slices, p)), None)
    if border is None:
        return [list(slices)]
    return [[s for s in slices if s.place <= border], [s for s in slices if s.place > border]]


def _about_the_midline(*x: float) -> bool:
    return min(x) < _OFF_MIDLINE_MM and max(x) > -_OFF_MIDLINE_MM


def _series_end(slices: Sequence[Slice], border: float) -> bool:
    """Whether most images are of series that lie on one side of a border, with such series on both sides."""
    sides: dict[str, set[bool]] = defaultdict(set)
    for s in slices:
        sides[s.series_uid].add(s.place > border)
    below, above = ([s for s in slices if sides[s.series_uid] == {side}] for side in (False, True))
    return bool(below) and bool(above) and 2 * (len(below) + len(above)) > len(slices)
