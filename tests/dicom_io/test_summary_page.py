"""The page, read by poppler: what the report says, for people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dicom_readers
import numpy as np
import pytest
from reportlab.pdfgen.canvas import Canvas
from scored_study import scored_study, wu_signature

from dicom_io.objects.identity import inherited
from dicom_io.objects.page_drawing import DrawingOnPage, register_fonts
from dicom_io.objects.results import build_results
from dicom_io.objects.summary_page import summary_page
from models.pictures.colours import LIGHT
from models.pictures.drawing import Text
from models.pictures.montage import page_pictures
from models.pictures.raster import pixels_of
from models.result import CalibrationState, Contribution, Measurement, QualityFinding, Verdict


def page(tmp_path: Path, **choices: Any) -> str:
    return dicom_readers.page_text(build_results(*scored_study(**choices).parts).pdf, tmp_path)


def test_the_page_shows_patient_numbers_state_quality_and_provenance(tmp_path: Path) -> None:
    text = page(tmp_path)
    for said in (
        "RESEARCH USE ONLY", "Test Anna", "T-1", "2024-03-12", "left breast",
        "23.9877 mm", "1.23457e-05 cm³", "washout", "612.346 cm³",
        "Stromal TIL percentage (Wu 2018)", "uncalibrated", "No reference cohort is installed",
        "not attempted", "SER is the same everywhere", "The pre-contrast phase is noisy",
        "a1b2c3d4e5f60718", "9f2c4e6a8b0d1f35", "classical 1", "start of the first post-contrast phase",
    ):  # fmt: skip
        assert said in text, said


def test_every_number_of_the_result_is_on_the_page(tmp_path: Path) -> None:
    study = scored_study()
    text = dicom_readers.page_text(build_results(*study.parts).pdf, tmp_path)
    words = set(text.split())
    measurements = [
        *(m for lesion in study.result.lesions for m in lesion.measurements),
        *study.result.breast,
        *(m for signature in study.result.signatures for m in signature.features),
    ]
    missing = [m.id for m in measurements if m.value is not None and f"{m.value:.6g}" not in words]
    assert missing == []


def test_five_signatures_with_all_else_fit_on_the_first_page_and_their_features_follow(tmp_path: Path) -> None:
    five = tuple(wu_signature(title=f"Signature {n}") for n in range(5))
    obj = build_results(*scored_study(signatures=five).parts).pdf
    first, second = dicom_readers.page_text(obj, tmp_path).split("\f")[:2]
    assert all(f"Signature {n}" in first for n in range(5))
    assert "Provenance" in first
    assert "Signatures in detail" in second
    assert dicom_readers.page_count(build_results(*scored_study().parts).pdf, tmp_path) == 2


def test_a_score_is_explained_by_what_each_feature_adds_and_placed_in_its_cohort(tmp_path: Path) -> None:
    terms = (Contribution("M1", 4.4, 1.0), Contribution("TEX2", -3.14, -1.0))
    explained = wu_signature(contributions=terms, percentile=72.0)
    text = " ".join(page(tmp_path, signatures=(explained,)).split())
    assert "M1 +4.4 (+4.4 × 1); TEX2 +3.14 (-3.14 × -1)." in text
    assert "percentile 72" in text


def test_hundreds_of_features_flow_onto_further_pages(tmp_path: Path) -> None:
    features = tuple(
        Measurement.of(f"radiomics:tumour/wavelet-LLL_glcm_feature{i}", f"feature {i}", i / 7, "1") for i in range(200)
    )
    signature = wu_signature(state=CalibrationState.NO_MODEL, score=None, features=features)
    obj = build_results(*scored_study(signatures=(signature, wu_signature())).parts).pdf
    assert dicom_readers.page_count(obj, tmp_path) > 1
    assert "feature 199" in dicom_readers.page_text(obj, tmp_path)


@pytest.mark.parametrize(
    "name",
    ["Müller^Änne", "Иванова^Анна", "Παπαδοπούλου^Μαρία", "محمد^ليلى", "כהן^רות", "Yamada^Hanako=山田^花子", "", "<b>&\x00\x1b", "👩‍⚕️"],
)  # fmt: skip
def test_names_of_any_script_and_none_are_set_without_a_crash(name: str) -> None:
    study = scored_study(tags={"PatientName": name})
    header = inherited(study.source.early.headers[0])
    assert summary_page(study.result, study.series, study.regions, header).startswith(b"%PDF-")


def test_latin_greek_and_cyrillic_names_can_be_read(tmp_path: Path) -> None:
    name = "Müller^Änne=Иванова^Анна=Παπαδοπούλου^Μαρία"
    text = page(tmp_path, tags={"PatientName": name, "SpecificCharacterSet": "ISO_IR 192"})
    for shown in ("Müller Änne", "Иванова Анна"):
        assert shown in text


def test_no_quality_finding_is_said_as_well(tmp_path: Path) -> None:
    passed = (QualityFinding("signal-to-noise", "Signal to noise is 30.", Verdict.PASS, 30.0, 10.0),)
    text = page(tmp_path, quality=passed)
    assert "No warning. 1 gates passed: signal to noise." in text
    assert "Signal to noise is 30." not in text


def test_markup_in_a_sentence_is_text(tmp_path: Path) -> None:
    text = page(tmp_path, quality=(QualityFinding("x", "SER < 0.1 & PE > <b>2</b>"),))
    assert "SER < 0.1 & PE > <b>2</b>" in text


@pytest.mark.parametrize("grid", ["axial", "sagittal", "oblique"])
def test_every_word_of_the_pictures_is_text_on_the_page(grid: str, tmp_path: Path) -> None:
    study = scored_study(grid)
    shown = set(page(tmp_path, grid=grid).split())
    drawing = page_pictures(study.series, study.regions, 516.0, 88.0)
    words = {word for mark in drawing.marks if isinstance(mark, Text) for word in mark.words.split()}
    assert {"SER", "MIP", "washout", "early", "injection"} <= words
    assert words <= shown


def test_the_page_shows_the_pictures_as_the_screen_does(tmp_path: Path) -> None:
    """The PDF's own contours, maps and letters, drawn by poppler, against the pixels of the same drawing."""
    register_fonts()
    study = scored_study("axial")
    drawing = page_pictures(study.series, study.regions, 516.0, 88.0)
    canvas = Canvas(str(tmp_path / "pictures.pdf"), pagesize=(drawing.width, drawing.height))
    DrawingOnPage(drawing).drawOn(canvas, 0, 0)
    canvas.save()
    shown = dicom_readers.page_picture(tmp_path / "pictures.pdf", 144, tmp_path).astype(int)
    expected = pixels_of(drawing, LIGHT.paper, per_unit=2.0).astype(int)
    rows, columns = min(len(shown), len(expected)), min(shown.shape[1], expected.shape[1])
    difference = np.abs(shown[:rows, :columns] - expected[:rows, :columns])
    assert max(shown.shape[0] - rows, shown.shape[1] - columns) <= 1
    # Thin lines and letters fall a little differently, whole areas do not: a shift by one pixel gives 6.5 and 0.029.
    assert difference.mean() < 5.5
    assert (difference.max(axis=2) > 100).mean() < 0.022


def test_the_same_result_gives_the_same_bytes() -> None:
    study = scored_study()
    header = inherited(study.source.early.headers[0])
    one, two = (summary_page(study.result, study.series, study.regions, header) for _ in range(2))
    assert one == two
