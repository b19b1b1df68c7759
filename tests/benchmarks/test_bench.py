"""`make bench`: every part runs, the values are equal, and the page says what was found. Times are nobody's promise here."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from benchmarks.page import LAST_DIGITS, bars_of_signatures, page_of
from orthanc_server import INSTALLED
from validation.kept import ROOT

from tilscope.dicom_io.archives.downloads import CONNECTIONS

Figures = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bench")
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--out", str(out)],
        env={**os.environ, "PYTHONPATH": paths},
        check=True,
    )
    return out


@pytest.fixture
def figures(folder: Path) -> Figures:
    found: Figures = json.loads((folder / "bench.json").read_text(encoding="utf-8"))
    return found


pytestmark = pytest.mark.slow


def test_stock_pyradiomics_on_the_same_voxels_has_the_engines_values_but_for_the_order_of_sums(
    figures: Figures,
) -> None:
    found = figures["signatures"]
    assert found["features"] == len(found["values"]) > 30
    assert max(found["ways"]["SAME_VOXELS"]["largest_difference"].values()) <= LAST_DIGITS


def test_and_of_a_complete_set(figures: Figures) -> None:
    found = figures["set"]
    same = found["ways"]["SAME_VOXELS"]
    assert found["features"] == 14 + 3 * 9 * 93
    assert same["equal_to_the_bit"] > 0.95 * found["features"]
    assert max(same["largest_difference"].values()) <= LAST_DIGITS


def test_called_the_ordinary_way_it_has_them_unless_rounding_moves_a_voxel_to_another_bin(figures: Figures) -> None:
    statistics = [row for row in figures["signatures"]["values"] if "_firstorder_" in row["feature"]]
    assert len(statistics) > 8
    for row in statistics:
        assert row["ORDINARY"] == pytest.approx(row["engine"], rel=1e-6), row["feature"]


def test_two_processes_give_the_values_of_one(figures: Figures) -> None:
    assert figures["set"]["two_processes"]["equal_to_the_bit"]


def test_every_stage_has_its_time_and_its_memory(figures: Figures) -> None:
    whole = figures["whole"]
    assert set(whole["seconds"]) <= set(whole["peak_bytes"])
    assert sum(whole["seconds"].values()) == pytest.approx(whole["ended"] - whole["begun"], rel=0.2)
    assert min(whole["peak_bytes"].values()) > 50e6  # an interpreter with numpy at least
    assert whole["objects"] == 5


def test_the_page_is_what_the_figures_say(folder: Path, figures: Figures) -> None:
    page = (folder / "bench.md").read_text(encoding="utf-8")
    assert page == page_of(figures)
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## The engine and stock pyradiomics: the five signatures",
        "## The engine and stock pyradiomics: a complete set",
        "## The pipeline and the papers' own recipe",
        "## From DICOM files to result objects",
        "## Against an earlier version",
        "## An archive some milliseconds away",
        "## Growth",
        "## Workers",
    ]
    assert "quick run" in page


def test_an_earlier_version_and_a_distant_archive_are_left_out_where_they_cannot_be_had(figures: Figures) -> None:
    page = page_of(figures | {"earlier": None, "distance": None})
    assert "no checkout with that version's tag" in page
    assert "no Orthanc is installed here" in page


def test_ten_milliseconds_are_waited_for_by_every_connection(figures: Figures) -> None:
    found = figures["distance"]
    if found is None:
        pytest.skip(INSTALLED.absent)
    assert found["instances"] > 50
    assert found["seconds"]["10"] >= 0.010 * found["instances"] / CONNECTIONS


def test_two_workers_are_held_against_one(figures: Figures) -> None:
    assert list(figures["workers"]["seconds"]) == ["1", "2"]
    page = page_of(figures | {"workers": figures["workers"] | {"seconds": {"1": 90.0, "2": 60.0}}})
    assert "| times as fast with two workers as with one | >= 1.8 | 1.5 | **no** |" in page


def test_a_recipe_without_syn_is_said_to_be_without_it(figures: Figures) -> None:
    without = copy.deepcopy(figures)
    without["recipe"] |= {"ants": None, "recipe_s": {"N4 of every phase": 1.0, "stock pyradiomics": 1.0}}
    assert "SyN is left out" in page_of(without)
    # With 2 s of the recipe, ours cannot be five times as fast.
    assert "| times as fast as the recipe | >= 5 |" in page_of(without)
    assert "**no**" in page_of(without).partition("times as fast as the recipe")[2].partition("\n")[0]


def test_one_value_that_is_not_equal_breaks_the_bar(figures: Figures) -> None:
    broken = copy.deepcopy(figures["signatures"])
    broken["ways"]["SAME_VOXELS"]["largest_difference"]["others"] = 2 * LAST_DIGITS
    assert not {bar.what: bar.kept for bar in bars_of_signatures(broken)}["largest difference on the same voxels"]
