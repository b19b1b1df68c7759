"""`tilscope.features`: the table of `tilscope features`, without a file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from study_on_disk import StudyOnDisk

import tilscope
from tilscope.models.signatures.complete_sets import COMPLETE_SETS


def test_a_row_for_each_study_and_its_reason_where_there_are_no_features(
    small_study: StudyOnDisk, tmp_path: Path
) -> None:
    other = tilscope.phantom.make_study(tilscope.phantom.PhantomSpec.small(seed=2))
    tilscope.phantom.write_study(other, tmp_path / "other")
    tilscope.phantom.defects.two_phases_only(tmp_path / "other")
    told: list[float] = []
    table = tilscope.features(
        [small_study.folder, str(tmp_path / "other")], ["wu2018"], progress=lambda words, done: told.append(done)
    )
    by_state = {row["state"]: row for row in table.to_pylist()}
    assert set(by_state) == {"measured", "refused"}
    assert by_state["refused"]["code"] == "too-few-phases"
    columns = COMPLETE_SETS["wu2018"].columns
    assert set(columns) <= set(table.column_names)
    measured = by_state["measured"]
    assert {name for name in columns if measured[name] is None} == set(json.loads(measured["missing"] or "{}"))
    assert (told[0], told[-1]) == (0.0, 1.0)


def test_a_finished_study_is_not_measured_again(small_study: StudyOnDisk, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    first = tilscope.features(small_study.folder, "wu2018", checkpoints=kept)
    (part,) = kept.iterdir()
    made = part.stat().st_mtime_ns
    assert tilscope.features(small_study.folder, "wu2018", checkpoints=kept).equals(first)
    assert part.stat().st_mtime_ns == made


def test_a_study_in_two_places_is_bad_input(small_study: StudyOnDisk, tmp_path: Path) -> None:
    shutil.copytree(small_study.folder, tmp_path / "copy")
    with pytest.raises(tilscope.BadInput, match="was found twice"):
        tilscope.features([small_study.folder, tmp_path / "copy"], "wu2018")


def test_an_unknown_set_is_bad_input(small_study: StudyOnDisk) -> None:
    with pytest.raises(tilscope.BadInput, match="There is no signature 'wu2019'"):
        tilscope.features(small_study.folder, "wu2019")
