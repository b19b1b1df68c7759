"""How much contrast a voxel takes up, in units of the gland's own signal.

Percent enhancement divides by the voxel's own pre-contrast signal: where fat is suppressed that is near 0, and its noise
passes for enhancement. The rise of the signal itself has no such voxels. It is divided by one number, the gland's median
before contrast, so that it is comparable between scanners; the coil's shading is taken out, and speckle smoothed away.

Where gland takes up as much as a tumour does, uptake shows no border between the two. How it goes on does: gland's is early
only half of what it is late, a tumour's is there with the first phase.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import ndimage

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.voxels import Mask, Volume, box_of, mask_of, values_of
from tilscope.models.kernels.nearest_outside import Distances, depth_of
from tilscope.models.lesions.shape import Spacing

#: Speckle is finer than this, spiculae and septa are coarser.
SMOOTHING_MM = 1.0

#: Around the breast: surroundings of a piece that touches its border, and what goes on beyond it.
MARGIN_VOXELS = 6

#: Gland that goes on rising has reached this part of its late uptake with the first phase (Kuhl 1999: persistent, as a rule).
GLANDS_CURVE = 0.5

Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class Uptake:
    """Arrays [z, y, x] in the breasts' box."""

    box: Box
    """Of the breasts, on the grid of the series."""
    first: Volume
    """Of the first phase after the injection."""
    early: Volume
    late: Volume
    breast: Mask
    gland: Mask
    spacing: Spacing

    @classmethod
    def of(cls, prepared: PreparedSeries, gland: Mask) -> Uptake:
        """The uptake of a series, with its glands.

        Parameters
        ----------
        prepared : PreparedSeries
            Breasts found; at least one voxel is breast.
        gland : ndarray of bool, [z, y, x]
            Fibroglandular tissue with the lesions in it, on the grid of the series.

        Returns
        -------
        Uptake
            In the breasts' box; 1 is the gland's median signal before contrast.
        """
        series = prepared.series
        breast = mask_of(prepared.breast)
        box = box_of(breast, MARGIN_VOXELS)
        spacing = np.array(series.grid.GetSpacing()[::-1])
        before = series.phases[series.roles.pre].within(box)
        shading = _shading(prepared, box)
        tissue = gland[box] if gland.any() else breast[box]
        unit = max(float(np.median((before / shading)[tissue])), 1e-6)

        def rise(index: int) -> Volume:
            risen = (series.phases[index].within(box) - before) / (shading * unit)
            smooth: Volume = ndimage.gaussian_filter(risen, SMOOTHING_MM / spacing)
            return smooth

        early = rise(series.roles.early)
        first = early if series.first_post == series.roles.early else rise(series.first_post)
        return cls(box, first, early, rise(series.roles.late), breast[box], gland[box], spacing)

    def beyond_gland(self) -> Uptake:
        """The same breasts, of whose early uptake that is left which no gland's goes on from: 0 where the late one is twice the
        first, the uptake itself at a plateau, and more where it washes out."""
        left = (self.first - GLANDS_CURVE * self.late) / (1 - GLANDS_CURVE)
        return replace(self, early=left.astype(np.float32))

    @cached_property
    def depth_mm(self) -> Distances:
        """How deep in the breast each voxel lies, mm, [z, y, x]; the box's edge is a border too."""
        return depth_of(np.pad(self.breast, 1), self.spacing)[1:-1, 1:-1, 1:-1]


def _shading(prepared: PreparedSeries, box: Box) -> Volume:
    """What the coil made of an even signal; 1 where that is not known."""
    if prepared.bias_field is None:
        return np.ones([s.stop - s.start for s in box], np.float32)
    return values_of(prepared.bias_field)[box]
