"""What is seen through a displacement field, beside what ITK makes of the same."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from tilscope.models.imaging.voxels import values_of
from tilscope.models.preparation.displaced import moved_by

RANGE = 1000.0
#: Of the image's range. ITK takes float64 throughout.
TOLERANCE = 1e-5


def noise(size: tuple[int, int, int], spacing: tuple[float, float, float], turn: float, kind: int) -> sitk.Image:
    """Every voxel by itself, so that a value from beside its place is another value."""
    values = np.random.default_rng(sum(size)).uniform(0, RANGE, size[::-1])
    image = sitk.Cast(sitk.GetImageFromArray(values), kind)
    image.SetSpacing(spacing)
    image.SetDirection(sitk.VersorTransform((0.3, 0.4, 0.866), turn).GetMatrix())
    image.SetOrigin((np.array(image.GetDirection()).reshape(3, 3) @ (-np.multiply(size, spacing) / 2)).tolist())
    return image


def field_of(size: tuple[int, int, int], step_mm: float, turn: float, length_mm: float) -> sitk.Image:
    grid = noise(size, (step_mm,) * 3, turn, sitk.sitkFloat32)
    vectors = np.random.default_rng(1).normal(0, length_mm, (*size[::-1], 3))
    field = sitk.GetImageFromArray(vectors, isVector=True)
    field.CopyInformation(grid)
    return field


@pytest.mark.parametrize("kind", [sitk.sitkFloat32, sitk.sitkInt16, sitk.sitkUInt16], ids=["float", "int", "unsigned"])
@pytest.mark.parametrize("length_mm", [0.0, 2.0, 40.0])
@pytest.mark.parametrize("turns", [(0.0, 0.0), (0.2, 0.2), (0.3, -0.5)], ids=["straight", "oblique", "unlike"])
def test_it_is_what_itk_sees(kind: int, length_mm: float, turns: tuple[float, float]) -> None:
    image = noise((60, 44, 21), (1.1, 1.3, 2.5), turns[0], kind)
    field = field_of((13, 11, 9), 5.1, turns[1], length_mm)
    part = image[13:57, 9:31, 2:17]
    transform = sitk.DisplacementFieldTransform(sitk.Image(field))
    expected = values_of(sitk.Resample(image, part, transform, sitk.sitkBSpline, 0.0, sitk.sitkFloat32, True))
    found = values_of(moved_by(image, field, part))
    # Where a place lies on the field's or the image's very end, the last bit decides which side it is on.
    equal = np.abs(found - expected) <= TOLERANCE * RANGE
    assert equal.mean() > 0.999
    assert equal.all() or length_mm == 40.0


def test_only_what_is_wanted_is_looked_at() -> None:
    image, field = noise((20, 21, 22), (1.0, 1.0, 1.0), 0.0, sitk.sitkFloat32), field_of((9, 9, 9), 3.0, 0.0, 1.0)
    wanted = np.random.default_rng(2).random((22, 21, 20)) < 0.3
    everything, some = values_of(moved_by(image, field)), values_of(moved_by(image, field, wanted=wanted))
    np.testing.assert_array_equal(some, np.where(wanted, everything, 0))
