"""`tilscope cohort`: what the table and the page hold, what is kept, and that calibrate and train read it."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cohort_of_phantoms as cohort
import numpy as np
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pydicom
import pytest
from cohort_of_phantoms import patient
from pydicom.fileset import FileSet
from report_cohort import HASH, SETTINGS, known_values
from scored_study import WU_FEATURES, scored_study, wu_signature
from typer.testing import CliRunner

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.models.finding import Finding
from tilscope.models.refusals import BadInput
from tilscope.models.result import Missing, QualityFinding, RefusedSeries, SeriesResult, StudyResult
from tilscope.models.signatures import all_signatures
from tilscope.models.signatures.base import settings_hash
from tilscope.models.signatures.fan2023.model import FAN_2023
from tilscope.models.signatures.wu2018.model import WU_2018
from tilscope.service.cli import app
from tilscope.service.research.cohort.cohort_study import CohortStudy
from tilscope.service.research.cohort.observations import cohort_in_table
from tilscope.service.research.cohort.pictures_page import write_page
from tilscope.service.research.cohort.score_rows import ScoreRow, rows_of
from tilscope.service.research.cohort.score_table import score_table
from tilscope.service.research.extraction.feature_table import write_table
from tilscope.service.research.training.input_tables import read_table
from tilscope.service.site.cohort import gather_each

DONE, REFUSED = 0, 3


def run(*words: object, ends: int = DONE) -> Any:
    """The JSON answer of a command in this process."""
    answer = CliRunner().invoke(app, [*map(str, words), "--json"])
    if isinstance(answer.exception, BadInput):
        raise answer.exception
    assert answer.exit_code == ends, (answer.output, answer.exception)
    return json.loads(answer.stdout) if answer.stdout else None


def scored(out: Path, *places: Path, **options: object) -> Any:
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return run("cohort", *places, "--out", out, "--workers", 1, *words)


# ------------------------------------------------------------------------------------ real studies, in three kinds of place


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A study in a zip archive, and one without a lesion behind a DICOMDIR."""
    folder = tmp_path_factory.mktemp("places")
    written = cohort.write_cohort(folder / "written", cohort.THREE_POSTS, cohort.WITHOUT_LESION)
    with zipfile.ZipFile(folder / "one.zip", "w") as packed:
        for path in sorted((written / "patient 1").rglob("*.dcm")):
            packed.write(path, path.relative_to(written))
    files = FileSet()
    for path in sorted((written / "patient 2").rglob("*.dcm")):
        files.add(path)
    files.write(folder / "cd")
    return [folder / "one.zip", folder / "cd" / "DICOMDIR"]


@pytest.fixture(scope="module")
def made(places: list[Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The table, and the summary of the run that has made it."""
    out = tmp_path_factory.mktemp("out") / "scores.parquet"
    return out, scored(out, *places, objects=out.parent / "objects")


def by_patient(table: Path) -> dict[str, dict[str, Any]]:
    return {row["patient_id"]: row for row in pq.read_table(table).to_pylist()}


@pytest.mark.slow
def test_a_row_holds_what_the_report_of_the_study_holds(made: tuple[Path, Any]) -> None:
    row = by_patient(made[0])[patient(2)]
    objects = made[0].parent / "objects" / row["study_uid"]
    assert (row["state"], row["laterality"]) == ("scored", "B")
    assert sorted(str(pydicom.dcmread(path).Modality) for path in objects.iterdir()) == [
        "DOC",
        "SEG",
        "SEG",
        "SEG",
        "SR",
    ]
    signatures = all_signatures()
    hashes = {one.id: settings_hash(one, SETTINGS) for one in signatures}
    for id, reports in gather_each(FolderArchive(objects), hashes, signatures).items():
        (of_report,) = reports.observations
        signature = next(one for one in signatures if one.id == id)
        (of_table,) = cohort_in_table(made[0], signature, hashes[id]).observations
        in_table = {feature: of_table.numbers[feature] for feature in signature.model_features}
        assert in_table == {feature: of_report.numbers[feature] for feature in signature.model_features}
        assert (of_table.patient_id, of_table.scanner) == (of_report.patient_id, of_report.scanner)
    assert row["largest_lesion_cc"] == row["lesion_volume"]
    assert row["su2022_low"] <= row["su2022"] <= row["su2022_high"]


@pytest.mark.slow
def test_a_refused_study_is_a_row_with_its_reason_and_its_picture(made: tuple[Path, Any]) -> None:
    out, summary = made
    row = by_patient(out)[patient(3)]
    assert (row["state"], row["code"], row["wu2018"]) == ("refused", "no-lesion", None)
    assert row["reason"].startswith("No enhancing lesion was found in the breast")
    assert summary["rows"] == {"needs-reader": 0, "failed": 0, "refused": 1, "scored": 1}
    page = Path(summary["page"]).read_text()
    assert page.index("TILSCOPE-PHANTOM-3") < page.index("TILSCOPE-PHANTOM-2"), "the worst first"
    assert page.count("data:image/jpeg;base64,") == 2
    assert "http" not in page, "it needs nothing from elsewhere"


@pytest.mark.slow
def test_what_is_finished_is_kept_and_a_reference_reaches_it_without_an_image(
    made: tuple[Path, Any], places: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "scores.parquet"
    shutil.copytree(f"{made[0]}.parts", f"{out}.parts")
    names = WU_2018.model_features
    reference = {"mean": dict.fromkeys(names, 0.0), "sd": dict.fromkeys(names, 1.0), "scores": [0.0, 1.0]}
    facts = {"signature": "wu2018", "cohort": "ours", "studies": 40, "settings_hash": HASH}
    (tmp_path / "wu2018.json").write_text(json.dumps({**facts, **reference}))
    summary = scored(out, *places, references=tmp_path)
    assert (summary["kept"], summary["studies"]) == (2, 2)
    before, now = by_patient(made[0])[patient(2)], by_patient(out)[patient(2)]
    assert (before["wu2018"], before["wu2018_state"]) == (None, "uncalibrated")
    assert now["wu2018_state"] == "calibrated"
    assert now["wu2018_reference"].startswith("wu2018 ")
    assert now["wu2018"] is not None
    assert {name: now[name] for name in now if "/" in name} == {name: before[name] for name in before if "/" in name}


@pytest.mark.slow
def test_a_csv_holds_the_same_and_its_provenance_beside_it(
    made: tuple[Path, Any], places: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "scores.csv"
    shutil.copytree(f"{made[0]}.parts", f"{out}.parts")
    one = by_patient(made[0])[patient(2)]["study_uid"]
    assert scored(out, *places, study=one)["kept"] == 1
    (row,) = pa_csv.read_csv(out).to_pylist()
    assert (row["study_uid"], row["su2022"]) == (one, by_patient(made[0])[patient(2)]["su2022"])
    beside = json.loads(Path(f"{out}.json").read_text())
    assert beside["provenance"]["signatures"]["wu2018"]["settings_hash"] == HASH


@pytest.mark.slow
def test_training_reads_it(made: tuple[Path, Any], tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    with labels.open("w", newline="") as file:
        csv.writer(file).writerows(
            [("study_uid", "label"), *((r["study_uid"], i) for i, r in enumerate(by_patient(made[0]).values()))]
        )
    table = read_table(made[0], labels, FAN_2023, SETTINGS)
    assert len(table.labels) == 1
    # Of one study nothing varies: that they are left out says that each was found.
    assert table.left_out == {
        "series refused": 1,
        "features that are the same in all studies": len(FAN_2023.model_features),
    }


@pytest.mark.slow
def test_one_of_several_studies_is_scored_by_its_name(places: list[Path]) -> None:
    folder = places[0].parent / "written"
    uids = sorted(FolderArchive(folder).studies())
    assert run("inspect", folder, "--study", uids[1])["study_uid"] == uids[1]
    with pytest.raises(BadInput, match=r"name one with --study, or score them all with tilscope cohort"):
        run("inspect", folder)
    with pytest.raises(BadInput, match=r"Study 1\.2\.3 is not in"):
        run("inspect", folder, "--study", "1.2.3")


# -------------------------------------------------------------------------------------------------------- made-up results


def a_study(number: int, **changes: Any) -> CohortStudy:
    series = replace(
        scored_study().result, **{"study_uid": f"1.2.{number:03d}", "measurement_hash": f"{number:032x}", **changes}
    )
    result = StudyResult(series.study_uid, "", series.settings_hash, series.pipeline_version, (series,))
    return CohortStudy(series.study_uid, f"P-{number}", "20240301", "Maker Model", result)


def wu(values: Mapping[str, float | None], **changes: Any) -> tuple[Any, ...]:
    measured = {one.id: one for one in WU_FEATURES}
    features = tuple(
        replace(measured[id], value=value)
        if value is not None
        else replace(measured[id], value=None, missing=Missing.CALCULATION_FAILURE, reason="none")
        for id, value in values.items()
    )
    rest = tuple(one for id, one in measured.items() if id not in values)
    return (wu_signature(features=(*features, *rest), **changes),)


def a_table(path: Path, *studies: CohortStudy) -> Path:
    write_table(score_table(rows_of(studies), SETTINGS, datetime.now(UTC)), path)
    return path


@pytest.mark.parametrize("name", ["scores.parquet", "scores.csv"])
def test_a_reference_is_made_from_the_table_as_from_reports(name: str, tmp_path: Path) -> None:
    values = known_values(31)
    studies = [a_study(n, signatures=wu(one)) for n, one in enumerate(values)]
    refused = CohortStudy("1.2.900", refused=(RefusedSeries((), "", "no-lesion", "Nothing."),))
    table = a_table(tmp_path / name, *studies, refused)
    answer = run("calibrate", "wu2018", "--cohort", "ours", "--from", table, "--out", tmp_path / "wu.json")
    (content,) = answer["references"].values()
    for id in WU_2018.model_features:
        column = [one[id] for one in values]
        assert content["mean"][id] == pytest.approx(np.mean(column), rel=1e-12)
        assert content["sd"][id] == pytest.approx(np.std(column, ddof=1), rel=1e-12)
    assert (content["studies"], content["left_out"]) == (31, {"state refused": 1})
    assert content["scanners"] == {"Maker Model": 31}


def test_what_does_not_count_is_left_out_by_its_reason(tmp_path: Path) -> None:
    values = known_values(4)
    lacking = wu({**values[1], "M1": None})
    demo = a_study(2, signatures=wu(values[2]), demo=True)
    table = a_table(
        tmp_path / "scores.parquet", a_study(0, signatures=wu(values[0])), a_study(1, signatures=lacking), demo
    )
    found = cohort_in_table(table, WU_2018, HASH)
    assert [one.patient_id for one in found.observations] == ["P-0"]
    assert dict(found.left_out) == {"a feature that could not be computed": 1, "a report of demo mode": 1}
    assert len(cohort_in_table(table, WU_2018, HASH, demo=True).observations) == 2
    assert cohort_in_table(table, WU_2018, "other").left_out[f"other settings ({HASH})"] == 2
    with pytest.raises(BadInput, match=r"it has no column su2022/X1"):
        cohort_in_table(table, named("su2022"), HASH)


def named(id: str) -> Any:
    return next(one for one in all_signatures() if one.id == id)


def test_of_two_breasts_the_one_with_the_larger_lesion_counts(tmp_path: Path) -> None:
    small, large = known_values(2)
    right, left = (
        a_study(1, signatures=wu(one), laterality=side, lesions=lesion_of(cc))
        for one, side, cc in ((small, "R", 0.5), (large, "L", 2.5))
    )
    assert right.result is not None
    assert left.result is not None
    both = replace(
        right, result=replace(right.result, dynamic_series=(*right.result.dynamic_series, *left.result.dynamic_series))
    )
    table = a_table(tmp_path / "scores.parquet", both)
    assert pq.read_table(table).num_rows == 2, "a row for each side"
    (only,) = cohort_in_table(table, WU_2018, HASH).observations
    assert only.numbers == {id: large[id] for id in WU_2018.model_features}


def lesion_of(cc: float) -> tuple[Any, ...]:
    (lesion, *_) = scored_study().result.lesions
    volume = next(one for one in lesion.measurements if one.id == "volume")
    return (replace(lesion, measurements=(replace(volume, value=cc),)),)


def test_the_page_shows_the_worst_first_and_takes_no_text_for_markup(tmp_path: Path) -> None:
    fine = a_study(1, quality=())
    warned = a_study(2, quality=(QualityFinding("noise", "It is noisy: <b>read with care</b>."),))
    undecided = a_study(3, finding=Finding.CANDIDATES, signatures=())
    refused = CohortStudy("1.2.004", "P-4", refused=(RefusedSeries((), "L", "no-lesion", "Nothing <i>there</i>."),))
    failed = CohortStudy("1.2.005", "P-5", refused=(RefusedSeries((), "", "worker-died", "It died."),), failed=True)
    rows = rows_of([fine, warned, undecided, refused, failed])
    assert [row.study_uid for row in rows] == [f"1.2.00{n}" for n in (1, 2, 3, 4, 5)], "the table keeps to the studies"
    page = tmp_path / "page.html"
    write_page(page, rows, tmp_path, datetime.now(UTC))
    text = page.read_text()
    places = [text.index(f"1.2.00{n}") for n in (3, 4, 5, 2, 1)]
    assert places == sorted(places)
    assert "&lt;b&gt;read with care" in text
    assert "<i>" not in text
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_both_refused_breasts_are_rows_of_their_own() -> None:
    both = CohortStudy(
        "1.2.3", refused=(RefusedSeries((), "R", "no-lesion", "R."), RefusedSeries((), "L", "no-breast", "L.")),
        pictures={"L": "l.jpg"},
    )  # fmt: skip
    rows: list[ScoreRow] = rows_of([both])
    assert [(row.laterality, row.code, row.picture) for row in rows] == [
        ("L", "no-breast", "l.jpg"),
        ("R", "no-lesion", ""),
    ]


def test_a_study_of_a_cohort_comes_back_whole_from_json() -> None:
    study = a_study(1, signatures=wu(known_values(1)[0]))
    assert CohortStudy.of(json.loads(json.dumps(study.as_json()))) == study


def test_the_signature_hash_of_a_row_is_that_of_the_reports() -> None:
    assert settings_hash(WU_2018, SETTINGS) == HASH
    assert isinstance(scored_study().result, SeriesResult)
