"""Coded concepts: everything that is said has a code, and the published table is the one in use."""

from __future__ import annotations

import pytest
from conftest import ROOT
from scored_study import WU_FEATURES, lesion_measurements, scored_study

from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.codes.private_codes import SCHEME, private_codes, private_codes_page, radiomics_code
from tilscope.models.result import CalibrationState, Missing
from tilscope.models.signatures.registry import built_in_plugins


def test_private_codes_fit_the_value_representations_of_dicom() -> None:
    for concept in private_codes():
        assert 0 < len(concept.value) <= 16, concept  # SH
        assert 0 < len(concept.meaning) <= 64, concept  # LO
        assert "|" not in concept.meaning + concept.definition, "would break the published table"
    assert SCHEME.startswith("99")
    assert len(SCHEME) <= 16


def test_meanings_of_private_codes_differ() -> None:
    meanings = [concept.meaning for concept in private_codes()]
    assert len(set(meanings)) == len(meanings)


def test_no_code_and_no_measurement_stands_for_two_things() -> None:
    values = [concept.value for concept in private_codes()]
    assert len(set(values)) == len(values)
    of_signatures = [id for plugin in built_in_plugins() for id in plugin.codes.measurements]
    assert len(set(of_signatures)) == len(of_signatures)
    assert not set(of_signatures) & {m.id for m in (*lesion_measurements(1.0), *scored_study().result.breast)}


def test_published_table_is_up_to_date() -> None:
    page = ROOT / "docs" / "private-codes.md"
    assert page.read_text(encoding="utf-8") == private_codes_page(), (
        "run: python -m tilscope.dicom_io.objects.codes.private_codes > docs/private-codes.md"
    )


def test_every_feature_of_wu_and_every_lesion_measurement_has_a_concept_of_its_own() -> None:
    for measurements in (WU_FEATURES, lesion_measurements(1.0)):
        said = [concepts.measurement_concept(m.id) for m in measurements]
        assert len({(c.name.value, c.name.scheme_designator, c.derivation) for c in said}) == len(said)
        for measurement in measurements:
            assert concepts.unit_code(measurement.unit).value == measurement.unit


@pytest.mark.parametrize("missing", list(Missing))
def test_every_reason_for_a_missing_value_is_of_cid_42(missing: Missing) -> None:
    assert concepts.missing_code(missing).value in {"114006", "114007", "114008", "114009"}


@pytest.mark.parametrize("state", list(CalibrationState))
def test_every_calibration_state_has_a_code(state: CalibrationState) -> None:
    assert concepts.state_code(state).scheme_designator == SCHEME


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: concepts.measurement_concept("volumme"), "measurement 'volumme' has no coded concept: add a row"),
        (lambda: concepts.unit_code("furlong"), "unit 'furlong' has no coded concept"),
        (lambda: concepts.curve_code("wobbly"), "kinetic curve type 'wobbly'"),
        (lambda: concepts.signature_code("nobody1999"), "signature 'nobody1999'"),
        (lambda: concepts.category_codes("wu2018", "gigantic"), "category 'wu2018: gigantic'"),
    ],
)
def test_what_has_no_code_is_an_error_in_words(ask, sentence: str) -> None:
    with pytest.raises(concepts.UnknownConcept, match=sentence):
        ask()


def test_a_radiomics_feature_gets_the_same_code_every_time_and_another_feature_another() -> None:
    one = concepts.measurement_concept("radiomics:tumour/wavelet-LLL_firstorder_Skewness").name
    again = concepts.measurement_concept("radiomics:tumour/wavelet-LLL_firstorder_Skewness").name
    other = concepts.measurement_concept("radiomics:ring/wavelet-LLL_firstorder_Skewness").name
    assert one == again != other
    assert one.meaning == "tumour/wavelet-LLL_firstorder_Skewness"
    long = radiomics_code("ring/" + "wavelet-LLH_" * 8 + "glrlm_LongRunEmphasis")
    assert len(long.value) <= 16
    assert len(long.meaning) == 64


def test_estimates_are_called_estimates() -> None:
    # 111047 "Probability of cancer" and histological TIL terms would claim more than an image can show.
    til = [c for c in private_codes() if c.value.startswith("TIL")]
    assert til
    assert all(c.meaning.startswith("Estimated") for c in til)
