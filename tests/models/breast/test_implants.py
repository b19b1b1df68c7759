"""An implant takes up nothing; gland does, however little."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from tilscope.models.breast.implants import implants

SHAPE, SPACING = (40, 60, 60), (2.0, 1.0, 1.0)

Array = np.ndarray


def body(radius_mm: float) -> Array:
    steps = (np.arange(n) * mm - n * mm / 2 for n, mm in zip(SHAPE, SPACING, strict=True))
    return np.asarray(sum(axis**2 for axis in np.meshgrid(*steps, indexing="ij")) <= radius_mm**2)


def signal_and_rise(still: Array, rise: float = 0.1) -> tuple[Array, Array]:
    """Everything rises by that part of its signal but for what stays still, which is darker; the noise is a fifth of that."""
    random = np.random.default_rng(3)
    clean = np.where(still, 100.0, 250.0)
    before, after = (random.normal(0, 20.0, SHAPE) for _ in range(2))
    return ndimage.gaussian_filter(clean + before, 1.0), np.where(still, 0.0, rise * clean) + after - before


def test_a_large_body_that_takes_up_nothing_is_found_to_its_border_in_noise() -> None:
    silicone = body(22.0)
    found = implants(np.ones(SHAPE, bool), *signal_and_rise(silicone), SPACING)
    assert 2 * (found & silicone).sum() / (found.sum() + silicone.sum()) > 0.9
    assert (found & silicone).sum() > 0.97 * silicone.sum()


@pytest.mark.parametrize("rise", [0.05, 0.1])
def test_gland_of_minimal_enhancement_is_none(rise: float) -> None:
    nothing = np.zeros(SHAPE, bool)
    assert not implants(body(22.0), *signal_and_rise(nothing, rise), SPACING).any()


def test_a_cyst_stays_gland() -> None:
    """Readers count it; it is too small to change what is usual for gland."""
    assert not implants(np.ones(SHAPE, bool), *signal_and_rise(body(12.0)), SPACING).any()


def test_where_no_tissue_looks_like_gland_there_is_no_implant() -> None:
    assert not implants(np.zeros(SHAPE, bool), *signal_and_rise(body(22.0)), SPACING).any()
