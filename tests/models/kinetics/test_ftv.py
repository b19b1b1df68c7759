"""The trial's rule for functional tumour volume, voxel by voxel on small blocks whose answer is known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import SimpleITK as sitk

from tilscope.models.kinetics.ftv import BoxMm, FunctionalTumourVolume, functional_tumour_volume
from tilscope.models.settings import FtvSettings

SHAPE = (7, 7, 7)
CENTRE = (3, 3, 3)
RULE = FtvSettings()


def image(values: np.ndarray) -> sitk.Image:
    made = sitk.GetImageFromArray(values.astype(np.float32))
    made.SetSpacing((0.5, 2.0, 1.0))
    return made


def block(**tumour: float) -> dict[str, np.ndarray]:
    """A block at 100 that does not enhance, with a 3 x 3 x 3 tumour: PE 100 %, SER 2 unless told otherwise."""
    signal = {"pre": 100.0, "early": 200.0, "late": 150.0} | tumour
    phases = {name: np.full(SHAPE, 100.0) for name in signal}
    for name, value in signal.items():
        phases[name][2:5, 2:5, 2:5] = value
    return phases


def ftv(
    phases: dict[str, np.ndarray], background: float | None = 60, where: np.ndarray | None = None
) -> FunctionalTumourVolume:
    region = np.ones(SHAPE) if where is None else where
    images = (image(phases[name]) for name in ("pre", "early", "late"))
    return functional_tumour_volume(*images, sitk.Cast(image(region), sitk.sitkUInt8), RULE, background)


def test_a_block_of_27_voxels() -> None:
    found = ftv(block())
    assert found.pe_voxels == found.ser_voxels == 27
    # A voxel measures 0.5 x 2 x 1 mm.
    assert found.pe_cc == pytest.approx(0.027)
    assert sitk.GetArrayFromImage(found.mask).sum() == 27


@pytest.mark.parametrize(("early", "voxels"), [(170, 27), (169.9, 0)])
def test_seventy_percent_is_enough(early: float, voxels: int) -> None:
    assert ftv(block(early=early)).pe_voxels == voxels


@pytest.mark.parametrize(("background", "voxels"), [(100, 27), (100.1, 0)])
def test_signal_before_contrast_must_reach_the_background(background: float, voxels: int) -> None:
    assert ftv(block(), background).pe_voxels == voxels


def test_the_background_is_six_tenths_of_the_95th_percentile() -> None:
    phases = block()
    # 343 voxels from 1 to 343: the 95th percentile lies at 1 + 0.95 * 342 = 325.9.
    phases["pre"] = np.arange(1, 344, dtype=float).reshape(SHAPE)
    found = ftv(phases, background=None)
    assert found.background == pytest.approx(0.6 * 325.9)
    assert "P95" in found.background_origin
    assert ftv(phases, background=35).background_origin == "given"


@pytest.mark.parametrize(("neighbours", "counted"), [(3, False), (4, True)])
def test_four_of_26_neighbours(neighbours: int, counted: bool) -> None:
    phases = {name: np.full(SHAPE, 100.0) for name in ("pre", "early", "late")}
    # Corners of the cube around the centre: they touch the centre and not each other.
    corners = list(itertools.product((2, 4), repeat=3))[:neighbours]
    for voxel in [CENTRE, *corners]:
        phases["early"][voxel], phases["late"][voxel] = 200, 150
    found = ftv(phases)
    assert found.pe_voxels == int(counted)
    assert bool(sitk.GetArrayFromImage(found.mask)[CENTRE]) is counted


def test_neighbours_outside_the_volume_of_interest_count() -> None:
    # As in the trial: its own maps of UCSF-BR-06 come out only this way.
    only_centre = np.zeros(SHAPE)
    only_centre[CENTRE] = 1
    assert ftv(block(), where=only_centre).pe_voxels == 1


def test_an_edge_of_the_image_lends_no_neighbours() -> None:
    phases = {name: np.full(SHAPE, 100.0) for name in ("pre", "early", "late")}
    phases["early"][0, 0, 0:3], phases["late"][0, 0, 0:3] = 200, 150
    assert ftv(phases).pe_voxels == 0


def test_negative_ser_is_no_tumour_and_lends_its_neighbourhood_still() -> None:
    phases = block()
    phases["late"][CENTRE] = 50  # below its first value: SER = 100 / -50
    assert ftv(phases).pe_voxels == 26


def test_undefined_ser_is_no_tumour() -> None:
    phases = block()
    phases["late"][CENTRE] = 100
    assert ftv(phases).pe_voxels == 26


@pytest.mark.parametrize(
    ("late", "ser", "bin_low"),
    [
        (300, 0.5, 0.0), (200, 1.0, 0.9), (150, 2.0, 1.75), (120, 5.0, 3.0), (125, 4.0, 3.0), (180, 1.25, 1.0),
    ],
)  # fmt: skip
def test_ser_bins(late: float, ser: float, bin_low: float) -> None:
    found = ftv(block(late=late))
    assert {b.low: b.voxels for b in found.bins if b.voxels} == {bin_low: 27}
    assert found.ser_voxels == (27 if ser > 0.9 else 0)


def test_a_border_belongs_to_the_bin_below_it() -> None:
    # SER exactly 1: early - pre equals late - pre. Exactly 0 belongs to the first bin.
    assert next(b for b in ftv(block(late=200)).bins if b.voxels).high == 1.0
    found = functional_tumour_volume(
        *(image(block()[n]) for n in ("pre", "early", "late")), BoxMm((0, 0, 0), (99, 99, 99)), RULE, 60
    )
    assert [(b.low, b.high) for b in found.bins] == [
        (0.0, 0.9), (0.9, 1.0), (1.0, 1.3), (1.3, 1.75), (1.75, 3.0), (3.0, float("inf")),
    ]  # fmt: skip


# ----------------------------------------------------------------------------------------------- the box in millimetres


@pytest.mark.parametrize("corners", list(itertools.product((0, 1), repeat=3)))
def test_a_box_by_any_two_opposite_corners(corners: tuple[int, int, int]) -> None:
    low, high = (1.0, 2.0, 1.0), (2.0, 6.0, 3.0)
    one = tuple(high[a] if c else low[a] for a, c in enumerate(corners))
    other = tuple(low[a] if c else high[a] for a, c in enumerate(corners))
    inside = BoxMm(one, other).mask(image(np.zeros(SHAPE)))
    # x: 1.0 to 2.0 in steps of 0.5; y: 2 to 6 in steps of 2; z: 1 to 3 in steps of 1. Centres on the surface count.
    assert np.argwhere(inside).min(axis=0).tolist() == [1, 1, 2]
    assert np.argwhere(inside).max(axis=0).tolist() == [3, 3, 4]
    assert inside.sum() == 27


def test_a_box_between_voxel_centres_is_empty() -> None:
    assert not BoxMm((1.1, 2.1, 1.1), (1.4, 3.9, 1.9)).mask(image(np.zeros(SHAPE))).any()


def test_a_box_is_along_the_patients_axes_on_a_tilted_grid() -> None:
    grid = image(np.zeros(SHAPE))
    turn = np.deg2rad(30)
    grid.SetDirection((np.cos(turn), -np.sin(turn), 0, np.sin(turn), np.cos(turn), 0, 0, 0, 1))
    box = BoxMm((-2.0, 0.0, 0.0), (0.5, 5.0, 2.0))
    inside = box.mask(grid)
    for index in itertools.product(range(7), repeat=3):
        x, y, z = grid.TransformIndexToPhysicalPoint(index[::-1])
        expected = -2.0005 <= x <= 0.5005 and -0.0005 <= y <= 5.0005 and -0.0005 <= z <= 2.0005
        assert inside[index] == expected
    assert inside.any()
