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
from tilscope.models.imaging.orientation import PatientAxes
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.voxels import Mask, image_of, mask_of
from tilscope.models.kernels.side_by_side import side_by_side
from tilscope.models.settings import Extractor
from tilscope.models.signatures.base import Installed, NearbyFeatures, Signature, case_of


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
    across = int(np.argmax(mask.GetSpacing()[::-1]))
    cross = np.expand_dims(ndimage.generate_binary_structure(2, 1), across)
    change = ndimage.binary_dilation if voxels > 0 else ndimage.binary_erosion
    return image_of(change(mask_of(mask), cross, abs(voxels)), mask)


def outline_moved(mask: sitk.Image) -> sitk.Image:
    """A mask moved by a voxel along both axes of its slices, to the same side of the patient however it is stored.

    Parameters
    ----------
    mask : SimpleITK.Image
        0 and 1, on any grid.

    Returns
    -------
    SimpleITK.Image
        uint8, 0 and 1, on the same grid; what would leave it is cut off.
    """
    axes = PatientAxes(mask)
    across = int(np.argmax(axes.spacing))
    steps = [0 if axis == across else 1 for axis in range(3)]
    moved: Mask = ndimage.shift(axes.array(mask), steps, order=0) > 0
    return axes.mask(moved)


SMALL_CHANGES: tuple[Callable[[sitk.Image], sitk.Image], ...] = (
    lambda mask: outline_changed(mask, 1),
    lambda mask: outline_changed(mask, -1),
    outline_moved,
)


def features_nearby(
    prepared: PreparedSeries,
    regions: Regions,
    signatures: Sequence[Signature],
    installed: Mapping[str, Installed],
    extractor: Extractor = "tilscope",
) -> dict[str, tuple[NearbyFeatures, ...]]:
    """Every signature's features with the index lesion's outline changed a little.

    Parameters
    ----------
    prepared : PreparedSeries
        Phases as acquired and with an even field.
    regions : Regions
        On the grid of `prepared`; the first lesion is the index lesion.
    signatures : sequence of Signature
        Whose features are wanted.
    installed : mapping of str to Installed
        By signature id: what a model takes is measured as well.
    extractor : str
        Who computes: 'tilscope' or 'pyradiomics'.

    Returns
    -------
    dict of str to tuple of dict
        By signature id, one for each small change: values by feature id, None where there is none. Empty where nothing is
        left of the outline.
    """
    nearby = [with_outline(regions, change) for change in SMALL_CHANGES]
    if not all(mask_of(changed.index_lesion.mask).any() for changed in nearby):
        return {}
    cases = [{s.id: case_of(prepared, changed, installed[s.id], extractor) for s in signatures} for changed in nearby]
    wanted = [{one for s in signatures for one in s.needs(of_outline[s.id])} for of_outline in cases]
    values = side_by_side(
        lambda outline: compute(prepared, *outline, extractor=extractor), zip(nearby, wanted, strict=True)
    )
    return {
        s.id: tuple(
            {m.id: m.value for m in s.measure(of_outline[s.id], found)}
            for of_outline, found in zip(cases, values, strict=True)
        )
        for s in signatures
    }


def with_outline(regions: Regions, change: Callable[[sitk.Image], sitk.Image]) -> Regions:
    """The regions with the index lesion's outline changed, inside the breast; what is lesion then is no gland.

    Parameters
    ----------
    regions : Regions
        On the grid of a series; the first lesion is the index lesion.
    change : callable
        Takes the lesion's mask and gives another on the same grid, both 0 and 1.

    Returns
    -------
    Regions
        On the same grid; the index lesion may be empty.
    """
    index, *others = regions.lesions
    inside = mask_of(change(index.mask)) & mask_of(regions.breast)
    for other in others:
        inside &= ~mask_of(other.mask)
    gland = mask_of(regions.fgt) & ~inside
    grid = regions.breast
    lesions = (replace(index, mask=image_of(inside, grid)), *others)
    return replace(regions, fgt=image_of(gland, grid), lesions=lesions)
