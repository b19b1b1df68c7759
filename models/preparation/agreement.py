"""Whether a displacement found between two phases is true: judged on fine detail, against doing nothing and against blur.

A fit always finds something, and its own measure always improves. So it must prove itself on what it was not made of:
detail between one and three millimetres, where the fit saw shapes of two and more; in tissue that does not enhance, and
without the skin, which leads the fit. Both phases are cut into blocks of a centimetre, and in each block detail is
correlated three times: with the phase as acquired, with the phase moved back, and with the phase moved back and there
again. The last lies where the phase was acquired and is interpolated twice: interpolation smooths noise, which raises
every correlation. Only a displacement that beats both by a margin, and in so many blocks that chance is out of the
question, is believed. On voxels of two millimetres and more fit and proof share some of their detail; measured, the
proof holds there too (docs/registration.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from tilscope.models.imaging.voxels import Mask, Volume, image_of, mask_of, part_of, values_of
from tilscope.models.kernels.gaussian import smoothed
from tilscope.models.preparation.displaced import moved_by
from tilscope.models.preparation.fixed_phase import box_around

#: Detail is what differs between averages over these widths (standard deviations of Gaussians).
FINE_MM = 1.0
COARSE_MM = 3.0

#: Voxels larger than this are small enough to show it; smaller ones are joined.
LARGEST_VOXEL_MM = 1.5

BLOCK_MM = 12.0

#: A block is judged where this part of it is tissue that counts; so few blocks prove nothing.
LEAST_FILLED = 0.3
FEWEST_BLOCKS = 20

#: Tissue whose signal changes by this part of the lesser of both phases enhances.
ENHANCING = 0.5

#: By how much the correlation must rise, and by how many standard errors over the blocks.
LEAST_GAIN = 0.004
LEAST_CERTAINTY = 4.0

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """Mean correlation of fine detail over the blocks, three times, and how sure the gain is."""

    blocks: int
    as_acquired: float
    moved_back: float
    there_and_back: float
    certainty: float
    """The lesser gain over the two others in its standard errors."""

    @property
    def gain(self) -> float:
        return self.moved_back - max(self.as_acquired, self.there_and_back)

    @property
    def proven(self) -> bool:
        enough = self.blocks >= FEWEST_BLOCKS
        return enough and self.gain >= LEAST_GAIN and self.certainty >= LEAST_CERTAINTY


@dataclass(frozen=True, eq=False)
class FineDetail:
    """The fixed phase's, made once for all phases that must prove themselves on it."""

    box: tuple[slice, slice, slice]
    """The breasts and their surroundings, along z, y and x of the series."""
    shrink: tuple[int, ...]
    """Voxels that are joined, along x, y and z."""
    smooth: Volume
    sharp: Volume
    """What fine detail is left above `smooth`."""
    tissue: Mask

    @classmethod
    def of(cls, fixed: sitk.Image, breast: sitk.Image) -> FineDetail:
        """Around the breasts.

        Parameters
        ----------
        fixed : SimpleITK.Image
            The first phase after the injection: signal on the grid of the series.
        breast : SimpleITK.Image
            The breasts' mask on the same grid, 0 and 1; not empty.

        Returns
        -------
        FineDetail
            Of the breasts' box.
        """
        box = box_around(breast)
        crop = part_of(breast, box)
        shrink = tuple(max(1, int(LARGEST_VOXEL_MM / step)) for step in crop.GetSpacing())
        image = _joined(fixed, box, shrink)
        smooth = _smooth(image, COARSE_MM)
        tissue = sitk.Resample(crop, image, sitk.Transform(), sitk.sitkNearestNeighbor)
        return cls(box, shrink, smooth, _smooth(image, FINE_MM) - smooth, mask_of(tissue))

    def evidence_for(self, field: sitk.Image, moving: sitk.Image) -> Evidence:
        """How well it agrees with a displacement to another phase.

        Parameters
        ----------
        field : SimpleITK.Image
            Displacements in mm, patient LPS, on a grid around the breasts; nothing moves beyond it.
        moving : SimpleITK.Image
            The other phase: signal on the grid of the series.

        Returns
        -------
        Evidence
            Correlations of 0 where there are too few blocks to judge.
        """
        seen, blocks = self._seen_in(moving)
        back = moved_by(seen, field)
        there = moved_by(back, _reversed(field), wanted=blocks.tissue)
        still, moved, blurred = (blocks.correlations(self.sharp, values_of(image)) for image in (seen, back, there))
        if len(still) < FEWEST_BLOCKS:
            return Evidence(len(still), 0.0, 0.0, 0.0, 0.0)
        certainty = min(_certainty(moved - still), _certainty(moved - blurred))
        return Evidence(len(still), float(still.mean()), float(moved.mean()), float(blurred.mean()), certainty)

    def _seen_in(self, moving: sitk.Image) -> tuple[sitk.Image, _Blocks]:
        """The other phase's fine detail, and where it counts."""
        other = _joined(moving, self.box, self.shrink)
        smooth = _smooth(other, COARSE_MM)
        blocks = _Blocks.of(_without_enhancing(self.tissue, self.smooth, smooth), other)
        sharp = _smooth(other, FINE_MM)
        sharp -= smooth
        return image_of(sharp, other), blocks


def evidence_for(field: sitk.Image, fixed: sitk.Image, moving: sitk.Image, breast: sitk.Image) -> Evidence:
    """How well fine detail agrees with a displacement from `fixed` to `moving`.

    Parameters
    ----------
    field : SimpleITK.Image
        Displacements in mm, patient LPS, on a grid around the breasts; nothing moves beyond it.
    fixed : SimpleITK.Image
        The first phase after the injection: signal on the grid of the series.
    moving : SimpleITK.Image
        The other phase, on the same grid.
    breast : SimpleITK.Image
        The breasts' mask on the same grid, 0 and 1; not empty.

    Returns
    -------
    Evidence
        Correlations of 0 where there are too few blocks to judge.
    """
    return FineDetail.of(fixed, breast).evidence_for(field, moving)


def _joined(image: sitk.Image, box: tuple[slice, slice, slice], shrink: tuple[int, ...]) -> sitk.Image:
    return sitk.BinShrink(sitk.Cast(part_of(image, box), sitk.sitkFloat32), shrink)


def _smooth(image: sitk.Image, width_mm: float) -> Volume:
    return smoothed(values_of(image), image.GetSpacing(), width_mm)


def _without_enhancing(tissue: Mask, fixed: Volume, moving: Volume) -> Mask:
    """Without where contrast came or went between the two smoothed phases: motion moves edges, enhancement fills areas."""
    before, after = fixed[tissue], moving[tissue]
    kept = tissue.copy()
    kept[tissue] = np.abs(before - after) < ENHANCING * np.minimum(before, after)
    return kept


def _reversed(field: sitk.Image) -> sitk.Image:
    """The way back, nearly: exact where the field is even over a distance of its own length."""
    back = sitk.GetImageFromArray(-sitk.GetArrayFromImage(field), isVector=True)
    back.CopyInformation(field)
    return back


def _certainty(gains: Scores) -> float:
    return float(gains.mean() / (gains.std(ddof=1) / np.sqrt(len(gains)) + 1e-12))


@dataclass(frozen=True, eq=False)
class _Blocks:
    """Tissue cut into cubes that are large against detail and small against the breast."""

    tissue: Mask
    number: NDArray[np.int32]
    """Of each tissue voxel's block."""
    filled: Mask
    """Block by block."""

    @classmethod
    def of(cls, tissue: Mask, grid: sitk.Image) -> _Blocks:
        steps = grid.GetSpacing()[::-1]
        places = [np.arange(n) * step // BLOCK_MM for n, step in zip(tissue.shape, steps, strict=True)]
        rows, columns = places[1][-1] + 1, places[2][-1] + 1
        z, y, x = (line.astype(np.int32) for line in places)
        block = (z[:, None, None] * np.int32(rows) + y[:, None]) * np.int32(columns) + x
        number = block[tissue]
        least = LEAST_FILLED * BLOCK_MM**3 / float(np.prod(steps))
        return cls(tissue, number, np.bincount(number) >= least)

    def correlations(self, one: Volume, other: Volume) -> Scores:
        """Block by block; 0 where either shows nothing."""
        a, b = (values[self.tissue].astype(np.float64) for values in (one, other))
        both, first, second = (np.bincount(self.number, v)[self.filled] for v in (a * b, a * a, b * b))
        found: Scores = both / np.sqrt(np.maximum(first * second, 1e-30))
        return found
