"""Phases that the images promise are waited for, for a while; a promise alone refuses nothing."""

from __future__ import annotations

import pytest
from arriving_study import Arriving
from mr_headers import clock as at
from mr_headers import mr_header, one_series, series_per_phase
from pydicom import Dataset

from tilscope.dicom_io.dce.assembly import inspect
from tilscope.models.settings import PipelineSettings
from tilscope.service.intake.readiness import NotYet, Readiness, Ready, examine

SLICES = 12
STARTS = (0, 200, 320, 440, 560)
SETTINGS = PipelineSettings()


def ready(headers: list[Dataset]) -> Readiness:
    return examine(Arriving(headers), "1", SETTINGS)


def promising(starts: tuple[float, ...] = STARTS, **tags: object) -> list[Dataset]:
    return one_series(starts, SLICES, NumberOfTemporalPositions=5, **tags)


def test_four_phases_of_five_promised_are_not_yet_a_study() -> None:
    found = ready(promising()[: 4 * SLICES])
    assert isinstance(found, NotYet)
    assert found.code == "phases-missing"
    assert found.reason == "4 of 5 phases that the images of series 1 (dynamic) promise have arrived."
    assert isinstance(ready(promising()), Ready)


def test_what_waited_in_vain_is_scored_under_the_name_of_its_own_input() -> None:
    arrived = promising()[: 4 * SLICES]
    assert inspect(arrived).refusal is None, "a promise is no reason to refuse"
    silent = one_series(STARTS, SLICES)[: 4 * SLICES]
    assert ready(arrived).input_hash == ready(silent).input_hash
    assert ready(arrived).input_hash != ready(promising()).input_hash


def test_a_gap_in_the_temporal_positions_is_a_phase_that_has_not_come() -> None:
    headers = one_series(STARTS, SLICES)
    found = ready(headers[: 2 * SLICES] + headers[3 * SLICES :])
    assert isinstance(found, NotYet)
    assert "4 of 5 phases" in found.reason


@pytest.mark.parametrize("told", [0, 3, 1])
def test_a_scanner_that_promises_less_than_it_sends_is_not_believed(told: int) -> None:
    assert isinstance(ready(one_series(STARTS, SLICES, NumberOfTemporalPositions=told)), Ready)


def test_a_promise_of_a_few_images_is_a_slip() -> None:
    headers = one_series(STARTS, SLICES)
    for header in headers[:5]:
        header.NumberOfTemporalPositions = 9
    assert isinstance(ready(headers), Ready)


def test_phases_that_are_a_series_each_keep_their_promise_together() -> None:
    headers = series_per_phase(STARTS, SLICES, NumberOfTemporalPositions=5)
    assert isinstance(ready(headers), Ready)
    found = ready(headers[: 4 * SLICES])
    assert isinstance(found, NotYet)
    assert found.code == "phases-missing"


def test_a_mask_does_not_stand_for_a_missing_phase_of_the_series_after_it() -> None:
    mask = [mr_header("mask", 0, k, SeriesNumber=0, AcquisitionTime=at(0)) for k in range(SLICES)]
    posts = one_series(STARTS[1:], SLICES, NumberOfTemporalPositions=4)
    assert isinstance(ready(mask + posts), Ready)
    found = ready(mask + posts[: 3 * SLICES])
    assert isinstance(found, NotYet)
    assert "3 of 4 phases" in found.reason


@pytest.mark.parametrize("nonsense", ["x", -3, 2.5])
def test_a_broken_promise_is_none(nonsense: object) -> None:
    headers = one_series(STARTS, SLICES)
    for header in headers:
        header.add_new("NumberOfTemporalPositions", "LO", str(nonsense))
    assert isinstance(ready(headers), Ready)
