"""A measured study whose numbers are known by construction: a ball that enhances, glands before it, fat behind."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import DceSeries, Laterality, Phase, PhaseRoles
from tilscope.models.imaging.voxels import image_of

RADIUS_MM = 12.0
SHAPE = (20, 50, 60)
SPACING = (0.8, 0.9, 2.0)


def image(values: np.ndarray) -> sitk.Image:
    made = sitk.GetImageFromArray(values)
    made.SetSpacing(SPACING)
    made.SetOrigin((60.0, -20.0, 11.0))
    return made


def ball() -> np.ndarray:
    z, y, x = np.indices(SHAPE)
    steps = SPACING[::-1]
    return sum(((i - (n - 1) / 2) * s) ** 2 for i, n, s in zip((z, y, x), SHAPE, steps, strict=True)) <= RADIUS_MM**2


def study(
    early: float = 220, late: float = 190, gland_early: float = 120, noise: float = 0.0, away_voxels: int = 0
) -> tuple[PreparedSeries, Regions]:
    """100 everywhere before contrast; a ball that enhances; glands in front of it, fat (20) behind.

    `noise` is a standard deviation; `away_voxels` moves the ball towards the patient's left.
    """
    inside = np.roll(ball(), away_voxels, axis=2)
    random = np.random.default_rng(5)
    glands = np.zeros(SHAPE, bool)
    glands[:, :25] = True
    glands &= ~inside
    pre = np.where(inside | glands, 100, 20).astype(np.float32)
    phases = []
    for time, tumour, gland in ((-60, 100, 100), (150, early, gland_early), (450, late, 130)):
        values = np.where(inside, tumour, np.where(glands, gland, pre)) + random.normal(0, noise, SHAPE)
        phases.append(Phase(image(values.astype(np.float32)), time))
    series = DceSeries(tuple(phases), PhaseRoles(0, 1, 2), Laterality.LEFT, "by construction")
    breast = image_of(np.ones(SHAPE, bool), series.pre)
    lesion = Lesion(1, image_of(inside, series.pre), Laterality.LEFT, 0.9)
    return PreparedSeries(series, series, breast, None), Regions(
        breast, image_of(glands, series.pre), (lesion,), "by construction", "1"
    )
