"""What was found, in sentences: the same in the report, on the pages and in the terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scored_study import scored_study

from tilscope.models.finding import Finding
from tilscope.models.readable_findings import findings_in_words
from tilscope.models.result import Measurement, Missing, SeriesResult


@pytest.fixture(scope="module")
def result() -> SeriesResult:
    """Two lesions in the left breast."""
    return scored_study().result


def test_lesions_of_two_breasts_are_counted_by_breast(result: SeriesResult) -> None:
    one, two = result.lesions
    whole, index = findings_in_words(replace(result, lesions=(one, replace(two, laterality="R"))))
    assert whole == "2 lesions: 1 in the left breast, 1 in the right breast."
    assert index.startswith("Lesion 1, left: longest diameter 24 mm")


def test_a_single_lesion_is_one_lesion(result: SeriesResult) -> None:
    assert findings_in_words(replace(result, lesions=result.lesions[:1]))[0] == "1 lesion in the left breast."


def test_a_size_that_could_not_be_measured_is_said_so(result: SeriesResult) -> None:
    lesion = result.lesions[0]
    gone = Measurement("ftv", "Functional tumour volume", None, "cm3", Missing.CALCULATION_FAILURE, "no late phase")
    rest = tuple(m for m in lesion.measurements if m.id != "ftv")
    _, said = findings_in_words(replace(result, lesions=(replace(lesion, measurements=(*rest, gone)),)))
    assert "functional tumour volume: calculation failure, washout curve" in said


def test_diffuse_enhancement_is_an_extent_with_its_confidence_and_no_mass(result: SeriesResult) -> None:
    lesion = replace(result.lesions[0], confidence=0.3)
    whole, extent = findings_in_words(replace(result, finding=Finding.DIFFUSE, lesions=(lesion,)))
    assert whole == "Diffuse or non-mass enhancement in the left breast; no mass was outlined."
    assert extent.startswith("Diffuse enhancement 1: longest diameter 24 mm, volume ")
    assert extent.endswith("confidence 0.30.")


def test_of_candidates_each_is_described_and_a_reader_must_decide(result: SeriesResult) -> None:
    whole, *each = findings_in_words(replace(result, finding=Finding.CANDIDATES))
    assert whole == "2 candidates in the left breast; a reader must decide."
    assert [one.partition(":")[0] for one in each] == ["Candidate 1", "Candidate 2"]
