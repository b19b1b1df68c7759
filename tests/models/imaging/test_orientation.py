"""Whatever way a series is stored: its arrays are turned to the patient and back, as DICOM defines the directions."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
import SimpleITK as sitk

from tilscope.models.imaging.orientation import PatientAxes
from tilscope.models.imaging.voxels import values_of

#: All 48 ways of storing a volume: which of the patient's axes each of the image's runs along, and which way.
WAYS = list(product(permutations(range(3)), product((1, -1), repeat=3)))


@pytest.fixture(params=WAYS, ids=str)
def image(request: pytest.FixtureRequest) -> sitk.Image:
    """Slightly oblique, no two sides of a voxel or of the image alike."""
    order, signs = request.param
    image = sitk.GetImageFromArray(np.arange(120, dtype=np.float32).reshape(4, 5, 6))
    image.SetSpacing((1.0, 1.5, 2.5))
    image.SetOrigin((-20.0, 7.0, 3.0))
    direction = np.zeros((3, 3))
    direction[list(order), range(3)] = signs
    tilted = np.reshape(sitk.Euler3DTransform((0.0, 0.0, 0.0), 0.1, -0.05, 0.08).GetMatrix(), (3, 3))
    image.SetDirection((tilted @ direction).ravel().tolist())
    return image


def test_a_step_in_a_turned_array_leads_to_the_head_to_the_back_and_to_the_left(image: sitk.Image) -> None:
    axes = PatientAxes(image)
    turned = axes.array(image)
    here = np.argwhere(turned == 61.0)[0]
    start = place_of(image, 61.0)
    for axis, (lps, step_mm) in enumerate(zip((2, 1, 0), axes.spacing, strict=True)):
        step = 1 if here[axis] + 1 < turned.shape[axis] else -1
        there = here.copy()
        there[axis] += step
        moved = step * (place_of(image, float(turned[tuple(there)])) - start)
        assert np.argmax(np.abs(moved)) == lps
        assert moved[lps] > 0
        assert np.linalg.norm(moved) == pytest.approx(step_mm)


def place_of(image: sitk.Image, value: float) -> np.ndarray:
    """Where in the patient the voxel of that value lies, mm."""
    z, y, x = (int(n) for n in np.argwhere(values_of(image) == value)[0])
    return np.array(image.TransformIndexToPhysicalPoint((x, y, z)))


def test_a_mask_is_turned_back_onto_the_voxels_that_it_was_made_of(image: sitk.Image) -> None:
    axes = PatientAxes(image)
    mask = axes.mask(axes.array(image) > 60)
    np.testing.assert_array_equal(values_of(mask) != 0, values_of(image) > 60)
    assert mask.GetDirection() == image.GetDirection()
    assert mask.GetOrigin() == image.GetOrigin()


def test_an_image_is_turned_as_its_array_is(image: sitk.Image) -> None:
    axes = PatientAxes(image)
    turned = axes.turned(image)
    np.testing.assert_array_equal(values_of(turned), axes.array(image))
    assert turned.GetSpacing()[::-1] == pytest.approx(axes.spacing)
    np.testing.assert_array_equal(values_of(axes.back(turned)), values_of(image))
