"""A measured study with something to see everywhere: a mottled ball in a mottled breast, in as many phases as asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import DceSeries, Laterality, Phase, PhaseRoles
from tilscope.models.imaging.voxels import image_of
from tilscope.models.signatures.base import SignatureCase

SHAPE = (24, 60, 66)
SPACING = (1.1, 1.0, 2.0)
CENTRE = (12, 30, 33)
POSTS_S = (90.0, 180.0, 270.0, 360.0)


def image(values: np.ndarray) -> sitk.Image:
    made = sitk.GetImageFromArray(values.astype(np.float32))
    made.SetSpacing(SPACING)
    made.SetOrigin((30.0, -30.0, 5.0))
    return made


def distance_mm(centre: tuple[int, int, int] = CENTRE) -> np.ndarray:
    """Of every voxel to a point."""
    steps = SPACING[::-1]
    return np.sqrt(sum(((i - c) * s) ** 2 for i, c, s in zip(np.indices(SHAPE), centre, steps, strict=True)))


def ball(radius_mm: float, centre: tuple[int, int, int] = CENTRE) -> np.ndarray:
    return distance_mm(centre) <= radius_mm


def mottled(seed: int) -> np.ndarray:
    """Around 1, with a standard deviation of a tenth, coarser than voxels."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=SHAPE), 1.0)
    return 1 + 0.1 * noise / noise.std()


def study(
    posts_s: Sequence[float] = POSTS_S,
    tumour: np.ndarray | None = None,
    breast: np.ndarray | None = None,
    phases: Sequence[np.ndarray] | None = None,
    glands: np.ndarray | None = None,
) -> SignatureCase:
    """Pre-contrast at -60 s. The ball rises to 250 and falls again, the tissue from 100 to 130. `phases` replaces all that."""
    lesion = ball(9.0) if tumour is None else tumour
    inside = np.ones(SHAPE, bool) if breast is None else breast
    volumes = [100 * mottled(0)] if phases is None else list(phases)
    if phases is None:
        for number, time in enumerate(posts_s, start=1):
            volumes.append(np.where(lesion, 250 - 0.1 * time, 100 + 0.08 * time) * mottled(number))
    times = (-60.0, *posts_s)
    series = DceSeries(
        tuple(Phase(image(v), t) for v, t in zip(volumes, times, strict=True)),
        PhaseRoles(0, 1, len(posts_s)),
        Laterality.LEFT,
        "by construction",
    )
    fibroglandular = inside & ~lesion if glands is None else glands
    mask, fgt, tissue = (image_of(m, series.grid) for m in (lesion, fibroglandular, inside))
    regions = Regions(tissue, fgt, (Lesion(1, mask, Laterality.LEFT, 0.9),), "by construction", "1")
    return SignatureCase(PreparedSeries(series, series, tissue, None), regions)
