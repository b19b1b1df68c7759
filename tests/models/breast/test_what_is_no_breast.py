"""Other parts of the body, real and made: nothing on them is taken for a breast."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import inspect
from tilscope.dicom_io.dce.source import DceSource, SourcePhase
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.models.breast.body import body_mask
from tilscope.models.breast.breasts import find_breasts
from tilscope.models.imaging.series import DceSeries, Laterality, Phase, PhaseRoles
from tilscope.models.refusals import Refused

#: z, y, x in millimetres, from the centre.
Part = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
SHAPE, SPACING_MM = (40, 80, 100), (4.0, 4.0, 4.5)

PARTS: dict[str, Part] = {
    "a trunk without breasts": lambda z, y, x: (x / 170) ** 2 + (y / 105) ** 2 < 1,
    "a trunk that lies flat": lambda z, y, x: (x / 170) ** 4 + (y / 105) ** 4 < 1,
    "two legs": lambda z, y, x: (np.abs(x) - 80) ** 2 + y**2 < 70**2,
    "one leg": lambda z, y, x: x**2 + y**2 < 70**2,
}
#: Their front is a mound like any other; but they end where a trunk goes on.
ROUND: dict[str, tuple[Part, str]] = {
    "a ball": (lambda z, y, x: x**2 + y**2 + z**2 < 75**2, "feet"),
    "a head on its neck": (
        lambda z, y, x: ((x / 75) ** 2 + (y / 95) ** 2 + (z / 75) ** 2 < 1) | ((x**2 + y**2 < 55**2) & (z < 0)),
        "head",
    ),
    "a foot on its leg": (
        lambda z, y, x: (
            ((x / 45) ** 2 + (y / 120) ** 2 + ((z + 30) / 40) ** 2 < 1) | ((x**2 + y**2 < 45**2) & (z > -30))
        ),
        "feet",
    ),
}


def imaged(part: Part, laterality: Laterality) -> DceSeries:
    """It enhances, as most tissue does."""
    z, y, x = (
        (index - n / 2) * step
        for index, n, step in zip(np.indices(SHAPE).astype(float), SHAPE, reversed(SPACING_MM), strict=True)
    )
    noise = np.random.default_rng(1)
    phases = []
    for gain, time_s in ((1.0, -100.0), (1.3, 100.0), (1.4, 400.0)):
        values = np.where(part(z, y, x), 200 * gain, 0) + np.abs(noise.normal(0, 8, SHAPE))
        image = sitk.GetImageFromArray(values.astype(np.float32))
        image.SetSpacing(SPACING_MM)
        phases.append(Phase(image, time_s))
    return DceSeries(tuple(phases), PhaseRoles(0, 1, 2), laterality, "the injection")


def refusal_of(series: DceSeries) -> Refused:
    with pytest.raises(Refused) as refused:
        find_breasts(body_mask(series), series)
    return refused.value


@pytest.mark.parametrize("laterality", Laterality)
@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_a_part_of_the_body_without_a_mound_is_no_breast(part: Part, laterality: Laterality) -> None:
    refusal = refusal_of(imaged(part, laterality))
    assert refusal.code == "no-breast"
    assert "nothing stands out 12 mm before the chest" in str(refusal)


def trunk_with_mounds(left_mm: float, right_mm: float) -> Part:
    """A trunk that lies flat, with a round mound on each side that stands out 40 mm; x runs to the patient's left."""

    def part(z: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        trunk = (x / 190) ** 4 + ((y - 60) / 80) ** 4 < 1
        mounds = [
            (((x - middle) ** 2 + z**2) / radius**2 + ((y + 20) / 40) ** 2 < 1)
            for middle, radius in ((80, left_mm), (-80, right_mm))
        ]
        return trunk | mounds[0] | mounds[1]

    return part


@pytest.mark.parametrize(("left_mm", "right_mm", "sides"), [(55, 55, "LR"), (55, 18, "L"), (18, 55, "R")])
def test_a_mound_of_a_breasts_size_is_one_also_where_the_other_side_has_none(
    left_mm: float, right_mm: float, sides: str
) -> None:
    """As after a mastectomy."""
    series = imaged(trunk_with_mounds(left_mm, right_mm), Laterality.BOTH)
    columns = sitk.GetArrayFromImage(find_breasts(body_mask(series), series)).any(axis=(0, 1))
    middle = len(columns) // 2
    assert (columns[middle:].any(), columns[:middle].any()) == ("L" in sides, "R" in sides)


def test_mounds_smaller_than_any_breast_are_none() -> None:
    refusal = refusal_of(imaged(trunk_with_mounds(18, 18), Laterality.BOTH))
    assert refusal.code == "no-breast"
    assert "the largest part before the chest measures" in str(refusal)


@pytest.mark.parametrize("laterality", Laterality)
@pytest.mark.parametrize(("part", "end"), ROUND.values(), ids=ROUND)
def test_what_ends_inside_the_images_is_no_trunk(part: Part, end: str, laterality: Laterality) -> None:
    refusal = refusal_of(imaged(part, laterality))
    assert refusal.code == "no-breast"
    assert f"the body ends towards the {end} inside the images" in str(refusal)


def test_a_head_whose_neck_is_not_seen_is_no_pair_of_breasts() -> None:
    """Of one breast alone it cannot be told: its front is a mound like any other."""
    head: Part = lambda z, y, x: (x / 75) ** 2 + (y / 95) ** 2 + (z / 85) ** 2 < 1  # noqa: E731
    assert refusal_of(imaged(head, Laterality.BOTH)).code == "no-breast"


def test_a_real_brain_is_no_breast(dynamic_series: Callable[[str], Path]) -> None:
    """Assembly refuses it by its contrast; were it of the right one, the images would be refused."""
    folder = dynamic_series("philips_classic")
    archive = FolderArchive(folder)
    study = archive.only_study()
    (found,) = inspect(archive.headers(study)).dynamic_series
    assert found.times is not None
    volumes = [found.candidate.volumes[i] for i in found.times.order]
    source = DceSource(
        tuple(
            SourcePhase(tuple(s.header for s in v.slices), t) for v, t in zip(volumes, found.times.mid_s, strict=True)
        ),
        PhaseRoles(0, 1, len(volumes) - 1),
        Laterality.BOTH,
        found.times.time_zero,
    )
    files = archive.fetch(study, source.files_needed, archive.folder, lambda done, total: None)
    series = read_series(source, files)
    assert refusal_of(series).code == "no-breast"
