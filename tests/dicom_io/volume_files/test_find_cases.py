"""Which files are whose phases, and what is told of each case."""

from __future__ import annotations

from pathlib import Path

import pytest
from volume_study import TIMES_S, BothWays, tell

from tilscope.dicom_io.volume_files.facts import SIDE_FILE
from tilscope.dicom_io.volume_files.find_cases import volume_cases
from tilscope.models.refusals import BadInput


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def phases(*stems: str, suffix: str = ".nii.gz", count: int = 3) -> list[str]:
    return [f"{stem}_{number:04d}{suffix}" for stem in stems for number in range(count)]


def test_numbered_names_are_phases_in_their_order(tmp_path: Path) -> None:
    touch(tmp_path, *phases("b", "a"), "a_mask.nii.gz", "notes.txt")
    a, b = volume_cases(tmp_path)
    assert (a.name, b.name) == ("a", "b")
    assert [path.name for path in a.phases] == ["a_0000.nii.gz", "a_0001.nii.gz", "a_0002.nii.gz"]
    assert a.study_uid != b.study_uid


def test_a_missing_phase_is_told_and_numbers_of_patients_are_no_phases(tmp_path: Path) -> None:
    touch(tmp_path, *phases("a"), "masks/ISPY1_1001.nii.gz", "masks/ISPY1_1002.nii.gz", "masks/b_0000.nii.gz")
    assert [case.name for case in volume_cases(tmp_path)] == ["a"]
    touch(tmp_path, "a_0004.nii.gz")
    with pytest.raises(BadInput, match=r"a_0004.nii.gz cannot be used: the phase a_0003 before it is missing"):
        volume_cases(tmp_path)


def test_a_side_file_lists_phases_of_any_name(tmp_path: Path) -> None:
    touch(tmp_path / "case 7", "pre.nii", "post/late.nii", "post/early.nii", "tumour.nrrd")
    tell(
        tmp_path / "case 7",
        phases=["pre.nii", "post/early.nii", "post/late.nii"],
        mask="tumour.nrrd",
        times_s=[-60, 90, 450],
    )
    (case,) = volume_cases(tmp_path)
    assert case.name == "case 7"
    assert [path.name for path in case.phases] == ["pre.nii", "early.nii", "late.nii"]
    assert case.mask == tmp_path / "case 7" / "tumour.nrrd"
    assert case.facts.times_s == (-60, 90, 450)


def test_names_that_tell_no_order_are_asked_about(tmp_path: Path) -> None:
    touch(tmp_path, "pre.nii.gz", "post.nii.gz")
    with pytest.raises(
        BadInput, match=r"do not tell which is which phase \(post.nii.gz, pre.nii.gz\). Name them CASE_0000"
    ):
        volume_cases(tmp_path)


def test_a_folder_with_dicom_files_is_no_folder_of_volumes(both_ways: BothWays, tmp_path: Path) -> None:
    touch(tmp_path, *phases("a"))
    assert volume_cases(tmp_path)
    touch(tmp_path, "series/0001.dcm")
    (tmp_path / "series" / "0001.dcm").write_bytes(next(both_ways.dicom.rglob("*.dcm")).read_bytes())
    assert volume_cases(tmp_path) == ()


def test_a_phase_that_is_listed_and_not_there_is_told(tmp_path: Path) -> None:
    touch(tmp_path, "pre.nii", "early.nii", "._pre.nii")
    tell(tmp_path, phases=["pre.nii", "early.nii", "late.nii"])
    with pytest.raises(
        BadInput, match=r"late.nii cannot be used: .*tilscope-study.json lists it, and there is no such file"
    ):
        volume_cases(tmp_path)


def test_a_file_about_no_volumes_is_not_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "about.csv")
    with pytest.raises(BadInput, match="could be about; DICOM files tell of themselves"):
        volume_cases(tmp_path / "empty", tmp_path / "about.csv")


def test_one_side_file_tells_of_many_cases(tmp_path: Path) -> None:
    touch(tmp_path, *phases("site1/a"), *phases("site2/b"))
    tell(tmp_path, all={"times_s": [-60, 90, 450], "fat_suppressed": True}, cases={"B": {"starts_s": [0, 150, 510]}})
    a, b = volume_cases(tmp_path)
    assert (a.facts.times_s, a.facts.fat_suppressed) == ((-60, 90, 450), True)
    # A case's own times replace those of all, of whichever kind.
    assert (b.facts.starts_s, b.facts.times_s, b.facts.fat_suppressed) == ((0, 150, 510), (), True)


def test_the_nearest_side_file_comes_first_and_the_given_one_before_all(tmp_path: Path) -> None:
    touch(tmp_path, *phases("site/a"))
    tell(tmp_path, times_s=[-60, 90, 450], field_strength_t=1.5)
    tell(tmp_path / "site", field_strength_t=3)
    (case,) = volume_cases(tmp_path)
    assert (case.facts.times_s, case.facts.field_strength_t) == ((-60, 90, 450), 3)
    about = tmp_path / "elsewhere.csv"
    about.write_text("case,time_s,field_strength_t\na,-90,7\na,100,7\na,500,7\n", encoding="utf-8")
    (case,) = volume_cases(tmp_path, about)
    assert (case.facts.times_s, case.facts.field_strength_t) == ((-90, 100, 500), 7)


def test_a_table_of_times_beside_the_volumes(tmp_path: Path) -> None:
    touch(tmp_path, *phases("a", "b"))
    rows = [
        "case,start_s,injection_s,fat_suppressed",
        "a,0,95,true",
        "a,100,95,true",
        "a,400,95,true",
        "b,0,,",
        "b,90,,",
    ]
    (tmp_path / SIDE_FILE).with_suffix(".csv").write_text("\n".join(rows), encoding="utf-8")
    a, b = volume_cases(tmp_path)
    assert (a.facts.starts_s, a.facts.injection_s, a.facts.fat_suppressed) == ((0, 100, 400), 95, True)
    assert (b.facts.starts_s, b.facts.injection_s, b.facts.fat_suppressed) == ((0, 90), None, None)


def test_only_the_files_that_are_asked_for_are_looked_at(tmp_path: Path) -> None:
    touch(tmp_path, *phases("a", "b"))
    _, b = volume_cases(tmp_path)
    assert volume_cases(tmp_path, files=b.files) == (b,)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"time_s": [1, 2]}, "time_s"),
        ({"times_s": [-60, 450, 90]}, "must ascend"),
        ({"times_s": [-60, 90], "starts_s": [0, 150]}, "not both"),
        ({"times_s": [-60, 90], "injection_s": 3}, "injection_s goes with starts_s"),
        ({"times_s": [-60000, 90]}, "times_s"),
        ({"patient_position": "prone"}, "patient_position"),
        ({"all": {}, "casses": {}}, "beside 'all' and 'cases'"),
    ],
)
def test_a_side_file_that_cannot_be_understood_says_why(tmp_path: Path, facts: dict[str, object], words: str) -> None:
    touch(tmp_path, *phases("a"))
    tell(tmp_path, **facts)
    with pytest.raises(BadInput, match=r"tilscope-study.json tells of the volumes cannot be used") as answer:
        volume_cases(tmp_path)
    assert words in str(answer.value)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("case,zeit\na,1\n", "the column zeit is unknown"),
        ("case,fat_suppressed\na,true\n", "no column time_s or start_s"),
        ("case,time_s,model\na,1,X\na,2,Y\n", "model differs between the phases of a"),
        ("case,time_s\na,soon\n", "times_s"),
    ],
)
def test_a_table_that_cannot_be_understood_says_why(tmp_path: Path, table: str, words: str) -> None:
    touch(tmp_path, *phases("a"))
    (tmp_path / SIDE_FILE).with_suffix(".csv").write_text(table, encoding="utf-8")
    with pytest.raises(BadInput, match=words):
        volume_cases(tmp_path)


def test_what_nobody_told_is_listed(tmp_path: Path) -> None:
    touch(tmp_path, *phases("a", count=4))
    tell(tmp_path, starts_s=[0, 100, 200, 300])
    (case,) = volume_cases(tmp_path)
    assert [words.partition(" (")[0] for words in case.facts.untold] == [
        "the moment of injection", "whether fat is suppressed", "the field strength", "the scanner", "the sequence",
        "how the patient lay",
    ]  # fmt: skip
    assert "the moment of injection" not in case.told(times_s=TIMES_S).facts.untold
