"""`tilscope phantom`: what is asked for is what is written, and a wrong word is met with the right ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from typer.testing import CliRunner

from tilscope.models.imaging.voxels import mask_of
from tilscope.phantom import CASES
from tilscope.service.cli import app


def truth_of(folder: Path, *options: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["phantom", "--small", "--out", str(folder), *options])
    assert done.exit_code == 0, done.output
    document: dict[str, Any] = json.loads((folder / "truth" / "truth.json").read_text())
    return document


def test_cases_and_options_add_up(tmp_path: Path) -> None:
    truth = truth_of(
        tmp_path, "--case", "multifocal", "--case", "cysts", "--density", "d", "--background", "marked",
        "--lesion", "rim", "--lesion-mm", "30",
    )  # fmt: skip
    assert (truth["lesion"]["kind"], truth["lesion"]["nominal_diameter_mm"]) == ("rim", 30)
    assert [one["nominal_diameter_mm"] for one in truth["lesions"]] == [30, 12, 8]
    assert truth["patient"]["density_category"] == "d"
    assert truth["patient"]["background"] == "marked"
    assert {"lesion-2", "lesion-3", "not-cysts", "not-heart"} <= set(truth["dynamic_series"][0]["masks"])


def test_a_protocol_of_one_breast_makes_its_own_plane(tmp_path: Path) -> None:
    truth = truth_of(tmp_path, "--case", "ge-sagittal")
    assert (truth["plane"], truth["grid"]["size"]) == ("sagittal", [256, 256, 60])


def test_she_moves_as_far_as_asked_and_the_truth_tells_every_moved_phase(tmp_path: Path) -> None:
    truth = truth_of(tmp_path, "--motion-mm", "3")
    assert truth["patient"]["motion_mm"] == 3
    fields = [phase.get("displacement") for phase in truth["phases"]]
    # The first phase after the injection is what the masks lie on.
    assert [field is None for field in fields] == [False, True, False, False]
    breast = sitk.ReadImage(tmp_path / truth["dynamic_series"][0]["masks"]["breast"])
    for field in filter(None, fields):
        on_the_grid = sitk.Resample(sitk.ReadImage(tmp_path / field), breast)
        length = np.linalg.norm(sitk.GetArrayFromImage(on_the_grid), axis=-1)[mask_of(breast)]
        assert np.sqrt(np.mean(length**2)) == pytest.approx(3, rel=0.01)


def test_a_patient_who_lies_still_has_no_displacement(tmp_path: Path) -> None:
    truth = truth_of(tmp_path, "--motion-mm", "0")
    assert truth["patient"]["motion_mm"] == 0
    assert not any("displacement" in phase for phase in truth["phases"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--motion-mm", "31"], "not within 0 to 30 mm"),
        (["--case", "spicolated"], "did you mean spiculated"),
        (["--density", "e"], "there are a, b, c, d"),
        (["--background", "strong"], "minimal, mild"),
        (["--lesion", "square"], "round, lobulated"),
    ],
)
def test_a_wrong_word_is_met_with_the_right_ones(options: list[str], words: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["phantom", "--out", str(tmp_path), *options], terminal_width=300)
    assert done.exit_code != 0
    assert words in " ".join(done.output.replace("│", " ").split())


def test_the_list_names_every_case() -> None:
    done = CliRunner().invoke(app, ["phantom", "--list", "--json"])
    assert set(json.loads(done.stdout)["cases"]) == {*CASES, "random", "patient-like"}
