"""The page, read by poppler: what the report says, for people."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dicom_readers
import numpy as np
import pytest
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.pdfgen.canvas import Canvas
from scored_study import WU_FEATURES, lesion_measurements, scored_study, wu_signature

from tilscope.dicom_io.identity import inherited
from tilscope.dicom_io.objects.pdf import page_style
from tilscope.dicom_io.objects.pdf.page_drawing import DrawingOnPage
from tilscope.dicom_io.objects.pdf.page_letters import register_fonts
from tilscope.dicom_io.objects.pdf.page_style import STATE_MARKS
from tilscope.dicom_io.objects.pdf.summary_page import summary_page
from tilscope.dicom_io.objects.results import build_results
from tilscope.models.pictures.colours import LIGHT
from tilscope.models.pictures.drawing import Drawing, Text
from tilscope.models.pictures.montage import PagePictures
from tilscope.models.pictures.raster import pixels_of
from tilscope.models.readable_numbers import shown
from tilscope.models.result import (
    CalibrationState,
    Contribution,
    LesionResult,
    LesionSource,
    Measurement,
    Missing,
    OtherBreast,
    QualityFinding,
    Verdict,
)

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
EIGHT_WARNINGS = tuple(
    QualityFinding(
        f"gate-{n}",
        f"Finding {n}: the most that a phase had moved in the breast is {n}.4 mm, and what remains cannot be told.",
    )
    for n in range(8)
)
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff^Adolph Blaine Charles David"


def page(tmp_path: Path, **choices: Any) -> str:
    return dicom_readers.page_text(build_results(*scored_study(**choices).parts).pdf, tmp_path)


def words_of(text: str) -> str:
    """In one line, and letters in their usual form: poppler gives Arabic as it is drawn."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def written(folder: Path, **choices: Any) -> Path:
    """The PDF alone, of any result."""
    study = scored_study(**choices)
    path = folder / "page.pdf"
    header = inherited(study.source.early.headers[0])
    path.write_bytes(summary_page(study.result, header, PagePictures.of(study.series, study.regions), CREATED))
    return path


# -------------------------------------------------------------------------------------------------- what the page says


def test_the_page_shows_patient_numbers_state_quality_and_provenance(tmp_path: Path) -> None:
    text = words_of(page(tmp_path))
    for said in (
        "RESEARCH USE ONLY", "Test Anna", "T-1", "2024-03-12", "left breast",
        "24 mm", "< 0.01 cm³".replace("³", "3"), "washout", "612 cm³".replace("³", "3"),
        "Stromal TIL percentage (Wu 2018)", "uncalibrated", "No reference cohort is installed", "no score",
        "SER is the same everywhere", "Quality: 1 warning", "The pre-contrast phase is noisy",
        "a1b2c3d4e5f60718", "9f2c4e6a8b0d1f35", "classical 1", "start of the first post-contrast phase",
        "docs/reading-guide.md",
    ):  # fmt: skip
        assert said in text, said


def test_the_exam_is_named_whole_and_the_page_says_which_breast_it_is_about(tmp_path: Path) -> None:
    """The exam's scope is the exam's, whatever became of its other breast."""
    refused = OtherBreast("R", "too-noisy", "The images are too noisy.")
    for other, became in (
        (OtherBreast("R"), "The right breast was imaged too and has results of its own."),
        (refused, "The right breast was imaged too and not scored: The images are too noisy."),
    ):
        text = words_of(page(tmp_path, other_breast=other))
        assert f"both breasts This is about the left breast. {became}" in text.replace("Imaged ", "")
        assert "only" not in text.split("Measurements")[0].replace("RESEARCH USE ONLY", "")


def test_a_score_that_is_no_result_is_small_and_says_why(tmp_path: Path) -> None:
    score = Measurement.of("rad_tils", "Estimated probability", 0.8245, "1")
    caveat = "not calibrated, population not known (receptor status not supplied)"
    doubtful = wu_signature(score=score, spread=(0.52, 0.9), caveat=caveat)
    path = written(tmp_path, signatures=(doubtful,))
    text = words_of(dicom_readers.pdf_text(path))
    assert f"No result: {caveat}." in text
    assert "(model: 0.82)" in text
    assert "0.52 to 0.90" not in text.split("Signatures in detail")[0], "a range would make a result of it"
    heights = dicom_readers.letter_heights(path, "0.82)")
    assert heights
    assert max(heights) < min(dicom_readers.letter_heights(path, "Measurements"))


def test_the_date_of_the_file_is_that_of_the_object(tmp_path: Path) -> None:
    study = scored_study()
    pdf = build_results(*study.parts).pdf
    created = re.search(rb"/CreationDate \(D:(\d{14})", bytes(pdf.EncapsulatedDocument))
    assert created is not None
    assert created[1].decode() == f"{pdf.ContentDate}{str(pdf.ContentTime)[:6]}"


def test_every_number_of_the_result_is_on_the_page_in_sensible_digits(tmp_path: Path) -> None:
    study = scored_study()
    text = words_of(dicom_readers.page_text(build_results(*study.parts).pdf, tmp_path))
    measurements = [
        *(m for lesion in study.result.lesions for m in lesion.measurements),
        *study.result.breast,
        *(m for signature in study.result.signatures for m in signature.features),
    ]
    missing = [m.id for m in measurements if m.value is not None and words_of(shown(m)) not in text]
    assert missing == []
    assert not [
        m.id for m in measurements if m.value is not None and f" {m.value:.6g} " in text and len(f"{m.value:.6g}") > 6
    ]


@pytest.mark.parametrize(
    ("id", "value", "unit", "text"),
    [
        ("volume", 7.3745, "cm3", "7.37 cm³"),
        ("volume", 73.745, "cm3", "73.7 cm³"),
        ("breast_volume", 1412.57, "cm3", "1410 cm³"),
        ("ftv_ser", 1.2e-05, "cm3", "< 0.01 cm³"),
        ("ftv_ser", 0.0, "cm3", "0.00 cm³"),
        ("longest_diameter", 31.3938, "mm", "31 mm"),
        ("longest_diameter", 8.4321, "mm", "8.4 mm"),
        ("pe_mean", 152.446, "%", "150 %"),
        ("bpe_mean", 6.27, "%", "6.3 %"),
        ("bpe_mean", -3.14, "%", "−3.1 %"),
        ("ser_mean", 1.24564, "{ratio}", "1.25"),
        ("sphericity", 0.878039, "1", "0.88"),
        ("TEX2", -37.0343, "1", "−37.0"),
        ("QP3", 31130.1, "1", "31130"),
        ("QP1", 1.234e-09, "1", "1.23·10⁻⁹"),
    ],
)
def test_a_number_has_the_digits_of_its_quantity(id: str, value: float, unit: str, text: str) -> None:
    assert shown(Measurement.of(id, id, value, unit)) == text


def test_a_missing_number_says_why() -> None:
    assert shown(Measurement("x", "x", None, "mm", Missing.CALCULATION_FAILURE, "why")) == "– calculation failure"


def test_five_signatures_with_all_else_fit_on_the_first_page_and_their_features_on_the_second(tmp_path: Path) -> None:
    five = tuple(wu_signature(title=f"Signature {n}", features=WU_FEATURES[:9]) for n in range(5))
    obj = build_results(*scored_study(signatures=five).parts).pdf
    first, second = dicom_readers.page_text(obj, tmp_path).split("\f")[:2]
    assert all(f"Signature {n}" in first and f"Signature {n}" in second for n in range(5))
    assert "Provenance" in first
    assert "Signatures in detail" in second
    assert dicom_readers.page_count(obj, tmp_path) == 2


def test_a_score_is_shown_with_its_class_and_its_place_in_the_cohort(tmp_path: Path) -> None:
    score = Measurement.of("rad_tils", "Estimated probability", 0.604145, "1")
    placed = wu_signature(state=CalibrationState.CALIBRATED, score=score, category="high", percentile=72.0)
    text = words_of(page(tmp_path, signatures=(placed,)).split("\f")[0])
    for said in ("0.60", "high", "percentile 72", "25 50 75", "● calibrated"):
        assert said in text, said
    assert "percentile" not in page(tmp_path, signatures=(wu_signature(),)).split("\f")[0]


def test_a_score_is_explained_by_what_each_feature_adds(tmp_path: Path) -> None:
    terms = (Contribution("M1", 4.4, 1.23), Contribution("TEX2", -3.14, -1.0))
    second = page(tmp_path, signatures=(wu_signature(contributions=terms),)).split("\f")[1]
    rows = {line.split()[0]: line.split() for line in second.splitlines() if line.split()[:1] in (["M1"], ["TEX2"])}
    assert rows["M1"][2:6] == ["3.46", "cm³", "1.2", "+5.4"]
    assert {"−57.3", "−1.0", "+3.1"} <= set(rows["TEX2"])


def test_what_a_forest_or_a_raw_model_takes_is_no_z_score(tmp_path: Path) -> None:
    for terms in ((Contribution("M1", 1.0, 0.07),), (Contribution("M1", -0.65, 3.45679),)):
        second = page(tmp_path, signatures=(wu_signature(contributions=terms),)).split("\f")[1]
        header = next(line.split() for line in second.splitlines() if line.split()[:1] == ["feature"])
        assert "lowers" in header
        assert "z" not in header


def test_hundreds_of_features_flow_onto_further_pages(tmp_path: Path) -> None:
    features = tuple(
        Measurement.of(f"radiomics:tumour/wavelet-LLL_glcm_feature{i}", f"feature {i}", i / 7, "1") for i in range(200)
    )
    signature = wu_signature(state=CalibrationState.NO_MODEL, score=None, features=features)
    obj = build_results(*scored_study(signatures=(signature, wu_signature())).parts).pdf
    assert dicom_readers.page_count(obj, tmp_path) > 2
    text = dicom_readers.page_text(obj, tmp_path)
    assert "feature 199" in text
    assert "radiomics:" not in text


def test_a_person_who_drew_the_lesion_is_named_and_no_confidence_is_told(tmp_path: Path) -> None:
    text = page(tmp_path, segmentation=LesionSource("drawn", by="Dr Weiß", tool="3D Slicer"))
    assert "The lesions were drawn by Dr Weiß (3D Slicer)." in text.split("Longest diameter")[0]
    assert "confidence" not in text


def test_without_its_images_a_page_is_drawn_without_pictures_and_says_so(tmp_path: Path) -> None:
    study = scored_study()
    path = tmp_path / "page.pdf"
    path.write_bytes(summary_page(study.result, inherited(study.source.early.headers[0]), None, CREATED))
    text = dicom_readers.pdf_text(path)
    assert "No pictures" in text
    assert "Subtraction, MIP" not in text
    assert "Stromal TIL percentage" in text


def test_no_quality_finding_is_said_as_well(tmp_path: Path) -> None:
    passed = (QualityFinding("signal-to-noise", "Signal to noise is 30.", Verdict.PASS, 30.0, 10.0),)
    text = page(tmp_path, quality=passed)
    assert "No warning. 1 gates passed: signal to noise." in text
    assert "Signal to noise is 30." not in text


def test_an_assumed_injection_is_said_beside_the_times_and_its_gate_is_not_passed(tmp_path: Path) -> None:
    findings = (
        QualityFinding("signal-to-noise", "Signal to noise is 30.", Verdict.PASS, 30.0, 10.0),
        QualityFinding("early-phase-time", "So many seconds.", Verdict.WARN, 0.0, 60.0, checkable=False),
    )
    text = words_of(page(tmp_path, quality=findings, time_zero_assumed=True))
    assert "No warning. 1 gates passed: signal to noise. Not checkable: early phase time." in text
    assert "Phases (time after the assumed injection)" in text
    assert "Time zero assumed: start of the first post-contrast phase." in text


def test_markup_in_a_sentence_is_text(tmp_path: Path) -> None:
    text = page(tmp_path, quality=(QualityFinding("x", "SER < 0.1 & PE > <b>2</b>"),))
    assert "SER < 0.1 & PE > <b>2</b>" in text


def test_a_demonstration_says_so_on_every_page(tmp_path: Path) -> None:
    pages = page(tmp_path, demo=True).split("\f")[:2]
    assert all("DEMO: synthetic data" in one for one in pages)
    assert "DEMO" not in page(tmp_path)


# --------------------------------------------------------------------------------------------------- names and letters


@pytest.mark.parametrize(
    ("name", "shown_as"),
    [
        ("Müller^Änne", "Müller Änne"),
        ("Иванова^Анна", "Иванова Анна"),
        ("Παπαδοπούλου^Μαρία", "Παπαδοπούλου Μαρία"),
        ("محمد^ليلى", "محمد ليلى"),
        ("כהן^רות", "כהן רות"),
        ("Yamada^Hanako=山田^花子=やまだ^はなこ", "Yamada Hanako / 山田 花子 / やまだ はなこ"),
        ("Wang^Xiaoming=王^小明", "Wang Xiaoming / 王 小明"),
        ("Hong^Gildong=洪^吉洞=홍^길동", "Hong Gildong / 洪 吉洞 / 홍 길동"),
        ("สมศรี", "[5 Thai letters]"),
        ("Ann 👩‍⚕️", "Ann [U+1F469]⚕"),
        ("", "no name"),
        ("<b>&\x00\x1b", "<b>&"),
        (LONG_NAME, "Wolfeschlegelsteinhausenbergerdorff Adolph Blaine Charles David"),
    ],
)
def test_a_name_in_any_script_can_be_read_and_selected(name: str, shown_as: str, tmp_path: Path) -> None:
    text = page(tmp_path, tags={"PatientName": name, "SpecificCharacterSet": "ISO_IR 192"})
    # Right-to-left words come with marks of direction around them.
    letters = "".join(c for c in text if unicodedata.category(c) != "Cf").replace("\ufe0f", "")
    patient = words_of(" ".join(line[:52] for line in letters.splitlines()[2:9]))
    assert words_of(shown_as) in patient


def test_missing_dates_and_numbers_of_the_patient_are_said_to_be_missing(tmp_path: Path) -> None:
    text = page(tmp_path, tags={"PatientBirthDate": "", "AccessionNumber": "", "StudyDate": ""})
    assert text.split("Early,")[0].count("not given") == 2


@pytest.mark.parametrize(
    ("grid", "name"),
    [
        ("axial", LONG_NAME + "=" + "山" * 64 + "=" + "ヤマダ" * 21),
        ("sagittal", "محمد^ليلى " * 6),
        ("oblique", "홍" * 64),
    ],
)
def test_the_worst_page_is_one_page_and_nothing_is_cut(grid: str, name: str, tmp_path: Path) -> None:
    """Six lesions, eight warnings, everything long."""
    lesions = tuple(LesionResult(n, "L", 0.9, lesion_measurements(1000.0), "washout") for n in range(1, 7))
    tags = {
        "PatientName": name,
        "PatientID": "ID-" + "X" * 61,
        "AccessionNumber": "A" * 16,
        "SpecificCharacterSet": "ISO_IR 192",
    }
    score = Measurement.of("til_percent", "Estimated TIL", -123.4567, "%")
    five = tuple(
        wu_signature(title=f"Tumour-stroma heterogeneity (Fan 202{n})", score=score, category="outside the model's range",
                     percentile=99.9, reason="A long reason that says much about why it is so. " * 5)
        for n in range(5)
    )  # fmt: skip
    drawn_by = LesionSource("drawn", by="ليلى محمد " * 6, tool="A tool with a long name " * 3)
    choices = {
        "grid": grid,
        "tags": tags,
        "lesions": lesions,
        "signatures": five,
        "quality": EIGHT_WARNINGS,
        "segmentation": drawn_by,
    }
    path = written(tmp_path, **choices)
    first, second = dicom_readers.pdf_text(path).split("\f")[:2]
    for said in (
        *(f"Finding {n}:" for n in range(8)),
        "Fan 2024",
        "Provenance",
        "■ 6 left",
        "−123 %",
        "percentile 100",
        "Kinetic curve",
    ):
        assert said in words_of(first), said
    assert "Signatures in detail" in second
    assert words_of(first).count("X" * 10) >= 1
    inside_both_papers(path)


def inside_both_papers(path: Path) -> None:
    """Nothing lies outside what A4 and Letter, each centred, have in common, a printer's margin left white."""
    cut = (A4[1] - LETTER[1]) / 2 + 18
    picture = dicom_readers.page_picture(path, 72, path.parent)  # a pixel is a point
    ink = np.argwhere((picture < 250).any(axis=2))
    assert ink[:, 0].min() >= cut - 1
    assert ink[:, 0].max() <= A4[1] - cut + 1
    assert ink[:, 1].min() >= 18
    assert ink[:, 1].max() <= A4[0] - 18


def test_an_ordinary_page_prints_on_a4_and_on_letter(tmp_path: Path) -> None:
    inside_both_papers(written(tmp_path, signatures=tuple(wu_signature() for _ in range(5))))


def test_states_are_told_apart_without_colour(tmp_path: Path) -> None:
    states = tuple(wu_signature(state=state) for state in CalibrationState)
    text = page(tmp_path, signatures=states)
    assert len(set(STATE_MARKS.values())) == len(CalibrationState)
    assert all(f"{STATE_MARKS[state]} {state.value}" in text for state in CalibrationState)


def test_words_are_dark_enough_for_grey_print() -> None:
    """WCAG's ratio of contrast, 4.5 for text."""
    for colour in (
        page_style.INK,
        page_style.GREY,
        page_style.ALERT,
        page_style.BAND,
        *page_style.STATE_COLOURS.values(),
    ):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.rgb()]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (luminance + 0.05) >= 4.5


def test_software_is_told_title_subject_author_and_language(tmp_path: Path) -> None:
    path = written(tmp_path)
    facts = dicom_readers.pdf_facts(path)
    assert facts["Title"] == "TILscope: breast DCE-MRI, research use only"
    assert facts["Author"] == "TILscope"
    assert facts["Subject"].startswith("RESEARCH USE ONLY")
    assert b"/Lang (en)" in path.read_bytes()
    assert "Anna" not in str(facts)


# ------------------------------------------------------------------------------------------------------------ pictures


def alone(drawing: Drawing, folder: Path) -> Path:
    """The pictures as a PDF of their own."""
    register_fonts()
    path = folder / "pictures.pdf"
    canvas = Canvas(str(path), pagesize=(drawing.width, drawing.height))
    DrawingOnPage(drawing).drawOn(canvas, 0, 0)
    canvas.save()
    return path


@pytest.mark.parametrize("grid", ["axial", "sagittal", "oblique"])
def test_every_word_of_the_pictures_is_text(grid: str, tmp_path: Path) -> None:
    study = scored_study(grid)
    drawing = PagePictures.of(study.series, study.regions).drawn(516.0, 250.0)
    words = {word for mark in drawing.marks if isinstance(mark, Text) for word in mark.words.split()}
    assert {"SER", "MIP", "washout", "early", "injection"} <= words
    assert words <= set(dicom_readers.pdf_text(alone(drawing, tmp_path)).split())
    assert {"SER", "MIP", "washout"} <= set(page(tmp_path, grid=grid).split())


def test_the_page_shows_the_pictures_as_the_screen_does(tmp_path: Path) -> None:
    """The PDF's own contours, maps and letters, drawn by poppler, against the pixels of the same drawing."""
    study = scored_study("axial")
    drawing = PagePictures.of(study.series, study.regions).drawn(516.0, 250.0)
    shown = dicom_readers.page_picture(alone(drawing, tmp_path), 144, tmp_path).astype(int)
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
    pictures = PagePictures.of(study.series, study.regions)
    one, two = (summary_page(study.result, header, pictures, CREATED) for _ in range(2))
    assert one == two != summary_page(study.result, header, pictures, CREATED + timedelta(seconds=1))
