"""A lesion as drawn, before it meets the images."""

from __future__ import annotations

from dataclasses import dataclass

import SimpleITK as sitk

from tilscope.models.imaging.regions import ManualRoi


@dataclass(frozen=True, eq=False)
class ManualRoiVolume:
    """One lesion on the grid on which it was drawn."""

    roi: ManualRoi
    frame_of_reference: str
    share: sitk.Image
    """float32: how much of each voxel is drawn, 0 to 1."""
