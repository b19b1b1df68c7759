"""Phases of another contrast, by their pixels: a reversed contrast of tissues is found, and nothing else is taken for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from a03m_exam import POSTS, read_a03m
from nact_exam import read_nact_exam
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.imaging.series import DceSeries, Laterality, Phase, PhaseRoles
from tilscope.models.preparation.unlike_phases import unlike_phases

SHAPE, SPACING = (24, 64, 64), (2.0, 2.0, 3.0)
_CHANCE = np.random.default_rng(11)
#: Lobules of gland in fat, a centimetre or so across; the coil's sensitivity falls off towards the chest.
GLAND = ndimage.gaussian_filter(_CHANCE.normal(size=SHAPE), (1.2, 2, 2)) > 0.02
COIL = np.linspace(3.0, 0.6, SHAPE[1])[None, :, None]
OUTSIDE = np.indices(SHAPE)[1] < 8


def phase(gland: float, fat: float, noise: float = 4.0, moved: int = 0) -> NDArray[np.floating]:
    tissue = np.where(np.roll(GLAND, moved, axis=2), gland, fat) * COIL
    clean = np.where(OUTSIDE, 0, tissue)
    return np.hypot(clean + _CHANCE.normal(0, noise, SHAPE), _CHANCE.normal(0, noise, SHAPE))


def series_of(phases: Sequence[NDArray[np.floating]]) -> DceSeries:
    images = []
    for number, values in enumerate(phases):
        image = sitk.GetImageFromArray(values.astype(np.float32))
        image.SetSpacing(SPACING)
        images.append(Phase(image, 100.0 * number))
    return DceSeries(tuple(images), PhaseRoles(0, 1, 2), Laterality.LEFT, "by construction")


def suppressed(*gains: float) -> list[NDArray[np.floating]]:
    """Gland that enhances so many times, beside dark fat that does not."""
    return [phase(60 * gain, 25) for gain in gains]


@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_volume_without_fat_suppression_is_found_wherever_it_stands(place: int) -> None:
    phases = suppressed(1, 1.9, 2.0, 1.8)
    phases.insert(place, phase(70, 160))
    assert unlike_phases(series_of(phases)) == (place,)


def test_a_volume_with_it_is_found_among_phases_without() -> None:
    phases = [phase(70 * gain, 160) for gain in (1, 1.5, 1.6)]
    assert unlike_phases(series_of([*phases, phase(100, 25)])) == (3,)


@pytest.mark.parametrize(
    "phases",
    [
        suppressed(1, 1.2, 3.0, 2.5),
        [phase(70 * gain, 160) for gain in (1, 1.8, 2.0)],
        [phase(60 * gain, 25, noise=30) for gain in (1, 1.5, 1.6)],
        [phase(60, 25), phase(100, 25, moved=2), phase(110, 25)],
        [phase(60, 60), phase(60, 60), phase(60, 60)],
    ],
    ids=["strong enhancement", "without suppression", "noise", "motion", "nothing to see"],
)
def test_the_phases_of_one_series_are_alike(phases: list[NDArray[np.floating]]) -> None:
    assert unlike_phases(series_of(phases)) == ()


def test_of_two_against_two_nothing_is_decided() -> None:
    assert unlike_phases(series_of([phase(70, 160), phase(75, 160), *suppressed(1, 1.8)])) == ()


def test_gland_that_enhances_beyond_bright_fat_is_no_other_contrast() -> None:
    """Without suppression gland is darker than fat before contrast; a third of it becomes brighter, and most does not."""
    enhancing = np.indices(SHAPE)[2] < SHAPE[2] // 3
    phases = [phase(60, 100), *(np.where(enhancing, phase(60 * gain, 100), phase(66, 100)) for gain in (2.4, 2.6, 2.5))]
    assert unlike_phases(series_of(phases)) == ()


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("phases", "unlike"),
    [
        (("t1", "pre", *POSTS), (0,)),
        (("pre", *POSTS, "t1"), (6,)),
        (("pre", *POSTS), ()),
        (("pre", "post1", "post5"), ()),
    ],
)
def test_in_a_real_exam_the_t1_without_fat_suppression_is_found(
    a03m: Path, side: str, phases: tuple[str, ...], unlike: tuple[int, ...]
) -> None:
    assert unlike_phases(read_a03m(a03m, side, phases)) == unlike


def test_in_the_other_real_exam_all_phases_are_alike(reference_data: Path) -> None:
    series = read_nact_exam(reference_data).series
    assert unlike_phases(series) == ()
    phases = tuple(replace(one, time_s=float(n)) for n, one in enumerate(reversed(series.phases)))
    assert unlike_phases(replace(series, phases=phases)) == ()
