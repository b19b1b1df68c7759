"""A reference comes from reports alone: the mean and SD that are in them, of the studies that may count, and no other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset
from report_cohort import HASH, SETTINGS, TEMPLATE, known_values, report
from report_of_before import of_before
from typer.testing import CliRunner

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.objects.sr.report_chain import PreviousReport, predecessor
from tilscope.dicom_io.objects.sr.report_reading import read_report
from tilscope.models.refusals import BadInput, Refused
from tilscope.models.signatures.reference import load_reference
from tilscope.models.signatures.wu2018.model import COEFFICIENTS, INTERCEPT, WU_2018
from tilscope.service.cli import app
from tilscope.service.site.calibration import Calibration, calibrate, spread
from tilscope.service.site.cohort import Cohort, Observation, gather
from tilscope.service.site.installed import digest_of_installed, installed_at

FEATURES = tuple(COEFFICIENTS)


def put(folder: Path, reports: Sequence[Dataset]) -> Path:
    folder.mkdir(exist_ok=True)
    for one in reports:
        one.save_as(folder / f"{one.SOPInstanceUID}.dcm", enforce_file_format=True)
    return folder


def cohort_in(folder: Path) -> Cohort:
    return gather(FolderArchive(folder), WU_2018, HASH)


def calibrated(reports: Sequence[Dataset], folder: Path) -> Calibration:
    return calibrate(cohort_in(put(folder, reports)), WU_2018, SETTINGS, "constructed")


def invoke(*arguments: object) -> dict[str, Any]:
    result = CliRunner().invoke(app, [str(a) for a in arguments] + ["--json"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


# ------------------------------------------------------------------------------------------------------ reading back


def test_reports_of_demo_mode_do_not_count_but_in_demo_mode(tmp_path: Path) -> None:
    own = {id: TEMPLATE[id] for id in FEATURES}
    played, real = report(1, own), report(2, own)
    played.SeriesDescription = f"DEMO_{played.SeriesDescription}"
    archive = FolderArchive(put(tmp_path / "reports", [played, real]))
    cohort = gather(archive, WU_2018, HASH)
    assert [one.study_uid for one in cohort.observations] == [real.StudyInstanceUID]
    assert "1 for a report of demo mode" in cohort.left_out_in_words
    assert len(gather(archive, WU_2018, HASH, demo=True).observations) == 2


def test_a_report_in_the_shape_of_before_gives_the_same_numbers() -> None:
    whole = report(1, known_values(1)[0])
    old = of_before(whole)
    assert len(old.ContentSequence[-1].ContentSequence) == len(whole.ContentSequence[-1].ContentSequence) - 1
    asked = {"wu2018": FEATURES}
    assert read_report(old, asked) == read_report(whole, asked)
    assert read_report(old, asked).signatures["wu2018"].settings_hash == HASH


def test_a_report_gives_back_every_number_that_was_written() -> None:
    own = {id: TEMPLATE[id] for id in FEATURES}
    read = read_report(report(1, own), {"wu2018": FEATURES})
    wu = read.signatures["wu2018"]
    assert {id: wu.numbers[id] for id in FEATURES} == own
    assert wu.numbers["M1"] == 3.45679, "of two things that are called volume the signature's own"
    assert wu.numbers["TEX4"] is None, "missing in the report"
    assert wu.settings_hash == HASH
    assert (read.study_uid, read.patient_id, read.scanner) == ("2.25.90001", "P-1", "Test scanner maker Scanner")
    assert read.largest_lesion_cc == 3.45679


def test_what_a_report_does_not_say_is_not_made_up() -> None:
    signatures = read_report(report(1, dict.fromkeys(FEATURES)), {"wu2018": FEATURES, "su2022": ("X1",)}).signatures
    assert signatures.keys() == {"wu2018"}
    assert all(signatures["wu2018"].numbers[id] is None for id in FEATURES)


# --------------------------------------------------------------------------------------------------- mean, SD, scores


@pytest.mark.slow
def test_mean_sd_and_scores_are_those_of_the_reports(tmp_path: Path) -> None:
    values = known_values(100)
    made = calibrated([report(n, one) for n, one in enumerate(values)], tmp_path / "reports")
    for id in FEATURES:
        column = [one[id] for one in values]
        assert made.reference.mean[id] == pytest.approx(np.mean(column), rel=1e-12)
        assert made.reference.sd[id] == pytest.approx(np.std(column, ddof=1), rel=1e-12)
    z = {
        id: (np.array([one[id] for one in values]) - made.reference.mean[id]) / made.reference.sd[id] for id in FEATURES
    }
    expected = np.sort(INTERCEPT + sum(weight * z[id] for id, weight in COEFFICIENTS.items()))
    np.testing.assert_allclose(made.reference.scores, expected, rtol=1e-5)
    assert made.reference.percentile(float(np.median(expected))) == 50.0
    assert made.reference.mean["signature"] == pytest.approx(INTERCEPT, abs=1e-4)
    assert made.limited == {}
    assert made.warnings == ()


def of_numbers(values: Sequence[dict[str, float]]) -> Calibration:
    """Without the way through reports."""
    observations = tuple(Observation(f"1.{n}", "", f"2.{n}", "", one) for n, one in enumerate(values))
    return calibrate(Cohort(HASH, observations, {}), WU_2018, SETTINGS, "constructed")


def test_one_failed_segmentation_moves_the_reference_by_little() -> None:
    values = known_values(60)
    clean = of_numbers(values).reference
    made = of_numbers([{**values[0], "M1": 900.0}, *values[1:]])
    assert abs(made.reference.mean["M1"] - clean.mean["M1"]) < 0.2 * clean.sd["M1"]
    assert made.reference.sd["M1"] < 1.5 * clean.sd["M1"]
    assert made.limited == {"M1": 1, "signature": 1}
    assert made.reference.studies == 60, "limited, not left out"


def test_of_a_long_honest_tail_only_the_end_is_limited() -> None:
    volumes = np.random.default_rng(3).lognormal(1.0, 0.8, 400)
    found = spread(volumes.tolist())
    assert found.limited <= 8
    assert 0.8 < found.sd / volumes.std(ddof=1) < 1.0


def test_a_feature_that_never_varies_is_refused() -> None:
    with pytest.raises(Refused, match="BPE3 is the same in all"):
        of_numbers([{**one, "BPE3": 0.2} for one in known_values(40)])


# ------------------------------------------------------------------------------------------------------ who may count


def test_under_thirty_studies_are_refused_and_under_a_hundred_warned_of() -> None:
    with pytest.raises(Refused, match="29 studies can calibrate wu2018, at least 30 are needed"):
        of_numbers(known_values(29))
    assert of_numbers(known_values(30)).warnings == ("Fewer than 100 studies: mean and SD are uncertain.",)


def test_reports_of_other_settings_and_incomplete_ones_are_counted_and_not_used(tmp_path: Path) -> None:
    values = known_values(33)
    reports = [report(n, one) for n, one in enumerate(values[:30])]
    reports += [
        report(30, values[30], made_under="0123456789abcdef"),
        report(31, values[31], made_under="0123456789abcdef"),
    ]
    reports += [report(32, {**values[32], "TEX2": None})]
    found = cohort_in(put(tmp_path / "reports", reports))
    assert len(found.observations) == 30
    assert found.left_out == {"other settings (0123456789abcdef)": 2, "a feature that could not be computed": 1}


def test_a_study_counts_once_with_the_report_that_none_replaces(tmp_path: Path) -> None:
    old, new = known_values(2)
    # The clock of whoever wrote the newer one was behind: what it says it replaces decides.
    older, newer = report(1, old, time="120000"), report(1, new, time="110000")
    replaced = PreviousReport(older.SOPClassUID, older.SOPInstanceUID, older.SeriesInstanceUID, older.StudyInstanceUID)
    newer.PredecessorDocumentsSequence = [predecessor(replaced)]
    (only,) = cohort_in(put(tmp_path / "reports", [older, newer])).observations
    assert only.report_uid == newer.SOPInstanceUID
    assert only.numbers["M1"] == new["M1"]


def test_of_two_reports_that_name_no_predecessor_the_newer_counts(tmp_path: Path) -> None:
    old, new = known_values(2)
    reports = [report(1, new, time="130000"), report(1, old, time="120000")]
    (only,) = cohort_in(put(tmp_path / "reports", reports)).observations
    assert only.numbers["M1"] == new["M1"]


def test_other_programs_reports_do_not_count(tmp_path: Path) -> None:
    theirs = report(1, known_values(1)[0])
    theirs.Manufacturer = "Another maker"
    found = cohort_in(put(tmp_path / "reports", [theirs]))
    assert (found.observations, found.left_out) == ((), {})


# -------------------------------------------------------------------------------------------------------- the command


def test_the_command_writes_a_reference_that_scoring_accepts(tmp_path: Path) -> None:
    folder = put(tmp_path / "reports", [report(n, one) for n, one in enumerate(known_values(31))])
    path = tmp_path / "wu.json"
    for version in (1, 2):
        invoke("calibrate", "wu2018", "--cohort", "constructed", "--from", folder, "--out", path)
        content = json.loads(path.read_text())
        assert content["version"] == version
    reference = load_reference(path, "wu2018", HASH, FEATURES)
    assert (reference.studies, reference.cohort, len(reference.scores)) == (31, "constructed", 31)
    assert "31 studies" in content["card"]
    assert "2.25.9" not in path.read_text(), "no report, and so no study, can be told from a reference"
    assert (tmp_path / "replaced" / "wu-v1.json").exists()


@pytest.mark.slow
def test_an_installed_reference_belongs_to_its_scanner_first(tmp_path: Path) -> None:
    low, high = known_values(30, seed=1), known_values(31, seed=2)
    high = [{**one, "M1": one["M1"] + 10} for one in high]
    reports = [report(n, one, model="Low") for n, one in enumerate(low)]
    reports += [report(100 + n, one, model="High") for n, one in enumerate(high)]
    reports += [report(200, known_values(1)[0], model="Rare")]
    data = tmp_path / "data"
    data.mkdir()
    settings = replace(SETTINGS, references_folder=str(data / "references"))
    before = digest_of_installed(settings)
    command = (
        "calibrate",
        "wu2018",
        "--cohort",
        "ours",
        "--from",
        put(tmp_path / "reports", reports),
        "--install",
        "--data",
        data,
    )
    answer = invoke(*command, "--by-scanner")
    assert digest_of_installed(settings) != before == ""
    assert list(answer["not_made"]) == ["Test scanner maker Rare"]

    def reference(model: str) -> tuple[int, float]:
        found = installed_at(settings, f"Test scanner maker {model}")["wu2018"].reference
        assert found is not None
        return found.studies, found.mean["M1"]

    assert reference("Low") == (30, pytest.approx(np.mean([one["M1"] for one in low])))
    assert reference("High") == (31, pytest.approx(np.mean([one["M1"] for one in high])))
    assert reference("Rare")[0] == reference("Unknown")[0] == 62


def test_gene_expression_makes_the_composites_reference(tmp_path: Path) -> None:
    folder = put(tmp_path / "reports", [report(n, one) for n, one in enumerate(known_values(32))])
    table = tmp_path / "genes.csv"
    genes = [(2.0 + n / 10, 3.0 + n / 5) for n in range(32)]
    table.write_text("patient,gzma,prf1\n" + "".join(f"P-{n},{g},{p}\n" for n, (g, p) in enumerate(genes)))
    path = tmp_path / "wu.json"
    invoke("calibrate", "wu2018", "--cohort", "c", "--from", folder, "--out", path, "--molecular", table)
    activity = [np.sqrt(g * p) for g, p in genes]
    assert json.loads(path.read_text())["mean"]["CYT"] == pytest.approx(np.mean(activity))
    assert load_reference(path, "wu2018", HASH, FEATURES).has("CYT", "signature")


def test_a_signature_that_is_not_there_is_named() -> None:
    with pytest.raises(BadInput, match="no signature 'wu2019'; known are wu2018"):
        invoke("calibrate", "wu2019", "--cohort", "c", "--out", "x.json")
