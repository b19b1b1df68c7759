"""The page and the montage look as they did when somebody last looked at them; `make golden` after a change that is meant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from golden_renderings import FOLDER, difference, golden_case, rendered, stored

NAMES = ("page-1", "page-2", "montage")

#: Of 255, for blocks of 6 mm. Another version of poppler or of the fonts sets letters a fraction of a pixel elsewhere.
TOLERANCE = 11.5


@pytest.fixture(scope="module")
def now() -> dict[str, np.ndarray]:
    return rendered(*golden_case())


@pytest.mark.parametrize("name", NAMES)
def test_it_looks_as_it_did(name: str, now: dict[str, np.ndarray]) -> None:
    assert difference(now[name], stored(name)) < TOLERANCE, f"{name} has changed; if it is meant to: make golden"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", [0, 1])
def test_what_lies_elsewhere_by_four_millimetres_is_noticed(name: str, way: int, now: dict[str, np.ndarray]) -> None:
    assert difference(np.roll(now[name], 8, axis=way), stored(name)) > TOLERANCE


def test_missing_parts_are_noticed() -> None:
    result, series, regions = golden_case()
    for change in ({"quality": ()}, {"breast": ()}, {"signatures": result.signatures[:2]}):
        assert difference(rendered(replace(result, **change), series, regions)["page-1"], stored("page-1")) > TOLERANCE
    assert difference(rendered(result, series, regions, page_pictures=False)["page-1"], stored("page-1")) > TOLERANCE
    unplaced = (replace(result.signatures[0], percentile=None), *result.signatures[1:])
    assert (
        difference(rendered(replace(result, signatures=unplaced), series, regions)["page-1"], stored("page-1"))
        > TOLERANCE
    )
    unexplained = (replace(result.signatures[0], contributions=()), *result.signatures[1:])
    assert (
        difference(rendered(replace(result, signatures=unexplained), series, regions)["page-2"], stored("page-2"))
        > TOLERANCE
    )


def test_a_missing_lesion_is_noticed() -> None:
    result, series, regions = golden_case()
    one = rendered(result, series, replace(regions, lesions=regions.lesions[:1]))
    assert difference(one["montage"], stored("montage")) > TOLERANCE
    assert difference(one["page-1"], stored("page-1")) > TOLERANCE


def test_letters_set_a_quarter_of_a_pixel_elsewhere_are_not(now: dict[str, np.ndarray]) -> None:
    for name in NAMES:
        shifted = 0.75 * now[name] + 0.25 * np.roll(now[name], 1, axis=1)
        assert difference(shifted, stored(name)) < TOLERANCE


def test_the_stored_pictures_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.png")) < 300_000
