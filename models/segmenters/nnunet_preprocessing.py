"""nnU-Net's preprocessing and its way back, equal to `nnunetv2`'s default preprocessor (docs/segmenters.md: measured).

Transposed, cropped to what is not 0, normalised per channel, resampled to the plans' spacing: in this order, since a
resampled border would not be 0 any more. Arrays are [channel, three axes].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.imaging.voxels import Mask, Volume, box_of
from tilscope.models.segmenters.plans import Normalisation, Plans, Resampling

#: Slices so many times as thick as voxels are wide are resampled by themselves.
ANISOTROPY = 3.0
_TINY = 1e-8

Spacing = tuple[float, ...]
Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Preprocessed:
    """What the network sees, and what is needed to come back."""

    values: Volume
    box: tuple[slice, slice, slice]
    whole: Shape
    spacing: Spacing
    """Of the transposed image."""
    plans: Plans

    def labels_of(self, logits: Volume) -> NDArray[np.intp]:
        """The likeliest label of each voxel of the image that was given; 0 outside the box.

        Parameters
        ----------
        logits : ndarray of float32, [label, three axes]
            On the grid of `values`.

        Returns
        -------
        ndarray of int, [three axes]
            Labels, in the order of axes of the image that was given.
        """
        inside = tuple(s.stop - s.start for s in self.box)
        back = resampled(logits, inside, self.plans.spacing, self.spacing, self.plans.logits_resampling)
        labels = np.zeros(self.whole, np.intp)
        labels[self.box] = back.argmax(axis=0)
        return labels.transpose(np.argsort(self.plans.transpose))


def preprocessed(image: Volume, spacing: Spacing, plans: Plans) -> Preprocessed:
    """An image of several channels as its plans want it.

    Parameters
    ----------
    image : ndarray of float32, [channel, three axes]
        In the training's unit; not 0 everywhere.
    spacing : tuple of float
        mm, in the order of the three axes.
    plans : Plans
        Order of axes, voxels and normalisation.

    Returns
    -------
    Preprocessed
        Its values are [channel, three axes] in the plans' order, without a unit.
    """
    values = image.transpose(0, *(axis + 1 for axis in plans.transpose))
    turned = tuple(spacing[axis] for axis in plans.transpose)
    whole = values.shape[1:]
    body: Mask = ndimage.binary_fill_holes((values != 0).any(axis=0))
    box = box_of(body)
    cropped = values[(slice(None), *box)]
    normal = np.stack([normalised(c, body[box], how) for c, how in zip(cropped, plans.normalisations, strict=True)])
    shape = tuple(round(a / b * n) for a, b, n in zip(turned, plans.spacing, normal.shape[1:], strict=True))
    return Preprocessed(
        resampled(normal, shape, turned, plans.spacing, plans.data_resampling), box, whole, turned, plans
    )


def normalised(values: Volume, body: Mask, how: Normalisation) -> Volume:
    """One channel as the plans' scheme has it.

    Parameters
    ----------
    values : ndarray of float32, [three axes]
        One channel, in the training's unit.
    body : ndarray of bool, [three axes]
        Where any channel is not 0.
    how : Normalisation
        Scheme and statistics.

    Returns
    -------
    ndarray of float32, [three axes]
        A copy, without a unit but for `NoNormalization`.
    """
    result: Volume = values.copy()
    match how.scheme:
        case "ZScoreNormalization":
            where = body if how.nonzero_only else np.ones_like(body)
            inside = values[where]
            result[where] = (inside - inside.mean()) / max(inside.std(), _TINY)
        case "CTNormalization":
            known = how.statistics
            np.clip(result, known["percentile_00_5"], known["percentile_99_5"], out=result)
            result -= known["mean"]
            result /= max(known["std"], _TINY)
        case "RescaleTo01Normalization":
            result -= result.min()
            result /= max(result.max(), _TINY)
    return result


def resampled(values: Volume, shape: Shape, spacing: Spacing, wanted: Spacing, how: Resampling) -> Volume:
    """Every channel on another number of voxels; thick slices by themselves, then across them.

    Parameters
    ----------
    values : ndarray of float32, [channel, three axes]
        In any unit.
    shape : tuple of int
        Voxels wanted along the three axes.
    spacing : tuple of float
        mm along the three axes.
    wanted : tuple of float
        mm along the three axes afterwards; only decides which axis is thick.
    how : Resampling
        Orders of the splines.

    Returns
    -------
    ndarray of float32, [channel, three axes]
        In the same unit; the array itself where its shape is right.
    """
    if values.shape[1:] == shape:
        return values
    axis = _thick_axis(spacing, wanted, how.force_separate)
    result = np.empty((len(values), *shape), np.float32)
    for channel, given in zip(result, values, strict=True):
        channel[:] = _resized(given, shape, how.order) if axis is None else _by_slices(given, shape, axis, how)
    return result


def _thick_axis(spacing: Spacing, wanted: Spacing, force: bool | None) -> int | None:
    """The axis across slices that are resampled by themselves; None where all three are resampled together."""
    if force is False:
        return None
    for one in (spacing, wanted) if force is None else (spacing,):
        if force or max(one) / min(one) > ANISOTROPY:
            thick = [axis for axis, step in enumerate(one) if step == max(one)]
            # Two coarse axes are a fine one between them, and no slices.
            return thick[0] if len(thick) == 1 else None
    return None


def _by_slices(values: Volume, shape: Shape, axis: int, how: Resampling) -> NDArray[np.float64]:
    within = tuple(n for a, n in enumerate(shape) if a != axis)
    slices = np.stack([_resized(plane, within, how.order) for plane in np.moveaxis(values, axis, 0)])
    if len(slices) != shape[axis]:
        at = (np.arange(shape[axis]) + 0.5) * len(slices) / shape[axis] - 0.5
        where = np.meshgrid(at, *(np.arange(n) for n in within), indexing="ij")
        slices = ndimage.map_coordinates(slices, where, order=how.order_across, mode="nearest")
    return np.moveaxis(slices, 0, axis)


def _resized(values: Volume, shape: Shape, order: int) -> NDArray[np.float64]:
    """Splines between voxels that are areas, not points; kept within the values that were there."""
    exact = values.astype(np.float64)
    if exact.shape == shape:
        return exact
    factors = [new / old for new, old in zip(shape, exact.shape, strict=True)]
    zoomed: NDArray[np.float64] = ndimage.zoom(exact, factors, order=order, mode="nearest", grid_mode=True)
    return np.clip(zoomed, exact.min(), exact.max())
