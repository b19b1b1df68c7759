"""How far a score goes when the outline is drawn a little otherwise: computed anew on this patient, and not taken from others.

Two readers differ by about a voxel, and so does one on two days. A score that goes from one class to the other with that says
less than its two decimals do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from tilscope.models.features import compute
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.voxels import Mask, image_of, mask_of
from tilscope.models.result import DIGITS, SignatureResult
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import Installed, Signature, SignatureCase, conclude


def outline_changed(mask: sitk.Image, voxels: int) -> sitk.Image:
    """A mask wider (or narrower, below 0) by so many voxels within its slices: outlines are drawn in slices.

    Parameters
    ----------
    mask : SimpleITK.Image
        0 and 1, on any grid; its slices lie across the axis of the longest voxel side.
    voxels : int
        How many.

    Returns
    -------
    SimpleITK.Image
        uint8, 0 and 1, on the same grid.
    """
    cross = np.expand_dims(ndimage.generate_binary_structure(2, 1), _across_slices(mask))
    change = ndimage.binary_dilation if voxels > 0 else ndimage.binary_erosion
    return image_of(change(mask_of(mask), cross, abs(voxels)), mask)


def outline_moved(mask: sitk.Image) -> sitk.Image:
    """A mask moved by a voxel along both axes of its slices.

    Parameters
    ----------
    mask : SimpleITK.Image
        0 and 1, on any grid.

    Returns
    -------
    SimpleITK.Image
        uint8, 0 and 1, on the same grid; what would leave it is cut off.
    """
    steps = [0 if axis == _across_slices(mask) else 1 for axis in range(3)]
    moved: Mask = ndimage.shift(mask_of(mask).astype(np.uint8), steps, order=0) > 0
    return image_of(moved, mask)


def _across_slices(mask: sitk.Image) -> int:
    """Of the array's axes, the one with the longest voxel side."""
    return int(np.argmax(mask.GetSpacing()[::-1]))


SMALL_CHANGES: tuple[Callable[[sitk.Image], sitk.Image], ...] = (
    lambda mask: outline_changed(mask, 1),
    lambda mask: outline_changed(mask, -1),
    outline_moved,
)


def with_spread(
    results: Sequence[SignatureResult],
    signatures: Sequence[Signature],
    cases: Mapping[str, SignatureCase],
    settings: PipelineSettings,
    installed: Mapping[str, Installed],
) -> tuple[SignatureResult, ...]:
    """The results with the lowest and the highest score over small changes of the index lesion's outline.

    Parameters
    ----------
    results, signatures : sequence
        In the same order.
    cases, installed : mapping
        By signature id, as the results were computed from.
    settings : PipelineSettings
        As the results were computed under.

    Returns
    -------
    tuple of SignatureResult
        Without a spread where there is no score, or where an outline so changed gives none.
    """
    scored = [s for s, result in zip(signatures, results, strict=True) if result.value is not None]
    found: dict[str, list[float | None]] = {one.id: [one.value] for one in results}
    for change in SMALL_CHANGES if scored else ():
        changed = {s.id: replace(cases[s.id], regions=_changed(cases[s.id].regions, change)) for s in scored}
        first = changed[scored[0].id]
        values = compute(first.prepared, first.regions, {w for s in scored for w in s.needs(changed[s.id])})
        for s in scored:
            features = s.measure(changed[s.id], values)
            found[s.id].append(conclude(s, features, settings, installed[s.id]).value)
    return tuple(replace(one, spread=_range(found[one.id])) if one.value is not None else one for one in results)


def _changed(regions: Regions, change: Callable[[sitk.Image], sitk.Image]) -> Regions:
    """With the index lesion's outline changed, inside the breast; what is lesion then is no gland."""
    index, *others = regions.lesions
    inside = mask_of(change(index.mask)) & mask_of(regions.breast)
    for other in others:
        inside &= ~mask_of(other.mask)
    gland = mask_of(regions.fgt) & ~inside
    grid = regions.breast
    lesions = (replace(index, mask=image_of(inside, grid)), *others)
    return replace(regions, fgt=image_of(gland, grid), lesions=lesions)


def _range(scores: Sequence[float | None]) -> tuple[float, float] | None:
    known = [score for score in scores if score is not None]
    if len(known) < len(scores):
        return None
    low, high = (float(f"{score:.{DIGITS}g}") for score in (min(known), max(known)))
    return low, high
