"""The report's first screen, and its order: the summary first, the features of the signatures last."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path

import dicom_readers
import highdicom as hd
import pytest
from pydicom import Dataset
from report_of_before import of_before
from scored_study import ScoredStudy, scored_study, wu_signature

from tilscope.dicom_io.identity import Author, inherited, present_time
from tilscope.dicom_io.objects.results import build_results
from tilscope.dicom_io.objects.sr.report_recalculated import recalculate_report
from tilscope.dicom_io.objects.sr.report_record import result_of
from tilscope.dicom_io.objects.sr.report_summary import signature_in_words
from tilscope.models.result import CalibrationState, LesionSource, Measurement, QualityFinding, Verdict

CALIBRATED = wu_signature(
    state=CalibrationState.CALIBRATED,
    score=Measurement.of("til_percent", "Estimated TIL", 23.456789, "%"),
    category="intermediate",
    percentile=61.8,
    reason="n = 120.",
)


@pytest.fixture(scope="module")
def study() -> ScoredStudy:
    return scored_study(signatures=(CALIBRATED,))


@pytest.fixture(scope="module")
def report(study: ScoredStudy) -> Dataset:
    return build_results(*study.parts).report


@pytest.fixture(scope="module")
def lines(report: Dataset, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """As dcmtk shows them, without the numbers of codes."""
    return dicom_readers.report_lines(dicom_readers.saved(report, tmp_path_factory.mktemp("report")))


def first_screen(lines: list[str]) -> list[str]:
    """What the report says before it names its images."""
    return [
        line.split("=", 1)[1].strip('">')
        for line in lines[: place_of(lines, "Image Library")]
        if "contains TEXT" in line
    ]


def place_of(lines: list[str], words: str) -> int:
    return next(number for number, line in enumerate(lines) if words in line)


def test_the_first_screen_says_in_a_line_each_what_the_study_holds(lines: list[str]) -> None:
    assert first_screen(lines) == [
        "RESEARCH USE ONLY. Not a medical device; not for diagnosis or treatment decisions.",
        "2 lesions in the left breast.",
        "Lesion 1: longest diameter 24 mm, volume 3.46 cm³, functional tumour volume 2.72 cm³, washout curve.",
        "23 %, intermediate, percentile 62 of the reference (calibrated)",
        "The pre-contrast phase is noisy: signal to noise 6.1 in the breast.",
        "Found by the segmenter classical 1.",
        "start of the first post-contrast phase",
    ]


def test_an_assumed_injection_makes_an_estimate_of_every_time(tmp_path: Path, lines: list[str]) -> None:
    gate = QualityFinding("early-phase-time", "So many seconds.", Verdict.WARN, 0.0, 60.0, checkable=False)
    study = scored_study(quality=(gate,), time_zero_assumed=True)
    assumed = dicom_readers.report_lines(dicom_readers.saved(build_results(*study.parts).report, tmp_path))
    said = first_screen(assumed)
    assert "Not checkable: early phase time." in said
    assert "assumed: start of the first post-contrast phase" in said
    assert "So many seconds." not in said
    estimated = 'has concept mod CODE:(121401,DCM,"Derivation")=(414135002,SCT,"Estimated")'
    assert sum(estimated in line for line in assumed) == len(study.source.phases)
    assert not any(estimated in line for line in lines), "a recorded injection is no estimate"


def test_then_come_images_lesions_breast_conclusions_and_last_the_features(lines: list[str]) -> None:
    order = [
        '"Summary"', '"Image Library"', '"Lesion 1"', '"Lesion 2"', '="Breast">', '"wu2018 of Lesion 1"',
        '"wu2018 features of Lesion 1"',
    ]  # fmt: skip
    places = [place_of(lines, words) for words in order]
    assert places == sorted(places)
    features = lines[places[-1] :]
    assert sum("contains NUM" in line for line in features) == len(CALIBRATED.features)
    assert sum("contains TEXT" in line for line in features) <= 1, "only why a feature is missing"


def test_what_numbers_depend_on_stands_at_the_end_of_their_group(lines: list[str]) -> None:
    parameters = [number for number, line in enumerate(lines) if "Algorithm Parameters" in line]
    assert len(parameters) == 6, "two lesions, the breast, its glands, a conclusion and its features"
    assert all("Measurement Group" in line for line in (lines[number + 1] for number in parameters[:-1]))


def test_highdicom_parses_the_report_with_all_its_groups(report: Dataset) -> None:
    whole = deepcopy(report)
    unit = next(i.MeasuredValueSequence for i in every_item(whole) if i.get("MeasuredValueSequence"))
    for item in every_item(whole):
        if "NumericValueQualifierCodeSequence" in item:  # highdicom cannot read a NUM item without a number
            item.MeasuredValueSequence = deepcopy(unit)
    parsed = hd.sr.Comprehensive3DSR.from_dataset(whole).content
    assert len(parsed.get_volumetric_roi_measurement_groups()) == 7
    assert len(parsed.get_image_measurement_groups()) == 0, "every group points to a segment"


def every_item(item: Dataset) -> list[Dataset]:
    return [item, *(deeper for child in item.get("ContentSequence", ()) for deeper in every_item(child))]


# ------------------------------------------------------------------------------------------------------ its sentences


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "23 %, intermediate, percentile 62 of the reference (calibrated)"),
        ({"category": None, "percentile": None, "state": CalibrationState.UNCALIBRATED}, "23 %, no class (uncalibrated)"),
        ({"score": None, "state": CalibrationState.NO_MODEL}, "no score (no model installed)"),
        ({"score": Measurement.of("rad_tils", "Rad-TILs", 0.604145, "1")}, "0.60, intermediate, percentile 62 of the reference (calibrated)"),
    ],
)  # fmt: skip
def test_a_signature_is_one_line(changes: dict[str, object], said: str) -> None:
    assert signature_in_words(replace(CALIBRATED, **changes)) == said  # type: ignore[arg-type]


def test_who_drew_the_lesions_is_said_in_the_summary(tmp_path: Path) -> None:
    drawn = scored_study(segmentation=LesionSource("drawn", "Doe^Jane", "3D Slicer", "1.2.3", "1.2.3.4"))
    path = dicom_readers.saved(build_results(*drawn.parts).report, tmp_path)
    assert "The lesions were drawn by Doe^Jane (3D Slicer)." in first_screen(dicom_readers.report_lines(path))


# -------------------------------------------------------------------------------------------------- replaced on renewal


@pytest.mark.parametrize("shape", ["of now", "of before"])
def test_nothing_of_the_old_conclusion_stays_in_a_renewed_report(
    study: ScoredStudy, shape: str, tmp_path: Path
) -> None:
    old = build_results(*study.parts).report
    old = of_before(old) if shape == "of before" else old
    other = replace(
        CALIBRATED, score=Measurement.of("til_percent", "Estimated TIL", 44.0, "%"), category="high", percentile=90.0,
        reason="n = 300.",
    )  # fmt: skip
    result = replace(study.result, signatures=(other,), input_hash="another")
    header = study.source.early.headers[0]
    renewed = recalculate_report(old, result, Author.of(result), inherited(header), present_time(header))
    path = dicom_readers.saved(renewed, tmp_path)
    assert dicom_readers.conformance_errors(path) == []
    said = "\n".join(dicom_readers.report_lines(path))
    for gone in ("23 %", "23.4568", "intermediate", "percentile 62", "61.8", "n = 120"):
        assert gone not in said, gone
    assert said.count("RESEARCH USE ONLY. Not a medical device") == 1
    assert said.count("The pre-contrast phase is noisy") == 1
    screen = first_screen(said.splitlines())
    assert screen[3] == "44 %, high, percentile 90 of the reference (calibrated)"
    assert screen[-1].endswith("no image was read.")
    numbers = dicom_readers.numbers_of_report(dicom_readers.read_report(path, tmp_path / "read"))
    assert numbers == dicom_readers.numbers_of_result(asdict(result))


def test_a_report_of_before_is_still_known_for_the_result_that_it_was_written_from(
    study: ScoredStudy, report: Dataset
) -> None:
    old = of_before(report)
    assert len(old.ContentSequence[-1].ContentSequence) == 6, (
        "two lesions, the breast, its glands, the breast in words, the signature"
    )
    assert result_of(old, [study.result]) == study.result
    last = [i for i in old.iterall() if i.keyword == "NumericValue"][-1]
    last.value = "99"
    assert result_of(old, [study.result]) is None
