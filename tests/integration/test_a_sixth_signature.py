"""A signature in a package of its own: built, installed, and then everywhere that the five are, by nothing else."""

from __future__ import annotations

import csv
import json
import statistics
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import dicom_readers
import pydicom
import pytest
from api_in_process import api_over
from conftest import ROOT
from example_package import SOURCE, build_and_install, installed_here, service_with, tilscope_with
from pydicom import Dataset

from tilscope.models.result_schema import read_result
from tilscope.phantom import PhantomSpec, make_study, write_study
from tilscope.service.outgoing.fhir import bundle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ID = "example2026"
SCHEME, SCHEME_UID = "99TILEXAMPLE", "2.25.185214202853876454240187372326853183273"
FIVE = ["wu2018", "su2022", "qian2024", "fan2023", "han2024"]
TAKEN = {
    "radiomics:example2026/T/original_shape_Sphericity": -1.0,
    "radiomics:example2026/T/early/original_firstorder_Entropy": 0.5,
    "radiomics:example2026/ring/early/original_firstorder_Mean": 0.25,
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_and_install(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    write_study(make_study(PhantomSpec.small(1)), folder, companions=False)
    return folder


@pytest.fixture(scope="module")
def uncalibrated(site: Path, study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `tilscope score` has written where nothing but the package is installed."""
    return scored(site, study, tmp_path_factory.mktemp("uncalibrated"))


@pytest.fixture(scope="module")
def references(site: Path, uncalibrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reference that `tilscope calibrate` has made of thirty reports."""
    reports, references = tmp_path_factory.mktemp("reports"), tmp_path_factory.mktemp("references")
    template = report_in(uncalibrated)
    for number in range(30):
        made = of_another_study(template, number)
        made.save_as(reports / f"{number}.dcm", enforce_file_format=True)
    words = ("calibrate", ID, "--cohort", "thirty", "--from", reports, "--out", references / f"{ID}.json", "--json")
    done = tilscope_with(site, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return references


@pytest.fixture(scope="module")
def calibrated(site: Path, study: Path, references: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scored(site, study, tmp_path_factory.mktemp("calibrated"), "--references", references)


@pytest.fixture
def here(site: Path) -> Iterator[None]:
    with installed_here(site):
        yield


def scored(site: Path, study: Path, out: Path, *further: object) -> Path:
    done = tilscope_with(site, "score", study, "--out", out, "--json", *further)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def report_in(folder: Path) -> Dataset:
    (found,) = (one for path in folder.glob("*.dcm") if (one := pydicom.dcmread(path)).Modality == "SR")
    return found


def path_of(folder: Path, modality: str) -> Path:
    (found,) = (p for p in folder.glob("*.dcm") if pydicom.dcmread(p, stop_before_pixels=True).Modality == modality)
    return found


def of_another_study(template: Dataset, number: int) -> Dataset:
    """The same report with all of its numbers a little greater from study to study."""
    made = deepcopy(template)
    made.StudyInstanceUID, made.PatientID = f"2.25.7{number:04d}", f"P-{number}"
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = f"2.25.7{number:04d}.1"
    made.SeriesInstanceUID = f"2.25.7{number:04d}.2"
    for item in made.iterall():
        if item.keyword == "NumericValue":
            item.value = f"{float(item.value) * (1 + (number - 15) / 100):.6g}"
    return made


def answer_of(folder: Path) -> dict[str, Any]:
    (series,) = json.loads((folder / "result.json").read_text())["dynamic_series"]
    assert [one["id"] for one in series["signatures"]] == [*FIVE, ID]
    return dict(series["signatures"][-1])


# ------------------------------------------------------------------------------------------------------------- scoring


def test_without_a_reference_its_features_are_given_and_no_score(uncalibrated: Path) -> None:
    answer = answer_of(uncalibrated)
    assert (answer["state"], answer["score"]["value"]) == ("uncalibrated", None)
    assert [feature["id"] for feature in answer["features"]] == list(TAKEN)
    assert all(feature["value"] is not None for feature in answer["features"])


def test_its_score_is_the_weighted_sum_beside_the_cohort_that_it_was_calibrated_on(calibrated: Path) -> None:
    answer = answer_of(calibrated)
    # Thirty studies at 85 to 114 % of this one's numbers: z is the same for each feature but for its sign.
    factors = [1 + (number - 15) / 100 for number in range(30)]
    z = (1 - statistics.fmean(factors)) / statistics.stdev(factors)
    values = {feature["id"]: feature["value"] for feature in answer["features"]}
    expected = 10.0 + sum(weight * (z if values[id] > 0 else -z) for id, weight in TAKEN.items())
    assert answer["state"] == "calibrated"
    assert answer["score"]["value"] == pytest.approx(expected, abs=0.02)
    assert answer["category"] in ("high", "low")
    assert answer["percentile"] is not None


def test_the_five_say_what_they_say_without_it(uncalibrated: Path, study: Path, tmp_path: Path) -> None:
    alone = scored(tmp_path, study, tmp_path / "out")
    (without,) = json.loads((alone / "result.json").read_text())["dynamic_series"]
    (beside,) = json.loads((uncalibrated / "result.json").read_text())["dynamic_series"]
    assert [one["id"] for one in without["signatures"]] == FIVE
    assert without["signatures"] == beside["signatures"][:5]
    assert without["lesions"] == beside["lesions"]
    # Another set of signatures is another measurement: studies of before are scored again.
    assert without["measurement_hash"] != beside["measurement_hash"]


# ------------------------------------------------------------------------------------------------------------- objects


def test_readers_find_its_score_in_the_report_by_its_authors_code(calibrated: Path, tmp_path: Path) -> None:
    answer = answer_of(calibrated)
    read = dicom_readers.read_report(path_of(calibrated, "SR"), tmp_path)
    groups = {group["TrackingIdentifier"]: group for group in read["Measurements"]}
    concluded, features = groups[f"{ID} of Lesion 1"], groups[f"{ID} features of Lesion 1"]
    assert concluded["Finding"]["CodeValue"] == "SIG_EXAMPLE2026"
    score, percentile = concluded["measurementItems"]
    assert (score["quantity"]["CodeValue"], score["quantity"]["CodingSchemeDesignator"]) == ("EX_SCORE", SCHEME)
    assert float(score["value"]) == pytest.approx(answer["score"]["value"], rel=1e-5)
    assert percentile["quantity"]["CodeValue"] == "PERCENTILE"
    evaluations = {e["conceptCode"]["CodeValue"]: e["conceptValue"] for e in concluded["qualitativeEvaluations"]}
    assert evaluations["EX_CLASS"]["CodeValue"] == f"EX_{answer['category'].upper()}"
    assert [float(item["value"]) for item in features["measurementItems"]] == pytest.approx(
        [feature["value"] for feature in answer["features"]], rel=1e-5
    )
    quantities = [item["quantity"]["CodeValue"] for item in features["measurementItems"]]
    assert quantities[0] == "QCFX"
    assert all(code.startswith("RF_") for code in quantities[1:])


def test_the_report_declares_its_authors_scheme_and_is_sound(calibrated: Path) -> None:
    report = report_in(calibrated)
    declared = {i.CodingSchemeDesignator: i.CodingSchemeUID for i in report.CodingSchemeIdentificationSequence}
    assert set(declared) == {"99TILSCOPE", SCHEME}
    assert declared[SCHEME] == SCHEME_UID
    complaints = dicom_readers.report_complaints(path_of(calibrated, "SR"))
    assert [line for line in complaints if "ISO_IR 192" not in line] == [], "dsrdump cannot check UTF-8"
    complaints = dicom_readers.conformance_errors(path_of(calibrated, "SR"))
    assert [line for line in complaints if SCHEME not in line and SCHEME_UID not in line] == []


def test_the_page_that_is_printed_has_its_row_and_its_features(calibrated: Path, tmp_path: Path) -> None:
    text = dicom_readers.pdf_text(dicom_readers.page_inside(path_of(calibrated, "DOC"), tmp_path))
    for words in ("Restlessness of the tumour (Example 2026)", "Tumour sphericity", "Ring: mean intensity"):
        assert words in text
    assert text.count("Example 2026") >= 2, "on the first page and in the details"


def test_fhir_has_its_code_and_once_it_is_uninstalled_its_words(calibrated: Path, site: Path) -> None:
    result = read_result(json.loads((calibrated / "result.json").read_text()))
    with installed_here(site):
        (score,) = observations_of(bundle(result, None))
    assert score["code"]["coding"][0]["system"] == f"urn:oid:{SCHEME_UID}"
    assert score["code"]["coding"][0]["code"] == "EX_SCORE"
    (score,) = observations_of(bundle(result, None))
    assert score["code"] == {"text": "Estimated restlessness"}
    assert score["valueQuantity"]["value"] == answer_of(calibrated)["score"]["value"]


def observations_of(whole: dict[str, Any]) -> list[dict[str, Any]]:
    resources = (entry["resource"] for entry in whole["entry"])
    return [one for one in resources if one.get("method", {}).get("text", "").endswith("(Example 2026)")]


# --------------------------------------------------------------------------------------------------- commands and pages


def test_its_complete_set_can_be_extracted(site: Path, study: Path, tmp_path: Path) -> None:
    listed = json.loads(tilscope_with(site, "features", "--list-sets", "--json").stdout)
    assert listed[ID]["features"] == 14 + 2 * 93
    table = tmp_path / "features.csv"
    done = tilscope_with(site, "features", study, "--set", ID, "--out", table, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = csv.DictReader(table.read_text().splitlines())
    values = [value for name, value in row.items() if name.startswith(f"{ID}/")]
    assert len(values) == 200
    assert all(values)


@pytest.mark.usefixtures("here")
def test_pages_and_the_api_know_it(tmp_path: Path) -> None:
    with api_over(tmp_path) as api:
        assert "Example 2026: Restlessness of the tumour (Example 2026)" in api.http.get("/").text
        assert "Published nowhere: it is an example." in api.http.get("/signatures").text
        assert "how restless the tumour looks in the early phase" in api.http.get("/guide").text
        assert api.found(signature=ID) == []


def test_the_example_of_the_documentation_is_the_one_that_is_tested() -> None:
    page = (ROOT / "docs" / "write-a-signature.md").read_text(encoding="utf-8")
    for path in (SOURCE / "pyproject.toml", SOURCE / "example_signature.py"):
        assert path.read_text(encoding="utf-8").strip() in page, path.name


# -------------------------------------------------------------------------------------------------------- broken ones


@pytest.fixture(scope="module")
def broken(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same package with a code that is too long."""
    folder = tmp_path_factory.mktemp("broken")
    for path in site.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            copy = folder / path.relative_to(site)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(path.read_bytes().replace(b'"EX_SCORE"', b'"EX_SCORE_OF_RESTLESSNESS"'))
    return folder


def test_one_that_cannot_be_used_is_named_with_its_package_before_anything_is_scored(
    broken: Path, study: Path, tmp_path: Path
) -> None:
    done = tilscope_with(broken, "score", study, "--out", tmp_path / "out", "--json")
    assert done.returncode == 4
    said = json.loads(done.stdout)
    assert said["code"] == "unusable-signature"
    assert said["error"] == (
        "The signature example2026 of the package tilscope-example-signature 1.0.0 (example_signature:PLUGIN) cannot be "
        "used: the code value 'EX_SCORE_OF_RESTLESSNESS' has 24 characters, and may have 1 to 16. Mend or uninstall that "
        "package: no study is scored without a signature that is installed."
    )
    assert not list((tmp_path / "out").glob("*.dcm"))


def test_the_service_says_so_at_its_start_and_does_not_begin(broken: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"data_directory": str(tmp_path / "data"), "token": "0123456789abcdef"}))
    ended = service_with(broken, settings)
    assert (ended.returncode, ended.stdout) == (1, "")
    (said,) = [json.loads(line)["message"] for line in ended.stderr.splitlines()]
    assert said.startswith("The signature example2026 of the package tilscope-example-signature 1.0.0")


def test_what_needs_no_signature_works_all_the_same(broken: Path, study: Path) -> None:
    assert tilscope_with(broken, "--help").returncode == 0
    assert tilscope_with(broken, "inspect", study, "--json").returncode == 0
