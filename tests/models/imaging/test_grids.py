"""Grids and what lies on them: resampling, boxes, sides and sizes, to the voxel and the millimetre."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import SimpleITK as sitk

from tilscope.models.breast.breast_contour import MARGIN_MM, foot_of, section_of
from tilscope.models.imaging.resampling import mask_onto, onto, patient_grid
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.sides import half, side_of, valley
from tilscope.models.imaging.voxels import box_of, image_of, mask_of, values_of, voxel_cc, widened
from tilscope.models.lesions.shape import ball, compactness, equivalent_diameter, thickness, tubularity

SPACING = np.array([2.0, 1.0, 0.5])
"""mm along z, y and x."""


def grid_with(size: tuple[int, int, int], spacing: tuple[float, float, float]) -> sitk.Image:
    """Oblique, and away from the patient's origin."""
    grid = sitk.Image(size, sitk.sitkFloat32)
    grid.SetSpacing(spacing)
    grid.SetOrigin((12.0, -30.0, 45.0))
    grid.SetDirection(sitk.Euler3DTransform((0.0, 0.0, 0.0), 0.2, 0.1, -0.3).GetMatrix())
    return grid


# ------------------------------------------------------------------------------------------------------- resampling


@pytest.mark.parametrize("wanted", [(1.0, 1.0, 1.0), (0.8, 0.8, 2.0), (3.0, 2.0, 1.0)])
def test_other_voxels_fill_the_same_extent_along_the_patients_axes(wanted: tuple[float, float, float]) -> None:
    image = grid_with((40, 36, 18), (0.7, 1.2, 2.5))
    grid = patient_grid(image, wanted)
    ends = product(*((-0.5, n - 0.5) for n in image.GetSize()))
    corners = np.array([image.TransformContinuousIndexToPhysicalPoint(end) for end in ends])
    np.testing.assert_allclose(grid.TransformContinuousIndexToPhysicalPoint([-0.5] * 3), corners.min(axis=0), atol=1e-9)
    assert grid.GetSpacing() == wanted
    assert grid.GetDirection() == (1, 0, 0, 0, 1, 0, 0, 0, 1)
    extent = np.array(grid.GetSize()) * grid.GetSpacing()
    assert (np.abs(extent - np.ptp(corners, axis=0)) <= np.array(wanted) / 2 + 1e-9).all()


@pytest.mark.parametrize("order", ["LPS", "RAI", "PIR", "ALS", "SRA"])
def test_the_grid_is_the_same_in_whatever_order_the_image_is_stored(order: str) -> None:
    """A tumour's box ends half a voxel from a border as often as not: which way it is rounded is a rule."""
    image = sitk.Image((41, 35, 18), sitk.sitkFloat32)
    image.SetSpacing((0.7, 1.1, 2.5))
    image.SetOrigin((12.3, -30.1, 45.7))
    grids = [patient_grid(one, (1.0, 1.0, 2.0)) for one in (image, sitk.DICOMOrient(image, order))]
    assert grids[0].GetSize() == grids[1].GetSize()
    np.testing.assert_allclose(grids[0].GetOrigin(), grids[1].GetOrigin(), atol=1e-9)


def test_a_grid_has_a_voxel_along_each_axis_at_least() -> None:
    assert patient_grid(grid_with((3, 2, 1), (0.2, 0.2, 0.2)), (1.0, 1.0, 1.0)).GetSize() == (1, 1, 1)


def test_resampled_values_are_those_of_the_place() -> None:
    image = grid_with((40, 36, 18), (0.7, 1.2, 2.5))
    z, y, x = np.indices((18, 36, 40))
    plane = image_of((3 * 0.7 * x - 2 * 1.2 * y + 2.5 * z).astype(np.float32), image)
    grid = patient_grid(image)
    found = onto(grid, plane)
    k, j, i = np.indices(found.shape)
    places = np.stack([i, j, k], axis=-1) + grid.GetOrigin() - np.array(image.GetOrigin())
    old = np.moveaxis(places @ np.array(image.GetDirection()).reshape(3, 3) / image.GetSpacing(), -1, 0)
    inner = np.logical_and.reduce([(o >= 0) & (o <= n - 1) for o, n in zip(old, (40, 36, 18), strict=True)])
    expected = 3 * 0.7 * old[0] - 2 * 1.2 * old[1] + 2.5 * old[2]
    np.testing.assert_allclose(found[inner], expected[inner], atol=1e-3)


@pytest.mark.parametrize(("beside", "inside"), [(0.4, 5), (0.5, 5), (0.6, 4)])
def test_a_voxel_of_which_half_lies_in_a_mask_belongs_to_it(beside: float, inside: int) -> None:
    mask = sitk.Image([10, 1, 1], sitk.sitkUInt8)
    mask[0:5, 0, 0] = 1
    grid = sitk.Image([9, 1, 1], sitk.sitkUInt8)
    grid.SetOrigin((beside, 0.0, 0.0))
    assert mask_onto(grid, mask).sum() == inside


def test_a_mask_ends_where_its_grid_does() -> None:
    """An oblique image does not fill its box along the patient's axes: what it does not show is in no region."""
    image = grid_with((40, 36, 18), (0.7, 1.2, 2.5))
    everywhere = sitk.Cast(image, sitk.sitkUInt8) + 1
    grid = patient_grid(image, (0.5, 0.5, 0.5))
    volume = mask_onto(grid, everywhere).sum() * 0.5**3
    assert volume == pytest.approx(40 * 0.7 * 36 * 1.2 * 18 * 2.5, rel=0.01)


@pytest.mark.parametrize("order", ["RAI", "PIR", "ALS"])
def test_a_mask_of_coarse_slices_is_the_same_in_whatever_order_it_is_stored(order: str) -> None:
    """Slices of 2.2 mm: centres of 1.1 mm voxels lie in the middle between them, and the mask's border with them."""
    drawn = np.random.default_rng(1).random((12, 30, 30)) < 0.5
    mask = image_of(drawn, sitk.GetImageFromArray(drawn.astype(np.uint8)))
    mask.SetSpacing((0.7, 0.7, 2.2))
    mask.SetOrigin((0.1, 0.2, 0.3))
    grid = patient_grid(mask, (0.35, 0.7, 1.1))
    grid.SetOrigin((0.1 + 0.35, 0.2, 0.3 + 1.1))
    np.testing.assert_array_equal(mask_onto(grid, mask), mask_onto(grid, sitk.DICOMOrient(mask, order)))


# ------------------------------------------------------------------------------------------------------------ boxes


def test_a_box_is_tight_and_grows_only_within_the_image() -> None:
    region = np.zeros((9, 10, 11), bool)
    region[2:4, 5:9, 1:11] = True
    assert box_of(region) == (slice(2, 4), slice(5, 9), slice(1, 11))
    assert box_of(region, 2) == (slice(0, 6), slice(3, 10), slice(0, 11))
    assert widened((slice(2, 4), slice(5, 9), slice(1, 11)), 1, region.shape) == (
        slice(1, 5),
        slice(4, 10),
        slice(0, 11),
    )


def test_a_voxel_of_2_by_1_by_half_a_millimetre_is_a_thousandth_of_a_cubic_centimetre() -> None:
    assert voxel_cc(grid_with((2, 2, 2), (0.5, 1.0, 2.0))) == pytest.approx(0.001)


def test_masks_become_bytes_and_values_stay_as_they_are() -> None:
    grid = grid_with((2, 1, 1), (1.0, 1.0, 1.0))
    values = np.array([[[0.5, -2.0]]], np.float32)
    assert values_of(image_of(values, grid)).tolist() == values.tolist()
    image = image_of(values > 0, grid)
    assert image.GetPixelID() == sitk.sitkUInt8
    assert values_of(image).tolist() == [[[1, 0]]]
    assert mask_of(image_of(values, grid)).all()


# ------------------------------------------------------------------------------------------------------------ sides


def pair_of_breasts() -> sitk.Image:
    """Columns 2 to 7 and 12 to 19, with a bridge of one row between them that is thinnest at columns 9 to 11."""
    mask = np.zeros((6, 8, 22), bool)
    mask[:, :, 2:8] = mask[:, :, 12:20] = True
    mask[:, 0:2, 8] = True
    mask[:, 0:1, 9:12] = True
    grid = sitk.Image([22, 8, 6], sitk.sitkUInt8)
    return image_of(mask, grid)


def test_the_valley_is_the_middle_of_the_emptiest_columns() -> None:
    assert valley(mask_of(pair_of_breasts())) == 10


def test_a_dip_beside_the_middle_third_is_no_valley() -> None:
    """One breast alone may be thin somewhere."""
    mask = mask_of(pair_of_breasts())
    mask[:, :, 7] = False
    assert valley(mask) == 10


def test_each_side_begins_at_the_valley() -> None:
    """On straight axes columns run to the patient's left."""
    breast = pair_of_breasts()
    left, right = (mask_of(half(breast, Laterality.BOTH, side)) for side in (Laterality.LEFT, Laterality.RIGHT))
    assert np.flatnonzero(left[0, 0]).tolist() == list(range(10, 22))
    assert np.flatnonzero(right[0, 0]).tolist() == list(range(10))
    assert mask_of(half(breast, Laterality.BOTH, Laterality.BOTH)).all()


@pytest.mark.parametrize(
    ("columns", "side"), [((8, 11), Laterality.RIGHT), ((8, 12), Laterality.LEFT), ((9, 14), Laterality.LEFT)]
)
def test_a_region_belongs_to_the_side_of_its_greater_part(columns: tuple[int, int], side: Laterality) -> None:
    """Two and one; two and two, which is left by agreement; one and four."""
    breast = pair_of_breasts()
    region = np.zeros((6, 8, 22), bool)
    region[0, 0, slice(*columns)] = True
    assert side_of(image_of(region, breast), breast, Laterality.BOTH) is side
    assert side_of(image_of(region, breast), breast, Laterality.RIGHT) is Laterality.RIGHT


# ----------------------------------------------------------------------------------------------------------- shapes


def block(z: int, y: int, x: int) -> np.ndarray:
    """A block of so many voxels in the corner of an array, at its very edge."""
    mask = np.zeros((z + 2, y + 2, x + 2), bool)
    mask[:z, :y, :x] = True
    return mask


def test_the_equivalent_diameter_is_that_of_the_ball_of_the_same_volume() -> None:
    # 4 x 6 x 8 voxels of 1 mm3: 192 mm3.
    assert equivalent_diameter(block(4, 6, 8), SPACING) == pytest.approx((6 * 192 / np.pi) ** (1 / 3))


def test_thickness_is_twice_the_way_to_the_nearest_voxel_outside() -> None:
    """A slab of five voxels of 1 mm in y, wide otherwise: from its middle row to the first row outside are 3 mm."""
    assert thickness(block(40, 5, 80), SPACING) == pytest.approx(6.0)


def test_compactness_compares_with_the_longest_way_through() -> None:
    """A rod of n voxels of 0.5 mm has the variance n2 / 48 mm2 along x, its voxels' own extent with it."""
    n = 60
    mask = block(1, 1, n)
    length = np.sqrt(20 * (np.var(np.arange(n), ddof=1) + 1 / 12) * 0.25)
    assert compactness(mask, SPACING) == pytest.approx(equivalent_diameter(mask, SPACING) / length, rel=1e-6)
    assert compactness(block(1, 1, 1), SPACING) == 1.0


@pytest.mark.parametrize(("radius_mm", "shape"), [(0.4, (1, 1, 1)), (1.0, (1, 3, 5)), (2.0, (3, 5, 9))])
def test_a_ball_reaches_its_radius_along_every_axis(radius_mm: float, shape: tuple[int, int, int]) -> None:
    element = ball(radius_mm, SPACING)
    assert element.shape == shape
    z, y, x = (np.arange(n) - n // 2 for n in shape)
    away = np.sqrt((2.0 * z[:, None, None]) ** 2 + (1.0 * y[None, :, None]) ** 2 + (0.5 * x) ** 2)
    np.testing.assert_array_equal(element, away <= radius_mm + 1e-9)


def test_a_tube_is_a_tube_along_any_axis_and_a_ball_or_a_sheet_is_none() -> None:
    spacing = np.array([1.5, 1.0, 0.8])
    z, y, x = (np.arange(n) * step for n, step in zip((28, 42, 52), spacing, strict=True))
    z, y, x = z[:, None, None] - z.mean(), y[None, :, None] - y.mean(), x - x.mean()
    nothing = 0 * (x + y + z)
    lines = {
        "along z": x**2 + y**2 + nothing, "along y": x**2 + z**2 + nothing, "along x": y**2 + z**2 + nothing,
        "ball": x**2 + y**2 + z**2, "sheet": z**2 + nothing,
    }  # fmt: skip
    found = {}
    for name, squared in lines.items():
        rise = (100 * np.exp(-squared / (2 * 2.0**2))).astype(np.float32)
        near = (np.abs(z) < 9) & (np.abs(y) < 9) & (np.abs(x) < 9)
        found[name] = tubularity(rise, (squared < 1.5) & near, spacing)
    assert min(found[name] for name in ("along z", "along y", "along x")) > 0.85
    assert max(found[name] for name in ("ball", "sheet")) < 0.5
    assert tubularity(-rise, near, spacing) < 0.5


# ----------------------------------------------------------------------------------------------------- breast contour


def mound(radius_mm: float, height_mm: float, power: float, spacing: tuple[float, float]) -> np.ndarray:
    """The height of a dome h = H (1 - r^2)^(1/p) on flat tissue 8 mm thick."""
    head, left = ((np.arange(n) - (n - 1) / 2) * step for n, step in zip((80, 160), spacing, strict=True))
    r2 = (head[:, None] ** 2 + left[None, :] ** 2) / radius_mm**2
    dome = height_mm * np.maximum(1 - r2, 0) ** (1 / power)
    return np.maximum(dome, 8.0)


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_the_foot_of_a_dome_is_round_and_ends_near_where_it_meets_the_chest(power: float) -> None:
    """Lines are 2 mm and 1 mm apart: the foot is as wide one way as the other, and leaves the flat tissue out."""
    spacing = (2.0, 1.0)
    height = mound(45.0, 70.0, power, spacing)
    head, left = ((np.arange(n) - (n - 1) / 2) * step for n, step in zip(height.shape, spacing, strict=True))
    lines = np.hypot(head[:, None], left[None, :]) < 65.0
    foot = foot_of(height, lines, spacing)
    wide = [np.count_nonzero(foot.any(axis=axis)) * step for axis, step in ((1, spacing[0]), (0, spacing[1]))]
    assert wide[0] == pytest.approx(wide[1], abs=4.5)
    # The lowest fifth of its height is the chest's own fat.
    assert 2 * 38.0 < min(wide) <= max(wide) < 2 * (45.0 + MARGIN_MM)


def test_a_section_is_where_the_mound_is_higher() -> None:
    spacing = (2.0, 1.0)
    height = mound(45.0, 70.0, 1.0, spacing)
    lines = height > 8.0
    top = float(np.percentile(height[lines], 97.0))
    np.testing.assert_array_equal(section_of(height, lines, 0.5), height > 0.5 * top)
    assert not section_of(height, np.zeros_like(lines), 0.5).any()
