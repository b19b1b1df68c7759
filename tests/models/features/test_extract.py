"""Our features against pyradiomics': every one of every family, on random regions; and where there is nothing to divide by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tilscope.models.features.extract import extract
from tilscope.models.features.feature_request import CLASSES
from tilscope.models.features.measured_region import feature_names
from tilscope.models.features.stock_region import stock_names

#: Relative, and absolute for what is 0 but for rounding.
LIKE = {"rel": 1e-9, "abs": 1e-11}
FAMILIES = ("shape", *CLASSES)
EVERYTHING = {family: feature_names(family) for family in FAMILIES}

sides = st.floats(0.4, 4.0)
spacings = st.tuples(sides, sides, sides)
masks = arrays.arrays(bool, st.tuples(*[st.integers(1, 6)] * 3), elements=st.booleans()).filter(np.any)


def judged(values: np.ndarray, inside: np.ndarray, spacing: tuple[float, float, float], bin_width: float) -> None:
    ours = extract(values, inside, spacing, EVERYTHING, bin_width)
    stock = extract(values, inside, spacing, EVERYTHING, bin_width, "pyradiomics")
    assert list(ours) == list(stock)
    if ours["shape_MeshVolume"] == 0:
        # The slits of a crumb's mesh can leave it no volume, where rounding leaves pyradiomics some.
        del ours["shape_SurfaceVolumeRatio"], ours["shape_Sphericity"]
    for name, value in ours.items():
        assert value == pytest.approx(stock[name], **LIKE, nan_ok=True), name


@pytest.mark.parametrize("family", FAMILIES)
def test_names_and_order_are_those_of_pyradiomics(family: str) -> None:
    assert feature_names(family) == stock_names(family)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(masks, spacings, st.integers(1, 40), st.integers(0, 2**32))
def test_every_feature_of_a_random_region(
    inside: np.ndarray, spacing: tuple[float, float, float], bins: int, seed: int
) -> None:
    values = np.random.default_rng(seed).uniform(-50.0, 25.0 * bins, inside.shape)
    judged(values, inside, spacing, 25.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(masks, st.integers(2, 4), st.sampled_from([25.0, 0.09375, 0.1]), st.integers(0, 2**32))
def test_few_grey_levels_on_the_borders_of_their_bins(inside: np.ndarray, levels: int, width: float, seed: int) -> None:
    """Levels that lie independently leave eigenvalues and informations of 0, of which rounding makes something."""
    values = np.random.default_rng(seed).integers(0, levels, inside.shape) * width
    judged(values, inside, (1.0, 1.0, 1.0), width)


@pytest.mark.parametrize(("radius", "noise"), [(3, 5.0), (7, 60.0), (9, 900.0)])
def test_every_feature_of_a_round_region(radius: int, noise: float) -> None:
    """As smooth, as mottled and as wild as images and their filters are: 1 bin, 20 and 250."""
    z, y, x = np.indices((2 * radius + 3,) * 3) - radius - 1.0
    inside = z**2 + 1.3 * y**2 + 0.7 * x**2 + x * y / 3 < radius**2
    values = 300 + 4 * z - 3 * x + np.random.default_rng(radius).normal(0, noise, inside.shape)
    judged(values, inside, (1.0, 0.7, 2.5), 25.0)


def test_a_region_of_one_intensity() -> None:
    inside = np.ones((3, 3, 3), bool)
    judged(np.full(inside.shape, 7.0), inside, (1.0, 1.0, 1.0), 25.0)


def test_only_what_is_wanted_is_given() -> None:
    inside = np.ones((3, 3, 3), bool)
    found = extract(np.arange(27.0).reshape(3, 3, 3), inside, (1, 1, 1), {"firstorder": ["Mean"], "glcm": []})
    assert found == {"firstorder_Mean": 13.0}
