"""The domain of all features: the lesion's box and 20 mm around it, in whole voxels as acquired, on a paper's voxels along the
patient's axes.

Some filters scale by the greatest value of their domain (SIGNATURES, section 3): it is fixed, so that a feature does not
depend on how large the field of view was.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import SimpleITK as sitk

from tilscope.models.features.vessels import vessels_of
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.resampling import Spacing, mask_onto, patient_grid, phase_onto
from tilscope.models.imaging.series import DceSeries, Phase
from tilscope.models.imaging.sides import half
from tilscope.models.imaging.voxels import Mask, Volume, box_of, image_of, mask_of, part_of

REACH_MM = 20.0
"""The widest region, the stroma, reaches as far."""


@dataclass(frozen=True, eq=False)
class NativeVoxels:
    """The native voxels that the domain is resampled from, and what they are compared with."""

    prepared: PreparedSeries
    regions: Regions

    @property
    def series(self) -> DceSeries:
        """The even phases, on the grid that all masks of `regions` lie on."""
        return self.prepared.corrected

    @property
    def lesion(self) -> Lesion:
        return self.regions.index_lesion

    @cached_property
    def box(self) -> tuple[slice, slice, slice]:
        """The lesion's box, widened in every direction by REACH_MM and the rest of the last voxel."""
        tight = box_of(mask_of(self.lesion.mask))
        steps = self.series.grid.GetSpacing()[::-1]
        shape = self.series.grid.GetSize()[::-1]
        margin = [int(np.ceil(REACH_MM / step)) for step in steps]
        z, y, x = (slice(max(0, s.start - m), min(n, s.stop + m)) for s, m, n in zip(tight, margin, shape, strict=True))
        return z, y, x

    def part(self, image: sitk.Image) -> sitk.Image:
        """The part of an image that lies in the box.

        Parameters
        ----------
        image : SimpleITK.Image
            On the grid of the series, in any unit.

        Returns
        -------
        SimpleITK.Image
            The same voxels and unit, in the same place in the patient.
        """
        return part_of(image, self.box)

    @cached_property
    def parenchyma(self) -> Mask:
        """Fibroglandular tissue without lesions on the lesion's side: native voxels of the whole image, [z, y, x]."""
        side = half(self.regions.breast, self.series.laterality, self.lesion.laterality)
        return mask_of(self.regions.fgt) & mask_of(side)

    @cached_property
    def parenchyma_mean(self) -> float:
        """Of the even pre-contrast signal; no number where there is no parenchyma."""
        if not self.parenchyma.any():
            return float("nan")
        pre = self.series.phases[self.series.roles.pre]
        return float(pre.at(self.parenchyma).mean(dtype=np.float64))

    @cached_property
    def vessels(self) -> Mask:
        """Vessels in the box: native voxels of the whole image, [z, y, x]. Enhancement is that of the phases as acquired."""
        series = self.prepared.series
        before, after = (series.phases[role] for role in (series.roles.pre, series.roles.early))
        pre, early = before.within(self.box), after.within(self.box)
        lesions = np.logical_or.reduce([mask_of(lesion.mask)[self.box] for lesion in self.regions.lesions])
        # Where no gland was found, the lesion's: it is as bright on T1.
        gland = self.parenchyma if self.parenchyma.any() else mask_of(self.lesion.mask)
        spacing = np.array(series.grid.GetSpacing()[::-1])
        found = np.zeros(gland.shape, bool)
        found[self.box] = vessels_of(pre, early, lesions, float(np.median(before.at(gland))), spacing)
        return found


@dataclass(frozen=True, eq=False)
class Domain:
    """One grid around the lesion."""

    around: NativeVoxels
    grid: sitk.Image

    @classmethod
    def of(cls, around: NativeVoxels, spacing_mm: Spacing) -> Domain:
        """The grid of one voxel size over the native box, along the patient's axes.

        Parameters
        ----------
        around : NativeVoxels
            Gives the box.
        spacing_mm : tuple of float
            x, y, z in mm.

        Returns
        -------
        Domain
            Its arrays run to the head, to the back and to the left, whatever plane was acquired and however it is stored.
        """
        return cls(around, patient_grid(around.part(around.series.grid), spacing_mm))

    @property
    def spacing(self) -> Spacing:
        x, y, z = self.grid.GetSpacing()
        return x, y, z

    def values(self, phase: Phase) -> Volume:
        """A phase's signal on this grid.

        Parameters
        ----------
        phase : Phase
            On the grid of the series.

        Returns
        -------
        ndarray of float32, [z, y, x]
            In units of the signal, on the domain's grid.
        """
        return phase_onto(self.grid, phase)

    def mask(self, mask: sitk.Image | Mask) -> Mask:
        """A native mask on this grid.

        Parameters
        ----------
        mask : SimpleITK.Image or ndarray of bool, [z, y, x]
            On the grid of the series, 0 and 1.

        Returns
        -------
        ndarray of bool, [z, y, x]
            On the domain's grid.
        """
        image = mask if isinstance(mask, sitk.Image) else image_of(mask, self.around.series.grid)
        return mask_onto(self.grid, image)
