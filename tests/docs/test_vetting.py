"""The registry of what vouches for each feature: current, without a line that fails, and nothing left out of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from vetting import other_program, standard
from vetting.page import page_of
from vetting.rows import Row

from tilscope.models.features.feature_request import CLASSES
from tilscope.models.features.measured_region import feature_names

PAGE = Path(__file__).resolve().parents[2] / "docs" / "vetting.md"


@cache
def rows_of(data: Path) -> tuple[Row, ...]:
    return (*standard.rows(data), *other_program.rows())


def test_no_line_fails_and_every_feature_passes_somewhere(reference_data: Path) -> None:
    rows = rows_of(reference_data)
    assert not [row for row in rows if row.verdict == "FAIL"]
    every = {f"{family}_{name}" for family in ("shape", *CLASSES) for name in feature_names(family)}
    assert {row.feature for row in rows if row.agrees} == every


def test_a_known_reason_explains_its_number(reference_data: Path) -> None:
    """Else it would excuse a value that has come to agree, or become wrong in another way."""
    excused = {row.feature: row for row in rows_of(reference_data) if row.reason}
    assert set(excused) == set(standard.REASONS)
    assert not [name for name, row in excused.items() if row.agrees]
    region = standard.region_of_phantom(reference_data)
    centres = np.argwhere(region.inside) * np.array(region.spacing)[::-1]
    fewer = np.sqrt(len(centres) / (len(centres) - 1))
    by_the_standard = {
        "shape_Maximum3DDiameter": pdist(centres).max(),
        "shape_MinorAxisLength": fewer * excused["shape_MinorAxisLength"].value,
        "shape_LeastAxisLength": fewer * excused["shape_LeastAxisLength"].value,
        "firstorder_Kurtosis": excused["firstorder_Kurtosis"].value - 3,
    }
    for name, row in excused.items():
        assert by_the_standard[name] == pytest.approx(row.reference, abs=row.tolerance), name


def test_the_page_is_current(reference_data: Path) -> None:
    assert PAGE.read_text(encoding="utf-8") == page_of(rows_of(reference_data)), "run: make vetting"


def test_a_wrong_value_would_be_seen() -> None:
    wrong = Row("an oracle", "a setting", "glcm_Contrast", 2.0, 1.0, 0.1)
    assert wrong.verdict == "FAIL"
    assert "| 2 | 1 | 0.1 | FAIL |" in page_of([wrong])
