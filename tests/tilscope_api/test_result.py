"""What `tilscope.score` gives, held against the DICOM objects and the command line's own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from dicom_readers import read_segments
from study_on_disk import StudyOnDisk

import tilscope
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import mask_of
from tilscope.phantom import LesionSpec, PhantomSpec, make_study, write_study
from tilscope.phantom.defects import two_phases_only
from tilscope.service.demo.demo_artefacts import ARTEFACTS

TILSCOPE = Path(sys.executable).with_name("tilscope")


def test_masks_lie_on_the_series_and_are_those_of_the_segmentation(result: tilscope.Result, tmp_path: Path) -> None:
    saved = result.save(tmp_path / "saved")
    found = read_segments(saved / "tilscope_lesions.dcm", tmp_path / "read")
    early = result.image("early")
    lesion, ring, breast = (result.mask(name) for name in ("lesion 1", "ring", "breast"))
    for mask in (lesion, ring, breast):
        assert mask.GetSize() == early.GetSize()
        assert mask.GetOrigin() == early.GetOrigin()
        assert mask.GetDirection() == early.GetDirection()
    np.testing.assert_array_equal(sitk.GetArrayFromImage(found[1].on(lesion)), sitk.GetArrayFromImage(lesion))
    around = read_segments(saved / "tilscope_tissue.dcm", tmp_path / "around")
    np.testing.assert_array_equal(sitk.GetArrayFromImage(around[2].on(ring)), sitk.GetArrayFromImage(ring))
    assert not (mask_of(result.mask("fgt")) & mask_of(lesion)).any()
    assert not (mask_of(ring) & ~mask_of(breast)).any()


def test_a_mask_is_the_callers_own(result: tilscope.Result) -> None:
    first = result.mask("lesion 1")
    first *= 0
    assert mask_of(result.mask("lesion 1")).any()


def test_what_is_not_there_is_said_with_what_is(result: tilscope.Result) -> None:
    with pytest.raises(ValueError, match="no mask 'lesion 7'; there are breast, fgt, ring, lesion 1"):
        result.mask("lesion 7")
    with pytest.raises(ValueError, match="no phase 'post'"):
        result.image("post")
    with pytest.raises(ValueError, match="no series of 'left' was scored; there is both"):
        result.of("left")
    with pytest.raises(KeyError, match="weight of lesion 1"):
        result.value("weight", "lesion 1")


@pytest.mark.parametrize("number", [0, -1, 5])
def test_a_phase_that_there_is_not_is_no_other_phase(result: tilscope.Result, number: int) -> None:
    with pytest.raises(ValueError, match=f"no phase {number}: they are numbered from 1 to 4"):
        result.image(number)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"seed_mm": (1.0, 2.0)}, "seed_mm takes 3 finite numbers"),
        ({"seed_mm": (1.0, float("nan"), 0.0)}, "seed_mm takes 3 finite numbers"),
        ({"box_mm": (1.0, 2.0, 3.0)}, "box_mm takes 6 finite numbers"),
    ],
)
def test_a_place_that_is_none_is_wrong_usage(
    small_study: StudyOnDisk, wrong: dict[str, tuple[float, ...]], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        tilscope.score(small_study.folder, **wrong)  # type: ignore[arg-type]


def test_it_saves_what_the_command_writes_and_nothing_into_the_study(
    result: tilscope.Result, small_study: StudyOnDisk, tmp_path: Path
) -> None:
    before = sorted(small_study.folder.rglob("*"))
    result.save(tmp_path / "api")
    command = [TILSCOPE, "score", small_study.folder, "--out", tmp_path / "command", "--json"]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    assert sorted(small_study.folder.rglob("*")) == before
    names = sorted(path.name for path in (tmp_path / "command").iterdir())
    assert sorted(path.name for path in (tmp_path / "api").iterdir()) == names
    for name in names:
        ours, theirs = tmp_path / "api" / name, tmp_path / "command" / name
        if name == "result.json":
            assert _answer(ours) == _answer(theirs)
        elif name.endswith(".dcm"):
            assert pydicom.dcmread(ours).SOPInstanceUID == pydicom.dcmread(theirs).SOPInstanceUID
        else:
            assert ours.read_bytes() == theirs.read_bytes()


def _answer(path: Path) -> dict[str, object]:
    answer: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    del answer["timings_s"], answer["cpu_s"]
    return answer


def test_rows_hold_every_number_of_the_result_once(result: tilscope.Result) -> None:
    rows = result.rows()
    assert len({(row["part"], row["kind"], row["id"]) for row in rows}) == len(rows)
    assert {row["part"] for row in rows} >= {"lesion 1", "breast", "wu2018", "su2022"}
    assert all((row["value"] is None) == bool(row["reason"]) for row in rows)
    (lesion,) = result.lesions
    assert result.value("volume", "lesion 1") == next(m.value for m in lesion.measurements if m.id == "volume")


def test_a_frame_is_the_rows(result: tilscope.Result) -> None:
    pytest.importorskip("pandas")
    frame = result.to_frame()
    assert list(frame.columns) == list(result.rows()[0])
    assert len(frame) == len(result.rows())


def test_references_and_models_calibrate(small_study: StudyOnDisk) -> None:
    demo = tilscope.PipelineSettings(demo=True)
    stages: list[tuple[str, float]] = []
    calibrated = tilscope.score(
        small_study.folder,
        references=ARTEFACTS / "references",
        models=ARTEFACTS / "models",
        settings=demo,
        progress=lambda stage, fraction: stages.append((stage, fraction)),
    )
    states = {name: signature.state.value for name, signature in calibrated.signatures.items()}
    assert {states[name] for name in ("wu2018", "su2022", "fan2023", "han2024")} == {"calibrated"}
    fractions = [fraction for _, fraction in stages]
    assert fractions == sorted(fractions)
    assert (fractions[0], stages[-1]) == (0.0, ("done", 1.0))


def test_a_refusal_is_told_before_and_raised_after(with_defect: Callable[[Callable[[Path], object]], Path]) -> None:
    folder = with_defect(two_phases_only)
    found = tilscope.inspect(folder)
    assert found.refused
    with pytest.raises(tilscope.Refused, match="needs 3") as raised:
        tilscope.score(folder)
    assert (raised.value.code, str(raised.value)) == (found.code, found.reason)


def test_an_empty_folder_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(tilscope.BadInput, match="No DICOM file was found"):
        tilscope.inspect(tmp_path)


@pytest.mark.slow
def test_of_a_pair_each_breast_is_asked_by_itself(tmp_path: Path) -> None:
    both = (LesionSpec(side=Laterality.RIGHT), LesionSpec(side=Laterality.LEFT))
    spec = replace(PhantomSpec.small(), lesion=both[0], more_lesions=both[1:])
    write_study(make_study(spec), tmp_path, "sagittal-pair")
    found = tilscope.inspect(tmp_path)
    assert [one.laterality for one in found.dynamic_series] == ["right", "left"]
    result = tilscope.score(tmp_path)
    with pytest.raises(ValueError, match="each breast has a dynamic series of its own"):
        result.mask("breast")
    right, left = result.of("right"), result.of("left")
    x = [one.mask("lesion 1").TransformIndexToPhysicalPoint((0, 0, 0))[0] for one in (right, left)]
    assert x[0] < 0 < x[1], "the patient's left is +x"
    assert [lesion.laterality for one in (right, left) for lesion in one.lesions] == ["R", "L"]
    assert len(result.rows()) == len(right.rows()) + len(left.rows())
    names = {path.name for path in result.save(tmp_path / "saved").iterdir()}
    assert {"montage-left.png", "montage-right.png", "result.json"} <= names
    alone = {path.name for path in left.save(tmp_path / "left").iterdir()}
    assert {"montage.png", "tilscope_report_left.dcm"} <= alone
    assert not any("right" in name for name in alone)
