"""`tilscope features` on a folder: what the table holds, that its numbers are those of the score, and what is done anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cohort_of_phantoms as cohort
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pydicom
import pytest
from cohort_of_phantoms import features_of, patient, rows_by_patient
from foreign_outlines import Painted, segmentation
from typer.testing import CliRunner

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import assemble
from tilscope.models.refusals import BadInput
from tilscope.models.result import Measurement
from tilscope.models.settings import MotionSettings, PipelineSettings
from tilscope.models.signatures import all_signatures, complete_sets
from tilscope.models.signatures.base import settings_hash
from tilscope.phantom import PhantomSpec, PhantomStudy, make_study, write_study
from tilscope.phantom.defects import truncated_file
from tilscope.service.cli import app
from tilscope.service.research.extraction.request import ExtractionRequest
from tilscope.service.scoring.score import score
from tilscope.service.single_instance import DataDirectoryLock

DONE, USAGE, REFUSED = 0, 2, 3
MEASURED = patient(1)

pytestmark = pytest.mark.slow


def features(place: Path, out: Path, *words: str, sets: tuple[str, ...] = ("wu2018",), ends: int = DONE) -> Any:
    """The JSON summary of a run in this process. Wu's is the smallest set."""
    named = [word for name in sets for word in ("--set", name)]
    line = ["features", str(place), "--out", str(out), "--workers", "1", "--json", *named, *words]
    answer = CliRunner().invoke(app, line)
    if isinstance(answer.exception, BadInput):
        raise answer.exception
    assert answer.exit_code == ends, (answer.output, answer.exception)
    return json.loads(answer.stdout) if answer.stdout else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    specs = (cohort.FOUR_POSTS, cohort.THREE_POSTS, cohort.WITHOUT_LESION)
    return cohort.write_cohort(tmp_path_factory.mktemp("cohort"), *specs)


@pytest.fixture(scope="module")
def made(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The table of all sets, and the summary of the run."""
    out = tmp_path_factory.mktemp("out") / "features.parquet"
    return out, features(folder, out, sets=("all",))


@pytest.fixture(scope="module")
def table(made: tuple[Path, Any]) -> pa.Table:
    return pq.read_table(made[0])


@pytest.fixture(scope="module")
def patient_alone() -> PhantomStudy:
    return make_study(PhantomSpec.small())


@pytest.fixture(scope="module")
def written(patient_alone: PhantomStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    write_study(patient_alone, folder)
    return folder


@pytest.fixture
def study(written: Path, tmp_path: Path) -> Path:
    """One study that a test may change."""
    return shutil.copytree(written, tmp_path / "study")


# ---------------------------------------------------------------------------------------------------------- the table


def test_the_columns_are_the_complete_sets(table: pa.Table) -> None:
    found = [name for name in table.column_names if "/" in name]
    assert found == [column for one in complete_sets().values() for column in one.columns]
    assert len([name for name in found if name.startswith("su2022/")]) == 6710
    assert all(table.schema.field(name).type == pa.float64() for name in found)


def test_a_study_with_four_phases_after_contrast_has_all_6710_numbers_of_su(made: tuple[Path, Any]) -> None:
    row = rows_by_patient(made[0])[MEASURED]
    without = [name for name in complete_sets()["su2022"].columns if row[name] is None]
    said = json.loads(str(row["missing"] or "{}"))
    # A bin that is always full is as full in every phase: its skewness is nothing.
    assert {said[name] for name in without} <= {"the feature is the same in every phase"}
    assert len(without) < 6710 / 100
    assert row["su2022_phases"] == [2, 3, 4, 5]


def test_a_value_that_cannot_be_had_is_null_and_its_reason_is_told(made: tuple[Path, Any]) -> None:
    row = rows_by_patient(made[0])[patient(2)]
    said = json.loads(str(row["missing"]))
    assert {name for one in complete_sets().values() for name in one.columns if row[name] is None} == said.keys()
    assert said["su2022/T/P4/original_glcm_Idmn"] == "post-contrast phases: 3, at least 4 are needed"


def test_a_refused_study_is_a_row_with_its_reason_and_no_number(made: tuple[Path, Any]) -> None:
    row = rows_by_patient(made[0])[patient(3)]
    assert (row["state"], row["code"]) == ("refused", "no-lesion")
    assert row["reason"].startswith("No enhancing lesion was found in the breast: its gland takes up ")
    assert not [name for name, value in row.items() if "/" in name and value is not None]


def test_a_row_tells_what_it_was_measured_on(made: tuple[Path, Any]) -> None:
    row = rows_by_patient(made[0])[MEASURED]
    told = {name: row[name] for name in ("state", "laterality", "lesion_laterality", "lesion_source", "lesions")}
    assert told == {
        "state": "measured", "laterality": "B", "lesion_laterality": "L", "lesion_source": "automatic", "lesions": 1
    }  # fmt: skip
    assert row["phase_times_s"] == [-45.0, 45.0, 135.0, 225.0, 315.0, 405.0]
    assert row["phase_roles"] == ["pre", "", "early", "", "", "late"]
    assert "phantom" in str(row["scanner"])


def test_the_provenance_travels_in_the_file(table: pa.Table, made: tuple[Path, Any]) -> None:
    said = json.loads(table.schema.metadata[b"tilscope"])
    row = rows_by_patient(made[0])[MEASURED]
    for signature in all_signatures():
        expected = settings_hash(signature, PipelineSettings())
        assert said["sets"][signature.id]["settings_hash"] == row[f"{signature.id}_settings_hash"] == expected
        assert said["sets"][signature.id]["parameters"] == signature.parameters
    assert said["research_use_only"] is True
    assert said["extractor"] == "tilscope"
    assert said["libraries"]["numpy"] == version("numpy")
    assert "pyradiomics" not in said["libraries"]


def test_the_summary_counts_the_rows(made: tuple[Path, Any]) -> None:
    _, summary = made
    assert summary["rows"] == {"measured": 2, "refused": 1, "failed": 0}
    assert [one["code"] for one in summary["without_features"]] == ["no-lesion"]
    assert summary["kept"] == 0


def test_the_numbers_are_those_of_the_score(folder: Path, made: tuple[Path, Any]) -> None:
    archive = FolderArchive(folder / "patient 1", made[0].parent / "results")
    scored = score(archive, archive.only_study(), PipelineSettings(), lambda stage, fraction: None)
    row = rows_by_patient(made[0])[MEASURED]
    compared = 0
    for signature in scored.dynamic_series[0].signatures:
        for found in signature.features:
            if column := COLUMN_OF.get(found.id.removeprefix("radiomics:")):
                value = row[column]
                assert isinstance(value, float)
                # A report's numbers are rounded.
                assert Measurement.of(found.id, found.name, value, found.unit).value == found.value, column
                compared += 1
    assert compared == 17 + 3 + 9 + 8 + 8


#: The name in a report -> the column, where they differ.
COLUMN_OF = {
    **{column.removeprefix("wu2018/"): column for column in complete_sets()["wu2018"].columns},
    **{column: column for name in ("fan2023", "han2024") for column in complete_sets()[name].columns},
    "X1": "su2022/T/P1/wavelet-LLL_firstorder_Skewness",
    "X2": "su2022/T/Skewness/wavelet-LLL_glcm_Idmn",
    "X3": "su2022/T/Skewness/original_glszm_LowGrayLevelZoneEmphasis",
    "QP1": "qian2024/ring/P1/square_firstorder_Minimum",
    "QP2": "qian2024/ring/P1/wavelet-LLH_firstorder_Skewness",
    "QP3": "qian2024/ring/P1/lbp-2D_glszm_ZoneVariance",
    "QP4": "qian2024/ring/P1/wavelet-LLL_firstorder_10Percentile",
    "QP5": "qian2024/ring/P1/squareroot_firstorder_10Percentile",
    "QP6": "qian2024/ring/P1/wavelet-HLH_gldm_DependenceVariance",
    "QP7": "qian2024/ring/P1/wavelet-LLH_firstorder_Kurtosis",
    "QP8": "qian2024/ring/P1/wavelet-LLH_glrlm_LongRunEmphasis",
    "QT1": "qian2024/T/P1/wavelet-HLL_glrlm_RunVariance",
}


def test_a_csv_holds_the_same_and_the_rest_lies_beside_it(folder: Path, table: pa.Table, tmp_path: Path) -> None:
    csv = tmp_path / "t.csv"
    features(folder, csv)
    found = pa_csv.read_csv(csv)
    for name in complete_sets()["wu2018"].columns:
        assert found[name].to_pylist() == table[name].to_pylist()
    beside = json.loads((tmp_path / "t.csv.json").read_text())
    assert list(beside["provenance"]["sets"]) == ["wu2018"]
    (measured,) = [row for row in found.to_pylist() if row["patient_id"] == MEASURED]
    assert measured["phase_times_s"] == "-45.0;45.0;135.0;225.0;315.0;405.0"


def test_each_breast_of_a_pair_is_a_row(patient_alone: PhantomStudy, tmp_path: Path) -> None:
    write_study(patient_alone, tmp_path / "study", "sagittal-pair")
    features(tmp_path / "study", tmp_path / "t.parquet")
    rows = pq.read_table(tmp_path / "t.parquet").to_pylist()
    assert [(row["laterality"], row["state"], row["code"]) for row in rows] == [
        ("L", "measured", None),
        ("R", "refused", "no-lesion"),
    ]


# ------------------------------------------------------------------------------------------------- what is done anew


@pytest.fixture
def run(study: Path, tmp_path: Path) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Measures the study again; how many were kept, and the row."""

    def again(*words: str, sets: tuple[str, ...] = ("wu2018",)) -> tuple[int, dict[str, Any]]:
        kept = features(study, tmp_path / "t.parquet", *words, sets=sets)["kept"]
        (row,) = pq.read_table(tmp_path / "t.parquet").to_pylist()
        return kept, row

    return again


def test_what_is_finished_is_kept(run: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    kept, first = run()
    assert kept == 0
    assert run() == (1, first)
    kept, more = run(sets=("wu2018", "fan2023"))
    assert kept == 0, "another set is measured"
    assert more["fan2023/T/original_shape_Flatness"] is not None


def test_a_site_rule_that_applies_is_another_input(
    run: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path
) -> None:
    run()
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname = "All"\nmatch = { Modality = "MR" }\nnever_series = ["nothing*"]\n')
    assert run("--rules", str(rules))[0] == 0


def test_numbers_of_other_libraries_are_not_mixed(monkeypatch: pytest.MonkeyPatch) -> None:
    order = ExtractionRequest(("wu2018",))
    name = order.checkpoint_name("input")
    assert order.checkpoint_name("input") == name
    monkeypatch.setattr("tilscope.service.research.extraction.request.version", lambda library: f"other {library}")
    assert order.checkpoint_name("input") != name


def test_the_version_of_pyradiomics_counts_where_it_computes() -> None:
    stock = ExtractionRequest(("wu2018",), PipelineSettings(extractor="pyradiomics"))
    assert stock.versions["pyradiomics"] == "3.0.1"
    assert stock.checkpoint_name("input") != ExtractionRequest(("wu2018",)).checkpoint_name("input")


def test_the_sites_settings_count(run: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    facts = {"token": "x" * 16, "data_directory": str(tmp_path), "pipeline": {"motion": {"register": False}}}
    file.write_text(json.dumps(facts))
    _, row = run("--settings", str(file))
    assert row["settings_hash"] == PipelineSettings(motion=MotionSettings(register=False)).digest()


def test_a_part_that_is_damaged_is_made_again(run: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path) -> None:
    _, first = run()
    (part,) = (tmp_path / "t.parquet.parts").glob("*.json.gz")
    part.write_bytes(part.read_bytes()[:-20])
    assert run() == (0, first)


def test_an_outline_that_a_person_has_drawn_counts_and_is_measured_anew(
    run: Callable[..., tuple[int, dict[str, Any]]], study: Path, patient_alone: PhantomStudy
) -> None:
    _, automatic = run()
    truth = patient_alone.truth.lesion
    assert truth is not None
    archive = FolderArchive(study)
    (source,) = assemble(archive.headers(archive.only_study()))
    drawn = segmentation([Painted(truth)], source.early.headers)
    drawn.save_as(study / "drawn.dcm", enforce_file_format=True)
    kept, row = run()
    assert kept == 0
    assert (automatic["lesion_source"], row["lesion_source"]) == ("automatic", "drawn")
    assert row["drawn_by"] == "Reader Rita"
    assert row["wu2018/M1"] != automatic["wu2018/M1"]


# ------------------------------------------------------------------------------------------------- what goes wrong


def test_a_broken_file_costs_its_study_only(study: Path, tmp_path: Path) -> None:
    write_study(make_study(cohort.THREE_POSTS), study / "other")
    truncated_file(study)
    (study / "torn.dcm").write_bytes(b"\0" * 128 + b"DICM\x02\x00")
    summary = features(study, tmp_path / "t.parquet")
    assert summary["rows"] == {"measured": 1, "refused": 1, "failed": 0}
    assert [one["code"] for one in summary["without_features"]] == ["truncated-pixels"]
    assert len(list((tmp_path / "t.parquet.parts").glob("*.json.gz"))) == 1, "it may be sent again, whole"
    assert summary["unreadable_files"] == [str(study / "torn.dcm")]


def test_studies_can_be_named(folder: Path, tmp_path: Path) -> None:
    uid = str(pydicom.dcmread(next((folder / "patient 2").rglob("*.dcm"))).StudyInstanceUID)
    assert features(folder, tmp_path / "t.parquet", "--study", uid)["studies"] == 1
    assert list(rows_by_patient(tmp_path / "t.parquet")) == [patient(2)]
    with pytest.raises(BadInput, match=r"Study 1\.2\.3 is not in the archive"):
        features(folder, tmp_path / "t.parquet", "--study", "1.2.3")


def test_a_cohort_of_refusals_ends_as_refused(tmp_path: Path) -> None:
    cohort.write_cohort(tmp_path / "cohort", cohort.WITHOUT_LESION)
    summary = features(tmp_path / "cohort", tmp_path / "t.parquet", ends=REFUSED)
    assert summary["rows"] == {"measured": 0, "refused": 1, "failed": 0}


def test_two_runs_do_not_write_one_table(study: Path, tmp_path: Path) -> None:
    lock = DataDirectoryLock(tmp_path / "t.parquet.parts")
    features(study, tmp_path / "t.parquet", ends=USAGE)
    lock.release()
    features(study, tmp_path / "t.parquet")


def test_the_same_images_give_the_same_table_wherever_they_lie(study: Path, tmp_path: Path) -> None:
    features(study, tmp_path / "1.parquet")
    study.rename(tmp_path / "elsewhere")
    features(tmp_path / "elsewhere", tmp_path / "2.parquet")
    first, second = (features_of(pq.read_table(tmp_path / f"{n}.parquet")) for n in (1, 2))
    assert first.equals(second)


def test_what_cannot_be_asked_for_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"There is no signature 'su2021'; known are .*su2022.*all"):
        features(tmp_path, tmp_path / "t.parquet", sets=("su2021",))
    with pytest.raises(BadInput, match=r"its name must end with \.parquet or \.csv"):
        features(tmp_path, tmp_path / "t.xlsx")
    with pytest.raises(BadInput, match="No DICOM file was found"):
        features(tmp_path, tmp_path / "t.parquet")
    features(tmp_path, tmp_path / "t.parquet", sets=(), ends=USAGE)


def test_the_sets_are_listed() -> None:
    answer = CliRunner().invoke(app, ["features", "--list-sets", "--json"])
    assert {name: one["features"] for name, one in json.loads(answer.stdout).items()} == {
        "wu2018": 17, "su2022": 6710, "qian2024": 2446, "qian2024-stock-mr": 3296, "fan2023": 572, "han2024": 958
    }  # fmt: skip
