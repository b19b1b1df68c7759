"""nnU-Net's preprocessing: the same numbers as its reference implementation, and the way back to the image."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tilscope.models.segmenters.nnunet_preprocessing import Preprocessed, normalised, preprocessed, resampled
from tilscope.models.segmenters.plans import Architecture, Normalisation, Plans, Resampling

SPLINES = Resampling(order=3, order_across=0, force_separate=None)
Z_SCORE = Normalisation("ZScoreNormalization", False, {})
PLANS = Plans(
    transpose=(1, 2, 0),
    spacing=(1.0, 2.0, 1.5),
    patch=(8, 8, 8),
    normalisations=(Z_SCORE, Z_SCORE),
    data_resampling=SPLINES,
    logits_resampling=Resampling(1, 0, None),
    architecture=Architecture("PlainConvUNet", {}, ()),
    labels={"background": 0, "one": 1},
)


def waves(*shape: int) -> np.ndarray:
    """Smooth and nowhere symmetric."""
    axes = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    return sum(np.sin(0.7 * (k + 1) * axis + 0.3 * k) for k, axis in enumerate(axes)).astype(np.float32)


def ramp_sum(values: np.ndarray) -> float:
    """One number that changes with any voxel, and with their order."""
    return float((values.astype(np.float64).ravel() * np.cos(np.arange(values.size))).sum())


REFERENCE: dict[str, tuple[Any, ...]] = {
    "alike in all directions": ((2, 1.5, 1.5), (1.3, 1.1, 1.9), SPLINES, (15, 16, 10), -0.06416),
    "thick slices, by themselves": ((5, 1, 1), (4, 1.3, 1.2), SPLINES, (12, 9, 11), 1.14297),
    "thick slices to be": ((1, 1, 1.2), (1.2, 1.2, 5), SPLINES, (8, 10, 3), -0.62739),
    "thick slices, together": ((5, 1, 1), (4, 1.3, 1.2), replace(SPLINES, force_separate=False), (12, 9, 11), 1.04935),
    "logits": ((5, 1, 1), (4, 1.3, 1.2), Resampling(1, 0, None), (12, 9, 11), 0.99548),
    "two coarse directions are no slices": ((0.24, 1.25, 1.25), (1, 1, 1), SPLINES, (2, 15, 16), 0.31941),
}


@pytest.mark.parametrize("case", REFERENCE)
def test_resampling_gives_the_numbers_of_nnunetv2(case: str) -> None:
    """From nnunetv2 2.6.4: resample_data_or_seg_to_shape(waves(10, 12, 13)[None], shape, spacing, wanted, ...)."""
    spacing, wanted, how, shape, expected = REFERENCE[case]
    values = resampled(waves(10, 12, 13)[None], shape, spacing, wanted, how)
    assert values.shape == (1, *shape)
    assert ramp_sum(values) == pytest.approx(expected, abs=1e-4)


def test_resampling_never_leaves_the_range_of_the_values() -> None:
    step = np.zeros((1, 8, 8, 8), np.float32)
    step[:, 4:] = 1
    values = resampled(step, (13, 9, 9), (1, 1, 1), (0.6, 0.9, 0.9), SPLINES)
    assert (values.min(), values.max()) == (0, 1)


def test_a_channel_is_normalised_as_its_plans_say() -> None:
    values, body = waves(5, 6, 7) + 10, np.ones((5, 6, 7), bool)
    body[:, :2] = False
    everywhere = normalised(values, body, Z_SCORE)
    inside = normalised(values, body, replace(Z_SCORE, nonzero_only=True))
    assert (float(everywhere.mean()), float(everywhere.std())) == pytest.approx((0, 1), abs=1e-5)
    assert (float(inside[body].mean()), float(inside[body].std())) == pytest.approx((0, 1), abs=1e-5)
    assert (inside[~body] == values[~body]).all()
    known = {"mean": 10.0, "std": 2.0, "percentile_00_5": 9.0, "percentile_99_5": 11.0}
    by_training = normalised(values, body, Normalisation("CTNormalization", False, known))
    assert (float(by_training.min()), float(by_training.max())) == (-0.5, 0.5)
    zero_to_one = normalised(values, body, Normalisation("RescaleTo01Normalization", False, {}))
    assert (float(zero_to_one.min()), float(zero_to_one.max())) == (0, 1)


def framed() -> tuple[np.ndarray, Preprocessed]:
    """Two channels with a frame of zeros, on an anisotropic grid whose axes the plans turn."""
    image = np.zeros((2, 12, 16, 20), np.float32)
    image[:, 2:11, 3:15, 1:18] = 5 + waves(2, 9, 12, 17)
    return image, preprocessed(image, (1.5, 1.0, 2.0), PLANS)


def test_the_frame_of_zeros_is_cut_off_and_axes_are_turned() -> None:
    _, ready = framed()
    assert ready.box == (slice(3, 15), slice(1, 18), slice(2, 11))
    assert ready.spacing == (1.0, 2.0, 1.5)
    assert ready.values.shape == (2, 12, 17, 9), "this grid already has the plans' spacing"


def test_labels_come_back_to_the_voxels_they_were_given_for() -> None:
    image, ready = framed()
    wanted = image[0] > 6
    turned = wanted.transpose(PLANS.transpose)[ready.box]
    logits = np.stack([~turned, turned]).astype(np.float32)
    assert (ready.labels_of(logits) == wanted).all()
