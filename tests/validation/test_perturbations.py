"""A changed study is changed by as much as it says, lies in the patient where it says, and reads back from DICOM as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from validation.perturbations import CROP_MM, NOISE, Perturbation, perturbations
from validation.stacks import Stack, read_stacks, write_stacks

from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import values_of
from tilscope.phantom import PhantomSpec, make_study, write_study

PHASES = 4


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> list[list[Stack]]:
    folder = tmp_path_factory.mktemp("sagittal")
    write_study(make_study(PhantomSpec.small().sagittal(Laterality.LEFT)), folder, companions=False)
    found = sorted(read_stacks(folder / "dicom"), key=lambda one: str(one.header.ContentTime))
    assert len(found) == PHASES
    return [[one] for one in found]


@pytest.fixture(scope="module")
def named(stacks: list[list[Stack]]) -> Callable[[str], Perturbation]:
    image = stacks[0][0].image
    centre = image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in image.GetSize()])
    every = perturbations(10.0, centre, PHASES)
    return lambda words: next(one for one in every if words in one.name)


def changed(words: str, stacks: list[list[Stack]], named: Callable[[str], Perturbation]) -> list[sitk.Image]:
    return [stack.image for stack in named(words).of(stacks)]


def on_the_grid_of(grid: sitk.Image, image: sitk.Image, there: sitk.Transform) -> np.ndarray:
    return values_of(sitk.Resample(image, grid, there, sitk.sitkLinear, 0.0))


@pytest.mark.parametrize(
    "words", ["as it is", "columns in reverse", "rows in reverse", "slices in reverse", "0.8 times"]
)
def test_what_is_only_stored_otherwise_reads_back_from_dicom_at_the_same_places(
    words: str, stacks: list[list[Stack]], named: Callable[[str], Perturbation], tmp_path: Path
) -> None:
    write_stacks(named(words).of(stacks), tmp_path / "study")
    back = sorted(read_stacks(tmp_path / "study"), key=lambda one: str(one.header.ContentTime))
    for before, after in zip(stacks, back, strict=True):
        grid = before[0].image
        inside = (slice(2, -2), slice(4, -4), slice(4, -4))
        found, wanted = on_the_grid_of(grid, after.image, sitk.Transform())[inside], values_of(grid)[inside]
        assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.97
        if "reverse" in words or words == "as it is":
            np.testing.assert_allclose(found, wanted, atol=1.0)


def test_a_turn_tells_where_every_point_has_gone(
    stacks: list[list[Stack]], named: Callable[[str], Perturbation]
) -> None:
    for axis in ("left-right", "head-feet"):
        one = named(f"about the {axis} axis")
        grid = stacks[0][0].image
        turned = next(iter(one.of(stacks))).image
        assert brought_back(grid, turned, one.there) < 0.5


@pytest.mark.parametrize(
    ("side", "axis", "sign"),
    [("left", 0, 1), ("right", 0, -1), ("back", 1, 1), ("front", 1, -1), ("head", 2, 1), ("feet", 2, -1)],
)
def test_a_crop_takes_its_side_of_the_patient_only(
    side: str, axis: int, sign: int, stacks: list[list[Stack]], named: Callable[[str], Perturbation]
) -> None:
    def ends(image: sitk.Image) -> np.ndarray:
        corners = [image.TransformIndexToPhysicalPoint([0, 0, 0])]
        corners.append(image.TransformIndexToPhysicalPoint([n - 1 for n in image.GetSize()]))
        return np.sort(np.array(corners), axis=0)

    before, after = ends(stacks[0][0].image), ends(changed(f"on the {side}", stacks, named)[0])
    gone = np.abs(after - before)
    cut = gone[1 if sign > 0 else 0, axis]
    assert cut == pytest.approx(CROP_MM, abs=2.6)
    assert gone.sum() == pytest.approx(cut)


def test_noise_has_the_strength_that_it_says_and_differs_between_phases(
    stacks: list[list[Stack]], named: Callable[[str], Perturbation]
) -> None:
    for sd in NOISE[::3]:
        added = [
            values_of(after) - values_of(before[0].image)
            for before, after in zip(stacks, changed(f"SD {sd}", stacks, named), strict=True)
        ]
        bright = values_of(stacks[0][0].image) > 200
        assert added[0][bright].std() == pytest.approx(10.0 * sd, rel=0.05)
        assert abs(np.corrcoef(added[0][bright], added[1][bright])[0, 1]) < 0.05


def test_one_phase_moves_and_the_others_stay(stacks: list[list[Stack]], named: Callable[[str], Perturbation]) -> None:
    images = changed("the last phase moved", stacks, named)
    moved = [not np.array_equal(values_of(a), values_of(b[0].image)) for a, b in zip(images, stacks, strict=True)]
    assert moved == [False, False, False, True]
    grid = stacks[-1][0].image
    assert brought_back(grid, images[-1], sitk.TranslationTransform(3, [0.0, -1.8, -2.4])) < 0.6
    assert named("the last phase moved").there.TransformPoint((1.0, 2.0, 3.0)) == (1.0, 2.0, 3.0)


def brought_back(grid: sitk.Image, moved: sitk.Image, there: sitk.Transform) -> float:
    """What of the difference to an image is left when the moved one is brought back."""
    inside = (slice(4, -4), slice(20, -20), slice(20, -20))
    truth = values_of(grid)[inside]
    back, still = (on_the_grid_of(grid, moved, one)[inside] for one in (there, sitk.Transform()))
    return float(np.abs(back - truth).mean() / np.abs(still - truth).mean())


def test_where_the_first_phase_after_contrast_moves_the_patient_is_there(
    stacks: list[list[Stack]], named: Callable[[str], Perturbation]
) -> None:
    """The others are moved onto it."""
    moved = changed("the first post-contrast phase moved", stacks, named)[1]
    there = named("the first post-contrast phase moved").there
    assert brought_back(stacks[1][0].image, moved, there) < 0.6


def test_phases_go_missing_and_the_first_stays(stacks: list[list[Stack]], named: Callable[[str], Perturbation]) -> None:
    times = [str(members[0].header.ContentTime) for members in stacks]

    def left(words: str) -> list[str]:
        return [str(stack.header.ContentTime) for stack in named(words).of(stacks)]

    assert left("the last phase missing") == times[:-1]
    assert left("every second") == [times[0], times[1], times[3]]


def test_of_three_phases_none_can_be_missing() -> None:
    missing = [one for one in perturbations(1.0, (0.0, 0.0, 0.0), 3) if "missing" in one.name]
    assert [one.refusal_is_right for one in missing] == [True]


def test_a_series_for_each_phase(
    stacks: list[list[Stack]], named: Callable[[str], Perturbation], tmp_path: Path
) -> None:
    write_stacks(named("a series for each phase").of(stacks), tmp_path / "study")
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in (tmp_path / "study").iterdir()]
    assert len({one.SeriesInstanceUID for one in headers}) == PHASES
    assert len({(one.SeriesInstanceUID, one.InstanceNumber) for one in headers}) == len(headers)
    assert len({one.StudyInstanceUID for one in headers}) == 1
