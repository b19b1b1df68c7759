"""The page, read by poppler: what the report says, for people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import dicom_readers
import numpy as np
import pytest
from scored_study import scored_study, wu_signature

from dicom_io.objects.identity import inherited
from dicom_io.objects.key_slice import close_up, key_slice, outline
from dicom_io.objects.results import build_results
from dicom_io.objects.summary_page import summary_page
from models.result import CalibrationState, Measurement, QualityFinding


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


def test_an_ordinary_result_is_one_page(tmp_path: Path) -> None:
    assert dicom_readers.page_count(build_results(*scored_study().parts).pdf, tmp_path) == 1


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
    assert "No finding" in page(tmp_path, quality=())


def test_markup_in_a_sentence_is_text(tmp_path: Path) -> None:
    text = page(tmp_path, quality=(QualityFinding("x", "SER < 0.1 & PE > <b>2</b>"),))
    assert "SER < 0.1 & PE > <b>2</b>" in text


def test_the_key_slice_is_the_largest_cut_through_the_index_lesion() -> None:
    study = scored_study()
    found = key_slice(study.series.early, study.regions)
    # The foot of the L reaches through slices 3 to 5, the first of them is taken.
    assert (found.number, found.of) == (4, 11)
    assert [lesion for lesion, _ in found.outlines] == [0]


@pytest.mark.parametrize(
    ("grid", "letters"),
    [
        ("axial", ("R", "L", "A", "P")),
        ("axial prone", ("L", "R", "P", "A")),
        ("sagittal", ("A", "P", "H", "F")),
        ("sagittal from left to right", ("P", "A", "H", "F")),
        ("coronal", ("R", "L", "H", "F")),
    ],
)
def test_the_edges_say_which_way_the_patient_lies(grid: str, letters: tuple[str, ...]) -> None:
    study = scored_study(grid)
    assert key_slice(study.series.early, study.regions).letters == letters


def test_the_close_up_keeps_picture_and_contour_together() -> None:
    study = scored_study()
    whole = key_slice(study.series.early, study.regions)
    near = close_up(whole, study.regions)
    assert near.picture.width < whole.picture.width
    (_, pieces), (_, original) = near.outlines[0], whole.outlines[0]
    shift = {(a[0] - b[0], a[1] - b[1]) for a, b in zip(original, pieces, strict=True)}
    ((dx, dy),) = shift
    for x, y in ((5, 5), (12, 9)):
        assert near.picture.getpixel((x, y)) == whole.picture.getpixel((x + dx, y + dy))


def test_a_lesion_at_the_very_edge_has_a_close_up_within_the_picture() -> None:
    study = scored_study()
    mask = study.regions.index_lesion.mask * 0
    mask[0:3, 0:3, 5] = 1
    lesion = replace(study.regions.index_lesion, mask=mask)
    regions = replace(study.regions, lesions=(lesion,))
    near = close_up(key_slice(study.series.early, regions), regions)
    assert near.outlines[0][1][0][:2] == (0, 0)


def test_an_outline_encloses_exactly_the_mask() -> None:
    rng = np.random.default_rng(3)
    mask = rng.random((9, 14)) > 0.5
    length = sum(abs(x1 - x0) + abs(y1 - y0) for x0, y0, x1, y1 in outline(mask))
    padded = np.pad(mask, 1)
    borders = np.count_nonzero(padded[1:] != padded[:-1]) + np.count_nonzero(padded[:, 1:] != padded[:, :-1])
    assert length == borders


def test_the_same_result_gives_the_same_bytes() -> None:
    study = scored_study()
    header = inherited(study.source.early.headers[0])
    one, two = (summary_page(study.result, study.series, study.regions, header) for _ in range(2))
    assert one == two
