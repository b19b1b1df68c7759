"""The command line as its users meet it: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pydicom
import pytest
from PIL import Image
from published_result import faults_of_result
from pydicom.uid import BasicTextSRStorage
from undecided_phantom import write_undecided

from tilscope.models import PIPELINE_VERSION
from tilscope.models.imaging.series import Laterality
from tilscope.phantom import LesionSpec, PhantomSpec, make_study, write_study
from tilscope.phantom.defects import truncated_file, two_phases_only, without_slice, write_ct_study

TILSCOPE = Path(sys.executable).with_name("tilscope")

DONE, USAGE, REFUSED, BAD_INPUT, NEEDS_READER = 0, 2, 3, 4, 5


def tilscope(*words: object) -> subprocess.CompletedProcess[str]:
    wide = {**os.environ, "COLUMNS": "200"}  # a sentence on one line
    return subprocess.run([TILSCOPE, *map(str, words)], capture_output=True, text=True, check=False, env=wide)


def answer(*words: object, ends: int = DONE) -> Any:
    """The JSON answer of a command that ends as expected."""
    done = tilscope(*words, "--json")
    assert done.returncode == ends, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A small synthetic study, ready to be damaged."""
    write_study(make_study(PhantomSpec.small()), tmp_path / "study")
    return tmp_path / "study"


# -------------------------------------------------------------------------------------------------------- wrong input


def test_a_folder_that_is_not_there() -> None:
    said = answer("inspect", "/no/such/folder", ends=BAD_INPUT)
    assert said == {
        "kind": "bad input",
        "code": "no-such-folder",
        "error": "The folder /no/such/folder does not exist.",
    }


def test_a_file_where_a_folder_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert answer("inspect", tmp_path / "file", ends=BAD_INPUT)["code"] == "not-a-folder"


def test_an_empty_folder(tmp_path: Path) -> None:
    assert "No DICOM file was found" in answer("score", tmp_path, "--out", tmp_path / "out", ends=BAD_INPUT)["error"]


def test_a_ct_study(tmp_path: Path) -> None:
    write_ct_study(tmp_path)
    assert answer("score", tmp_path, "--out", tmp_path / "out", ends=REFUSED)["error"] == (
        "This is no MR study: it holds CT only."
    )


def test_a_study_with_two_phases(study: Path) -> None:
    two_phases_only(study)
    said = answer("score", study, "--out", study / "out", ends=REFUSED)
    assert said["code"] == "too-few-phases"
    assert said["error"].startswith("2 phases were found")


def test_a_phase_short_of_a_slice(study: Path) -> None:
    without_slice(study, phase=2)
    said = answer("inspect", study, ends=REFUSED)["refusal"]
    assert said["code"] == "positions-differ"
    assert "phase 3 lacks 1 of 24 positions" in said["sentence"]


def test_a_truncated_file_is_named(study: Path) -> None:
    damaged = truncated_file(study, phase=1, slice_index=3)
    said = answer("score", study, "--out", study / "out", ends=BAD_INPUT)
    assert said["code"] == "truncated-pixels"
    assert damaged.name in said["error"]


def test_two_studies_in_one_folder(study: Path) -> None:
    write_study(make_study(PhantomSpec.small(seed=2)), study / "other")
    assert answer("inspect", study, ends=BAD_INPUT)["code"] == "several-studies"


def test_a_study_without_a_lesion(tmp_path: Path) -> None:
    assert tilscope("phantom", "--small", "--lesion-mm", 0, "--out", tmp_path / "study").returncode == DONE
    assert answer("score", tmp_path / "study", "--out", tmp_path / "out", ends=REFUSED)["code"] == "no-lesion"
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["montage.png", "tilscope_not_scored.dcm"], "why, and what the program saw"
    (note,) = (tmp_path / "out").glob("**/*.dcm")
    assert pydicom.dcmread(note).SOPClassUID == BasicTextSRStorage, "what a viewer shows in place of a report"


def test_a_study_that_needs_a_reader_is_written_with_its_candidates_and_scored_once_one_is_meant(
    tmp_path: Path,
) -> None:
    study, _ = write_undecided(tmp_path / "study")
    found = answer("score", tmp_path / "study", "--out", tmp_path / "out", ends=NEEDS_READER)
    (series,) = found["dynamic_series"]
    assert (series["finding"], series["signatures"]) == ("candidates", [])
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"montage.png", "result.json", "tilscope_report.dcm"} <= names
    segmentation = pydicom.dcmread(tmp_path / "out" / "tilscope_lesions.dcm")
    labels = [segment.SegmentLabel for segment in segmentation.SegmentSequence]
    assert labels[0].startswith("Candidate 1")
    assert not any("esion" in label for label in labels)

    truth = study.truth.lesions[0].mask
    points = (lesion["point_mm"] for lesion in series["lesions"])
    point = next(mm for mm in points if truth.GetPixel(truth.TransformPhysicalPointToIndex(mm)))
    seed = ",".join(map(str, point))
    decided = answer("score", tmp_path / "study", "--out", tmp_path / "decided", f"--seed-mm={seed}")
    (series,) = decided["dynamic_series"]
    assert (series["finding"], series["segmentation"]["source"]) == ("mass", "steered")
    assert series["signatures"]


def test_it_tells_its_version() -> None:
    assert tilscope("--version").stdout == f"tilscope {PIPELINE_VERSION}\n"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["phantom", "--layout", "one-serie", "--out", "x"], "did you mean one-series?"),
        (["ftv", ".", "--box-mm", "1,2,3"], "six numbers are needed"),
        (["score", "."], "--out"),
        (
            ["score", ".", "--out", "x", "--objects", "maps"],
            "'maps' is none of all, parametric-maps, secondary-capture",
        ),
        (["phantom", "--lesion-mm", "400", "--out", "x"], "not within"),
        (["phantom", "--motion-mm", "nan", "--out", "x"], "must be a finite number, not nan"),
        (["ftv", ".", "--box-mm", "1,2,3,4,5,6", "--background", "inf"], "must be a finite number, not inf"),
        (
            ["features", ".", "--set", "su2022", "--out", "x.csv", "--worker-memory", "much"],
            'worker_memory must be a memory size from 64MiB to 1PiB, such as 4GiB or 800MB, not "much".',
        ),
        (["scor"], "No such command"),
    ],
)
def test_wrong_usage_says_what_is_wanted(words: list[str], hint: str) -> None:
    done = tilscope(*words)
    assert done.returncode == USAGE
    assert hint in " ".join(done.stderr.split())


def test_a_box_outside_the_images_is_answered_with_their_extent(study: Path) -> None:
    said = answer("ftv", study, "--box-mm", "900,900,900,910,910,910", ends=BAD_INPUT)
    assert said["code"] == "empty-box"
    assert "which reach from" in said["error"]


def test_sending_to_nobody_is_a_fault_in_words(study: Path) -> None:
    said = answer("send", study, "--port", 1, ends=1)
    assert "does not accept the association" in said["error"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--all", "--older-than-version", "0.5.0"], "give a study, or --all or --older-than-version without one"),
        (["1.2.3", "--older-than-version", "0.5.0"], "give a study, or --all or --older-than-version without one"),
        (["--older-than-version", "0.5.0", "--signature", "wu2018"], "--signature goes with --all"),
        (["--all", "--only-unanswered"], "--only-unanswered with --older-than-version"),
        (["1.2.3", "--dry-run"], "--since and --dry-run go with --all or --older-than-version"),
    ],
)
def test_what_does_not_go_together_in_rescore_is_said(words: list[str], sentence: str) -> None:
    done = tilscope("rescore", *words)
    assert done.returncode == USAGE
    assert sentence in done.stderr


def test_the_help_teaches() -> None:
    said = tilscope("--help").stdout
    for command in (
        "score",
        "inspect",
        "ftv",
        "phantom",
        "send",
        "status",
        "rescore",
        "demo",
        "calibrate",
        "molecular",
        "purge",
        "backup",
        "restore",
        "models",
    ):
        assert command in said
    assert "Exit codes" in said
    assert "patient LPS millimetres, corners in any order" in tilscope("ftv", "--help").stdout


# ------------------------------------------------------------------------------------------------------- right input


def test_a_folder_is_scored(study: Path, tmp_path: Path) -> None:
    said = answer("score", study, "--out", tmp_path / "out")
    written = {p.name for p in (tmp_path / "out").iterdir()}
    assert len([name for name in written if name.endswith(".dcm")]) == 4
    assert json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8")) == said
    assert faults_of_result(said) == []
    modalities = sorted(str(pydicom.dcmread(p).Modality) for p in (tmp_path / "out").glob("*.dcm"))
    assert modalities == ["DOC", "SEG", "SEG", "SR"]
    assert {o["sop_instance_uid"] for o in said["objects"]} == {
        str(pydicom.dcmread(p).SOPInstanceUID) for p in (tmp_path / "out").glob("*.dcm")
    }
    assert said["dynamic_series"][0]["signatures"][0]["state"] == "uncalibrated"
    with Image.open(tmp_path / "out" / "montage.png") as montage:
        assert montage.size[0] == 1600


def test_what_else_is_written_can_be_asked_for(study: Path, tmp_path: Path) -> None:
    said = answer("score", study, "--out", tmp_path / "out", "--objects", "key-images, contour-report", "--labelmap")
    assert [o["kind"] for o in said["objects"]] == ["SEG", "SEG", "KO", "SR", "DOC", "SR"]
    assert {o["sop_class_uid"] for o in said["objects"] if o["kind"] == "SEG"} == {"1.2.840.10008.5.1.4.1.1.66.7"}
    written = {p.stem for p in (tmp_path / "out").glob("*.dcm")}
    assert {"tilscope_key_images", "tilscope_contour_report"} < written


def test_each_breast_of_a_pair_has_a_montage_of_its_own(tmp_path: Path) -> None:
    spec = replace(PhantomSpec.small(), more_lesions=(LesionSpec(side=Laterality.RIGHT),))
    write_study(make_study(spec), tmp_path / "pair", "sagittal-pair")
    said = answer("score", tmp_path / "pair" / "dicom", "--out", tmp_path / "out")
    assert [one["laterality"] for one in said["dynamic_series"]] == ["R", "L"]
    assert {path.name for path in (tmp_path / "out").glob("*.png")} == {"montage-left.png", "montage-right.png"}


def test_the_same_folder_scored_on_one_thread_and_on_two_gives_the_same_numbers_and_uids(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    for threads in ("1", "2"):
        monkeypatch.setenv("ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", threads)
        told.append(answer("score", study, "--out", tmp_path / threads))
    for said in told:
        del said["timings_s"], said["cpu_s"]
    assert told[0] == told[1]


def test_an_installed_reference_calibrates_and_one_from_other_settings_is_refused(study: Path, tmp_path: Path) -> None:
    plain = answer("score", study, "--out", tmp_path / "plain")
    signature = next(s for s in plain["dynamic_series"][0]["signatures"] if s["id"] == "wu2018")
    features = {f["id"]: f["value"] for f in signature["features"]}
    wanted = ("M1", "TEX2", "TS-BPE2", "BPE1", "BPE3")
    reference = {
        "signature": "wu2018",
        "cohort": "this very study",
        "studies": 40,
        # As the README tells: it stands at the end of the signature's parameters.
        "settings_hash": signature["parameters"].rstrip(".").split()[-1],
        "mean": {id: features[id] for id in wanted},
        "sd": dict.fromkeys(wanted, 1.0),
        "scores": [6.0, 8.0, 10.0, 24.0],
    }
    installed = tmp_path / "references"
    installed.mkdir()
    (installed / "wu2018.json").write_text(json.dumps(reference), encoding="utf-8")
    said = answer("score", study, "--out", tmp_path / "calibrated", "--references", installed)
    calibrated = next(s for s in said["dynamic_series"][0]["signatures"] if s["id"] == "wu2018")
    # A study that is its cohort's mean has the model's intercept; another reference is another input.
    assert (calibrated["state"], calibrated["score"]["value"]) == ("calibrated", 13.02)
    assert calibrated["category"] == "intermediate"
    assert said["input_hash"] != plain["input_hash"]

    (installed / "wu2018.json").write_text(json.dumps({**reference, "settings_hash": "other"}), encoding="utf-8")
    refused = answer("score", study, "--out", tmp_path / "other", "--references", installed, ends=BAD_INPUT)
    assert refused["code"] == "unusable-reference"
    assert "made under settings other" in refused["error"]


def test_inspect_shows_a_person_the_same(study: Path) -> None:
    done = tilscope("inspect", study)
    assert done.returncode == DONE
    assert "phases 1, 2, 3, 4" in " ".join(done.stdout.replace("│", " ").split())
    assert "both breasts" in done.stdout


def test_brackets_in_a_description_are_text_and_no_markup(study: Path) -> None:
    for path in (study / "dicom").rglob("*.dcm"):
        header = pydicom.dcmread(path)
        header.SeriesDescription = "dyn [/t1] fs [bold]"
        header.save_as(path)
    done = tilscope("inspect", study)
    assert done.returncode == DONE, done.stderr
    assert "dyn [/t1] fs [bold]" in done.stdout


def test_ftv_of_the_whole_phantom_counts_its_lesion(study: Path) -> None:
    truth = json.loads((study / "truth" / "truth.json").read_text(encoding="utf-8"))
    x, y, z = truth["lesion"]["centre_mm"]
    box = f"{x + 20},{y - 20},{z + 20},{x - 20},{y + 20},{z - 20}"
    said = answer("ftv", study, "--box-mm", box)
    (pe,) = [row for row in said["volumes"] if row["id"] == "ftv_pe"]
    assert pe["cc"] == pytest.approx(truth["lesion"]["volume_cc"], rel=0.25)
    assert pe["cc"] == pytest.approx(pe["voxels"] * said["voxel_cc"])


# ----------------------------------------------------------------------------------------------------- a site's rules


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study whose clocks stand still."""
    folder = tmp_path_factory.mktemp("frozen")
    write_study(make_study(PhantomSpec.small()), folder, "ispy2-volser-frozen")
    return folder / "dicom"


def rules_file(folder: Path, text: str) -> Path:
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_rule_gives_the_times_that_the_headers_lack(frozen: Path, tmp_path: Path) -> None:
    assert answer("inspect", frozen, ends=REFUSED)["refusal"]["code"] == "timing-unusable"
    rules = rules_file(tmp_path, "[[rule]]\nname = 'protocol'\nphase_times_s = [-120, 90, 270, 450]")
    said = answer("inspect", frozen, "--rules", rules)
    (found,) = said["dynamic_series"]
    assert said["site_rule"] == "protocol"
    assert [(p["role"], p["time_s"]) for p in found["phases"]] == [
        ("pre", -120.0), ("early", 90.0), ("", 270.0), ("late", 450.0),
    ]  # fmt: skip
    scored = answer("score", frozen, "--rules", rules, "--out", tmp_path / "out")
    assert scored["dynamic_series"][0]["time_zero"] == "the protocol's times, by the site's rule 'protocol'"


def test_a_rule_about_a_sender_is_tried_before_it_is_installed(frozen: Path, tmp_path: Path) -> None:
    rules = rules_file(tmp_path, "[[rule]]\nname = 'teaching'\ncalling_aet = ['TEACH*']\nscore = false")
    assert answer("inspect", frozen, "--rules", rules, ends=REFUSED)["site_rule"] is None
    done = tilscope("inspect", frozen, "--rules", rules, "--calling-aet", "TEACHING")
    assert "Site rule: teaching." in done.stdout
    assert "By this rule the study is not scored by itself." in done.stdout


def test_a_file_of_rules_that_cannot_be_used_is_told_with_the_place(frozen: Path, tmp_path: Path) -> None:
    rules = rules_file(tmp_path, "[[rule]]\nname = 'a'\nmatch = { ProtocolNam = 'x' }")
    said = answer("inspect", frozen, "--rules", rules, ends=BAD_INPUT)
    assert said["code"] == "unusable-rules"
    assert "rule.0.match: ProtocolNam is no DICOM keyword" in said["error"]


# ------------------------------------------------------------------------------------------------------- the real exam


def test_the_real_exam_is_inspected(reference_data: Path) -> None:
    said = answer("inspect", reference_data / "nact" / "UCSF-BR-06")
    assert [(p["role"], p["time_s"], p["slices"]) for p in said["dynamic_series"][0]["phases"]] == [
        ("pre", -230.0, 60),
        ("early", 177.0, 60),
        ("late", 531.0, 60),
    ]
    used, *others = said["series"]
    assert used["used_as"] == "phases 1, 2, 3"
    reasons = {s["description"]: s["reason"] for s in others}
    assert reasons["Sagittal-IR_3DFGRE: PE1"] == "an enhancement map (ImageType PE1)"
    assert reasons["Sagittal-IR_3DFGRE: SER"] == "an enhancement map (ImageType SER)"
    assert said["dynamic_series"][0]["laterality"] == "left"


def test_the_trials_own_volume_is_found_in_its_box(reference_data: Path) -> None:
    exam = reference_data / "nact" / "UCSF-BR-06"
    oracle = json.loads((reference_data / "nact" / "ftv_oracle.json").read_text(encoding="utf-8"))["cases"][
        "UCSF-BR-06"
    ]
    # The trial gives the box in voxels of the acquisition order: corners in millimetres by the first header's geometry.
    slices = [pydicom.dcmread(p, stop_before_pixels=True) for p in (exam / "image_dce_3dfgre_orig").glob("*.dcm")]
    by_number = {int(s.InstanceNumber): s for s in slices}
    corners = []
    for column, row, number in (oracle["voi_start"], oracle["voi_end"]):
        header = by_number[number + 1]
        across, down = (float(v) for v in header.PixelSpacing[::-1])
        axes = [float(v) for v in header.ImageOrientationPatient]
        corners += [
            float(header.ImagePositionPatient[i]) + axes[i] * across * column + axes[3 + i] * down * row
            for i in range(3)
        ]
    box = ",".join(f"{c:.4f}" for c in corners)
    said = answer("ftv", exam, f"--box-mm={box}", "--background", oracle["background_threshold"])
    voxels = {row["id"]: row["voxels"] for row in said["volumes"]}
    assert voxels["ftv_pe"] == pytest.approx(oracle["FTVpe_voxels"], rel=0.001)
    assert voxels["ftv_ser"] == pytest.approx(oracle["FTVser_gt0.9_voxels"], rel=0.005)
    assert said["background"] == oracle["background_threshold"]
    assert said["background_source"] == "given"
