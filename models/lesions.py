"""Lesions: what enhances like a tumour in the breast, in pieces, the likeliest first.

Candidates follow the rule of functional tumour volume (`models.ftv`), with two changes. The background is a part of the
gland's pre-contrast signal and not of the volume's 95th percentile, which without fat suppression is fat's. And medium
enhancement (50 %) is enough: at the trial's 70 % a lesion of moderate uptake falls into pieces. Candidates are
opened, so that vessels fall off; the pieces get their rim back, are closed and filled: a dark, necrotic core belongs to
its tumour.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from models.answers import Refused
from models.ftv import functional_voxels
from models.kinetics import percent_enhancement, signal_enhancement_ratio
from models.preparation import PreparedSeries
from models.regions import Lesion
from models.settings import PipelineSettings
from models.sides import side_of
from models.voxels import Mask, Volume, image_of, mask_of, values_of, widened

#: Opening takes away what is thinner than about twice this, or one voxel where voxels are larger.
OPENING_MM = 1.0

#: Closing bridges gaps of so many voxels in the finest direction.
CLOSING_VOXELS = 2.0

#: Each part of a lesion's score reaches one half here: a lesion of 10 mm, a median enhancement of 100 %.
HALF_DIAMETER_MM = 10.0
HALF_ENHANCEMENT_PERCENT = 100.0

#: SER above this is washout (Hylton 2012).
WASHOUT_SER = 1.0


@dataclass(frozen=True, eq=False)
class _Piece:
    box: tuple[slice, slice, slice]
    voxels: Mask
    score: float


def find_lesions(prepared: PreparedSeries, fgt: sitk.Image, settings: PipelineSettings) -> tuple[Lesion, ...]:
    """The lesions, index lesion first; refuses where there is none."""
    grid = prepared.series.pre
    breast = mask_of(prepared.breast)
    pre = values_of(prepared.corrected.pre)
    pe = percent_enhancement(values_of(grid), values_of(prepared.series.early))
    ser = signal_enhancement_ratio(values_of(grid), values_of(prepared.series.early), values_of(prepared.series.late))
    gland = pre[mask_of(fgt)]
    background = settings.ftv.background_fraction * float(np.median(gland)) if gland.size else 0.0
    rule = replace(settings.ftv, pe_threshold_percent=settings.segmentation.lesion_pe_percent)
    candidates = functional_voxels(pre, pe, ser, background, rule) & breast

    pieces = sorted(_pieces(candidates, pe, ser, grid, settings), key=lambda piece: -piece.score)
    free = breast.copy()
    lesions: list[Lesion] = []
    for piece in pieces[: settings.segmentation.most_lesions]:
        # Closing may have reached into a neighbour: the likelier lesion keeps the voxel.
        mask = np.zeros(breast.shape, bool)
        mask[piece.box] = piece.voxels
        mask &= free
        free &= ~mask
        image = image_of(mask, grid)
        side = side_of(image, prepared.breast, prepared.series.laterality)
        lesions.append(Lesion(len(lesions) + 1, image, side, round(piece.score, 3)))
    if not lesions:
        raise Refused("no-lesion")
    return tuple(lesions)


def _pieces(candidates: Mask, pe: Volume, ser: Volume, grid: sitk.Image, settings: PipelineSettings) -> list[_Piece]:
    spacing = np.array(grid.GetSpacing()[::-1])
    opening = ball(max(OPENING_MM, float(spacing.min())), spacing)
    labels, _ = ndimage.label(ndimage.binary_opening(candidates, opening))
    smallest = np.pi / 6 * settings.segmentation.minimum_lesion_diameter_mm**3 / float(np.prod(spacing))
    pieces = []
    for label, tight in enumerate(ndimage.find_objects(labels), start=1):
        if np.count_nonzero(labels[tight] == label) < smallest:
            continue
        box = widened(tight, 4, labels.shape)
        whole = whole_lesion(labels[box] == label, candidates[box], opening, spacing)
        pieces.append(_Piece(box, whole, likeliness(whole, pe[box], ser[box], spacing)))
    return pieces


def whole_lesion(core: Mask, candidates: Mask, opening: Mask, spacing: NDArray[np.float64]) -> Mask:
    """An opened piece with the rim that opening took, closed and filled slice by slice."""
    rim = ndimage.binary_dilation(core, opening) & candidates
    closing = ball(CLOSING_VOXELS * float(spacing.min()), spacing)
    # A frame of empty voxels, so that closing does not stick to the border of the crop.
    margin = [size // 2 + 1 for size in closing.shape]
    framed = np.pad(rim | core, [(m, m) for m in margin])
    closed = ndimage.binary_closing(framed, closing)[tuple(slice(m, -m) for m in margin)]
    filled: Mask = np.stack([ndimage.binary_fill_holes(plane) for plane in closed])
    return filled


def likeliness(lesion: Mask, pe: Volume, ser: Volume, spacing: NDArray[np.float64]) -> float:
    """0 to 1: the geometric mean of size (twice), enhancement, washout and compactness. An order, not a probability."""
    diameter = equivalent_diameter(lesion, spacing)
    typical = float(np.nanmedian(pe[lesion]))
    washout = float(np.mean(np.nan_to_num(ser[lesion], nan=0.0, posinf=0.0) > WASHOUT_SER))
    size = diameter / (diameter + HALF_DIAMETER_MM)
    parts = [
        size,
        size,
        max(typical, 0.0) / (max(typical, 0.0) + HALF_ENHANCEMENT_PERCENT),
        # A persistent curve makes a lesion less likely and does not rule it out.
        0.5 + 0.5 * washout,
        compactness(lesion, spacing),
    ]
    return float(np.prod(parts) ** (1 / len(parts)))


def equivalent_diameter(mask: Mask, spacing: NDArray[np.float64]) -> float:
    """Of the ball of the same volume, in mm."""
    return float((6 / np.pi * mask.sum() * np.prod(spacing)) ** (1 / 3))


def compactness(mask: Mask, spacing: NDArray[np.float64]) -> float:
    """1 for a ball, towards 0 for a string: its equivalent diameter over its principal length."""
    points = np.argwhere(mask) * spacing
    if len(points) < 2:
        return 1.0
    # Variance along the longest axis, with a voxel's own extent; a ball of diameter d has d2 / 20.
    longest = float(np.linalg.eigvalsh(np.cov(points.T) + np.diag(spacing**2 / 12)).max())
    return min(1.0, equivalent_diameter(mask, spacing) / float(np.sqrt(20 * longest)))


def ball(radius_mm: float, spacing: NDArray[np.float64]) -> Mask:
    """A structuring element: all voxels whose centre lies within the radius of the middle one."""
    reach = [int(radius_mm / step + 1e-6) for step in spacing]
    axes = np.ogrid[tuple(slice(-r, r + 1) for r in reach)]
    squared = sum((axis * step) ** 2 for axis, step in zip(axes, spacing, strict=True))
    inside: Mask = np.asarray(squared) <= (radius_mm * (1 + 1e-6)) ** 2
    return inside
