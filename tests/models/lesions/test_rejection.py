"""What a reader has rejected is taken out, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from tilscope.models.finding import Finding
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import mask_of
from tilscope.models.lesions.rejection import without_rejected
from tilscope.models.refusals import Refused

SPACING = (0.8, 0.8, 2.0)
ORIGIN = (-50.0, 10.0, -20.0)


def cube(x: int) -> sitk.Image:
    """Four voxels wide from index x on, on a grid of 30 x 10 x 10."""
    voxels = np.zeros((10, 10, 30), np.uint8)
    voxels[3:7, 3:7, x : x + 4] = 1
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing(SPACING)
    image.SetOrigin(ORIGIN)
    return image


@pytest.fixture
def regions() -> Regions:
    masks = [cube(2), cube(12), cube(20)]
    lesions = tuple(Lesion(n, mask, Laterality.LEFT, 0.9) for n, mask in enumerate(masks, start=1))
    whole = cube(0) * 0 + 1
    return Regions(whole, whole * 0, lesions, "test", "1", finding=Finding.MASS)


def at(index: tuple[float, float, float]) -> tuple[float, float, float]:
    x, y, z = (o + i * s for o, i, s in zip(ORIGIN, index, SPACING, strict=True))
    return (x, y, z)


def test_the_lesion_that_holds_the_point_is_left_out_and_the_others_are_numbered_anew(regions: Regions) -> None:
    left = without_rejected(regions, [at((4, 5, 5))]).lesions
    assert [one.number for one in left] == [1, 2]
    assert [int(np.argwhere(mask_of(one.mask))[:, 2].min()) for one in left] == [12, 20]


def test_an_outline_that_has_moved_by_two_millimetres_is_still_meant(regions: Regions) -> None:
    left = without_rejected(regions, [at((18, 5, 5))]).lesions  # 2.0 mm beyond the second, 1.2 mm before the third
    assert len(left) == 2, "one point means one lesion"
    assert len(without_rejected(regions, [at((28, 5, 5))]).lesions) == 3, "3.6 mm beyond the third"


def test_a_point_outside_the_images_rejects_nothing(regions: Regions) -> None:
    assert len(without_rejected(regions, [(500.0, 500.0, 500.0)]).lesions) == 3


def test_where_none_is_left_it_is_refused_in_words(regions: Regions) -> None:
    with pytest.raises(Refused, match=r"rejected all that was found here \(3 lesions\)") as told:
        without_rejected(regions, [at((4, 5, 5)), at((13, 5, 5)), at((21, 5, 5))])
    assert told.value.code == "every-lesion-rejected"
