"""How far two masks are the same."""

from __future__ import annotations

import SimpleITK as sitk

from tilscope.models.imaging.voxels import Mask, mask_of


def dice(one: Mask | sitk.Image | None, other: Mask | sitk.Image | None) -> float:
    """Twice what is shared over what both hold; not for two empty ones."""
    a, b = (mask_of(x) if isinstance(x, sitk.Image) else x for x in (one, other))
    assert a is not None
    assert b is not None
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))
