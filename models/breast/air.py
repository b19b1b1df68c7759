"""What the images measure in air: noise, which magnitudes turn into a signal of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilscope.models.imaging.voxels import Volume

#: Where air is searched: the foremost slab of the field of view, without its very edge, which some scanners blank.
#: Prone breasts hang forwards and do not reach it over half its area.
AIR_SLAB = (0.02, 0.12)

#: Below this part of the brightest tissue nothing was measured: the scanner has blanked the voxel.
PART_OF_AIR_SEEN = 0.002

#: Where air was blanked to 0 or is nearly so, tissue is at least brighter than this part of the brightest.
PART_OF_BRIGHTEST = 0.05


@dataclass(frozen=True)
class Air:
    """What a smoothed image, along the patient's axes, measures in air."""

    level: float
    spread: float
    """The standard deviation, by the median deviation: a ghost through a part of the air does not count."""
    least_tissue: float
    """So bright is tissue at least, where air was blanked."""

    @classmethod
    def of(cls, smooth: Volume) -> Air:
        """Measured on one image.

        Parameters
        ----------
        smooth : ndarray of float32, [head, back, left]
            In units of the signal.

        Returns
        -------
        Air
            In the same unit.
        """
        rows = smooth.shape[1]
        first, last = (int(part * rows) for part in AIR_SLAB)
        slab = smooth[:, first : max(last, first + 1)]
        brightest = float(np.percentile(smooth, 99))
        # Corners that the correction of distortions left empty are no air.
        seen = slab[slab > PART_OF_AIR_SEEN * brightest]
        level = float(np.median(seen)) if seen.size else 0.0
        spread = 1.4826 * float(np.median(np.abs(seen - level))) if seen.size else 0.0
        return cls(level, spread, PART_OF_BRIGHTEST * brightest)
