"""Where a displacement field lies in the patient, to a hundredth of a millimetre, on oblique grids of unequal steps.

Registration is judged elsewhere by how well it finds a motion, which a field that lies a millimetre beside its place
hardly changes: motion is smooth. Here fields are linear in space, so that one a millimetre off has other values at every
point.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray

from tilscope.models.imaging.voxels import Mask, image_of, mask_of, part_of, values_of
from tilscope.models.preparation import agreement
from tilscope.models.preparation.displaced import moved_by
from tilscope.models.preparation.fixed_phase import MARGIN_MM, FixedPhase, box_around
from tilscope.models.preparation.motion import jacobian, jacobian_range, motion_by, moved_back
from tilscope.models.preparation.registration import (
    Alignment,
    Step,
    find_displacement,
)

Points = NDArray[np.float64]

#: How the displacement changes, per millimetre; and what it is where the patient's coordinates are 0.
SLOPE = np.array([[0.05, -0.02, 0.01], [0.03, -0.04, 0.02], [-0.01, 0.02, 0.06]])
START = np.array([0.4, -0.3, 0.2])

#: How a signal changes, per millimetre along the patient's axes.
RISE = np.array([3.0, -2.0, 5.0])


def oblique(size: tuple[int, int, int], spacing: tuple[float, float, float]) -> sitk.Image:
    """A grid whose middle lies at the patient's origin, turned about all three axes."""
    grid = sitk.Image(size, sitk.sitkFloat32)
    grid.SetSpacing(spacing)
    direction = np.array(sitk.Euler3DTransform((0.0, 0.0, 0.0), 0.3, -0.2, 0.5).GetMatrix()).reshape(3, 3)
    grid.SetDirection(direction.ravel().tolist())
    grid.SetOrigin((-direction @ ((np.array(size) - 1) / 2 * spacing)).tolist())
    return grid


def points_of(grid: sitk.Image) -> Points:
    """The patient coordinates of every voxel's centre, [z, y, x, 3], by DICOM's own formula (PS3.3 C.7.6.2.1.1)."""
    z, y, x = np.indices(grid.GetSize()[::-1])
    steps = np.stack([x, y, z], axis=-1) * np.array(grid.GetSpacing())
    return steps @ np.array(grid.GetDirection()).reshape(3, 3).T + np.array(grid.GetOrigin())


def linear(points: Points) -> Points:
    return points @ SLOPE.T + START


def field_on(grid: sitk.Image) -> sitk.Image:
    """The linear displacement on a grid."""
    field = sitk.GetImageFromArray(linear(points_of(grid)), isVector=True)
    field.CopyInformation(grid)
    return field


def signal_on(grid: sitk.Image) -> sitk.Image:
    return image_of((1000 + points_of(grid) @ RISE).astype(np.float32), grid)


def texture_on(points: Points, grid: sitk.Image) -> sitk.Image:
    """Waves of 9 to 30 mm in twenty directions."""
    random = np.random.default_rng(3)
    directions = random.normal(size=(20, 3))
    waves = directions / np.linalg.norm(directions, axis=1, keepdims=True) * 2 * np.pi / random.uniform(9, 30, (20, 1))
    values = sum(np.cos(points @ wave + phase) for wave, phase in zip(waves, random.uniform(0, 6, 20), strict=True))
    return image_of((200 + 20 * np.asarray(values)).astype(np.float32), grid)


def ball_on(grid: sitk.Image, radius_mm: float) -> sitk.Image:
    return image_of(np.linalg.norm(points_of(grid), axis=-1) <= radius_mm, grid)


def corner(grid: sitk.Image) -> Points:
    """The outer corner of the first voxel."""
    return np.array(grid.TransformContinuousIndexToPhysicalPoint([-0.5] * 3))


@pytest.fixture
def grid() -> sitk.Image:
    return oblique((64, 52, 30), (1.0, 1.3, 2.2))


@pytest.fixture
def breast(grid: sitk.Image) -> sitk.Image:
    return ball_on(grid, 12.0)


def test_a_part_of_an_image_lies_where_it_was(grid: sitk.Image) -> None:
    part = part_of(signal_on(grid), (slice(3, 20), slice(5, 40), slice(7, 41)))
    np.testing.assert_allclose(values_of(part), values_of(signal_on(part)), rtol=1e-6)


def test_the_box_holds_the_breast_and_its_margin(grid: sitk.Image, breast: sitk.Image) -> None:
    box = box_around(breast)
    inside = np.argwhere(mask_of(breast))
    steps = np.array(grid.GetSpacing()[::-1])
    for axis, (part, step) in enumerate(zip(box, steps, strict=True)):
        first, last, end = inside[:, axis].min(), inside[:, axis].max(), mask_of(breast).shape[axis]
        assert part.start == max(0, first - np.ceil(MARGIN_MM / step))
        assert part.stop == min(end, last + 1 + np.ceil(MARGIN_MM / step))


def test_straight_axes_keep_every_voxel_at_its_place(grid: sitk.Image, breast: sitk.Image) -> None:
    """A point of the straight images, turned with the crop and moved to its first voxel, is the patient's."""
    aligned = Alignment.of(FixedPhase.of(signal_on(grid), breast), signal_on(grid) * 2)
    crop = aligned.fixed.crop
    turned = points_of(aligned.fixed.image) @ np.array(crop.GetDirection()).reshape(3, 3).T + np.array(crop.GetOrigin())
    np.testing.assert_allclose(turned, points_of(crop), atol=1e-9)
    for image, factor in ((crop, 1), (aligned.fixed.image, 1), (aligned.moving, 2)):
        np.testing.assert_allclose(values_of(image), factor * (1000 + turned @ RISE), rtol=1e-6)
        assert image.GetSize() == crop.GetSize()


def test_a_field_found_on_straight_axes_is_the_same_in_the_patient(grid: sitk.Image, breast: sitk.Image) -> None:
    aligned = Alignment.of(FixedPhase.of(grid, breast), grid)
    coarse = sitk.BinShrink(aligned.fixed.image, (3, 2, 1))
    direction = np.array(aligned.fixed.crop.GetDirection()).reshape(3, 3)
    patient = points_of(coarse) @ direction.T + np.array(aligned.fixed.crop.GetOrigin())
    field = sitk.GetImageFromArray(linear(patient) @ direction, isVector=True)
    field.CopyInformation(coarse)
    displacement = replace(aligned, field=field).displacement
    np.testing.assert_allclose(points_of(displacement), patient, atol=1e-9)
    np.testing.assert_allclose(sitk.GetArrayFromImage(displacement), linear(patient), atol=1e-9)


def test_a_field_brought_to_a_finer_grid_stays_at_its_place(grid: sitk.Image, breast: sitk.Image) -> None:
    aligned = Alignment.of(FixedPhase.of(signal_on(grid), breast), signal_on(grid))
    start = replace(aligned, field=field_on(sitk.BinShrink(aligned.fixed.image, (4, 3, 2))))
    finer = start.after([Step(2.8, 15.0, 0)]).field
    assert finer is not None
    assert finer.GetSpacing() != start.field.GetSpacing()
    # Beyond the middles of the coarse grid's outermost voxels nothing is known.
    inner = (slice(2, -2), slice(2, -2), slice(2, -2))
    np.testing.assert_allclose(sitk.GetArrayFromImage(finer)[inner], linear(points_of(finer))[inner], atol=1e-9)


def test_a_first_field_lies_on_the_images(grid: sitk.Image, breast: sitk.Image) -> None:
    aligned = Alignment.of(FixedPhase.of(signal_on(grid), breast), signal_on(grid))
    nowhere = aligned.after([Step(2.8, 15.0, 0)]).field
    assert nowhere is not None
    assert not sitk.GetArrayFromImage(nowhere).any()
    np.testing.assert_allclose(corner(nowhere), corner(aligned.fixed.image), atol=1e-9)


def test_a_step_leaves_the_true_displacement_as_it_is() -> None:
    """Where the moving phase is compared must be where the field says, or the next step leads away from the truth."""
    grid = oblique((68, 60, 50), (2.0, 2.2, 2.6))
    fixed = texture_on(points_of(grid), grid)
    moving = texture_on((points_of(grid) - START) @ np.linalg.inv(np.eye(3) + SLOPE).T, grid)
    aligned = Alignment.of(FixedPhase.of(fixed, ball_on(grid, 45.0)), moving)
    direction = np.array(aligned.fixed.crop.GetDirection()).reshape(3, 3)
    patient = points_of(aligned.fixed.image) @ direction.T + np.array(aligned.fixed.crop.GetOrigin())
    field = sitk.GetImageFromArray(linear(patient) @ direction, isVector=True)
    field.CopyInformation(aligned.fixed.image)
    after = replace(aligned, field=field).after([Step(2.8, 15.0, 1)]).displacement
    inside = np.linalg.norm(points_of(after), axis=-1) < 12.0
    away = (sitk.GetArrayFromImage(after) - linear(points_of(after)))[inside]
    # 0.008 mm is what the smoothing does at the borders of the box; a field that is read 1 mm beside gives 0.040 mm.
    assert np.abs(away.mean(axis=0)).max() < 0.02


def test_the_field_that_is_found_fills_the_box_of_the_breast(grid: sitk.Image, breast: sitk.Image) -> None:
    """Its voxels are larger; their outermost corner is that of the images' voxels."""
    texture = np.random.default_rng(1).normal(100, 20, grid.GetSize()[::-1]).astype(np.float32)
    fixed = sitk.SmoothingRecursiveGaussian(image_of(texture, grid), 2.0)
    field = find_displacement(fixed, fixed, breast)
    crop = part_of(fixed, box_around(breast))
    np.testing.assert_allclose(corner(field), corner(crop), atol=1e-6)
    np.testing.assert_allclose(field.GetDirection(), crop.GetDirection(), atol=1e-12)
    assert all(wide > narrow for wide, narrow in zip(field.GetSpacing()[:2], crop.GetSpacing()[:2], strict=True))


def test_what_lies_at_the_other_end_of_the_displacement_is_shown(grid: sitk.Image) -> None:
    field = field_on(oblique((40, 40, 30), (1.5, 1.5, 1.5)))
    shown = values_of(moved_by(signal_on(grid), field, ball_on(oblique((9, 9, 9), (2.0, 2.0, 2.0)), 5.0)))
    points = points_of(oblique((9, 9, 9), (2.0, 2.0, 2.0)))
    np.testing.assert_allclose(shown, 1000 + (points + linear(points)) @ RISE, atol=0.02)


def test_a_phase_is_moved_back_by_the_field_at_each_voxel(grid: sitk.Image) -> None:
    """In the middle of the box by all of it, beyond the box not at all."""
    field = field_on(oblique((30, 30, 26), (1.5, 1.5, 1.5)))
    acquired = signal_on(grid)
    back, points = values_of(moved_back(acquired, field)), points_of(grid)
    direction = np.array(field.GetDirection()).reshape(3, 3)
    # Along the field's axes, from its middle; the fading takes 8 mm and a voxel at each end.
    away = np.abs(points @ direction)
    middle = (away < np.array([22.5, 22.5, 19.5]) - 11).all(axis=-1)
    beyond = (away > np.array([22.5, 22.5, 19.5])).any(axis=-1)
    assert middle.sum() > 1000
    assert np.array_equal(points_of(moved_back(acquired, field)), points)
    np.testing.assert_allclose(back[middle], (1000 + (points + linear(points)) @ RISE)[middle], atol=0.02)
    # Some lie on the box's very end: interpolated where nothing is displaced, as exactly as float32 is.
    np.testing.assert_allclose(back[beyond], values_of(acquired)[beyond], rtol=1e-6)


def test_motion_is_told_of_the_breast_and_of_nothing_else(grid: sitk.Image, breast: sitk.Image) -> None:
    field = field_on(oblique((30, 30, 30), (1.5, 1.5, 1.5)))
    # Millimetres from the surface of the breast a voxel is in it or not by rounding alone.
    distance = np.linalg.norm(points_of(field), axis=-1)
    motion = motion_by(field, breast, 1)
    inside = mask_of(sitk.Resample(breast, field, sitk.Transform(), sitk.sitkNearestNeighbor))
    assert np.abs(distance[inside ^ (distance <= 12.0)] - 12.0).max() < 1.5
    lengths = np.linalg.norm(linear(points_of(field)), axis=-1)[inside]
    assert motion.rms_mm == pytest.approx(np.sqrt(np.mean(lengths**2)), rel=1e-9)
    assert motion.p95_mm == pytest.approx(np.percentile(lengths, 95), rel=1e-9)
    assert motion.lowest_jacobian == pytest.approx(np.linalg.det(np.eye(3) + SLOPE), rel=1e-5)


def test_the_volume_ratio_of_a_place_is_that_of_its_place(grid: sitk.Image) -> None:
    """Along x tissue is stretched the more the further left it lies: the ratio is 1 + x / 100."""
    place = oblique((30, 30, 30), (1.5, 1.5, 1.5))
    points = points_of(place)
    vectors = np.zeros_like(points)
    vectors[..., 0] = points[..., 0] ** 2 / 200
    field = sitk.GetImageFromArray(vectors, isVector=True)
    field.CopyInformation(place)
    ratios = jacobian(field)
    inner = (slice(1, -1),) * 3
    np.testing.assert_allclose(points_of(ratios), points, atol=1e-9)
    np.testing.assert_allclose(values_of(ratios)[inner], (1 + points[..., 0] / 100)[inner], atol=1e-5)
    there = np.abs(points_of(grid) - np.array([8.0, -3.0, 5.0])).max(axis=-1) < 2.0
    expected = 1 + points_of(grid)[there][:, 0] / 100
    found = jacobian_range(field, image_of(there, grid))
    assert found == pytest.approx((expected.min(), expected.mean(), expected.max()), abs=1e-5)


def test_the_way_back_lies_where_the_way_there_lies(
    grid: sitk.Image, breast: sitk.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Evidence moves a phase back, and there again by the opposite field on the same grid."""
    used: list[sitk.Image] = []

    def watched(image: sitk.Image, field: sitk.Image, wanted: Mask | None = None) -> sitk.Image:
        used.append(field)
        return moved_by(image, field, wanted=wanted)

    monkeypatch.setattr(agreement, "moved_by", watched)
    agreement.evidence_for(field_on(breast), signal_on(grid), signal_on(grid), breast)
    back, there = used
    np.testing.assert_allclose(points_of(there), points_of(back), atol=1e-12)
    np.testing.assert_allclose(sitk.GetArrayFromImage(there), -linear(points_of(breast)), atol=1e-12)
