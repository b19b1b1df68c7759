"""How a study arrives must not matter; what has not arrived must be noticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from itertools import pairwise
from typing import Any

import pytest
from arriving_study import Arriving
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset
from small_layouts import LAYOUTS, SLICES

from tilscope.dicom_io.dce.assembly import Assembly, inspect
from tilscope.dicom_io.dce.series_findings import SeriesFinding
from tilscope.dicom_io.dce.slices import Slice
from tilscope.models.settings import PipelineSettings
from tilscope.service.intake.readiness import NotYet, Ready, examine

every_layout = pytest.mark.parametrize("layout", LAYOUTS)
SETTINGS = PipelineSettings()


def told(assembly: Assembly) -> tuple[list[Any], tuple[SeriesFinding, ...]]:
    """All that anybody is told of an assembly: phases with their images and times, and the reason for every series."""
    phases = [
        (source.laterality, source.time_zero, source.roles, [(p.time_s, p.instance_uids) for p in source.phases])
        for source in assembly.require_sources()
    ]
    return phases, assembly.findings


@every_layout
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_order_associations_and_duplicates_do_not_matter(layout: str, data: st.DataObject) -> None:
    headers = LAYOUTS[layout]()
    expected = told(inspect(headers))
    indexes = list(range(len(headers)))
    order = data.draw(st.permutations(indexes))
    cuts = sorted(data.draw(st.lists(st.sampled_from(indexes), max_size=4)))
    associations = [order[a:b] for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    # A sender that lost an association sends it again, from the start or from anywhere.
    again = [order[n] for n in data.draw(st.lists(st.sampled_from(indexes), max_size=20))]
    arrived = [headers[n] for association in data.draw(st.permutations(associations)) for n in association]
    arrived += [deepcopy(headers[n]) for n in again]
    found = inspect(arrived)
    if again:  # an archive that lists an instance twice counts it twice
        assert told(found)[0] == expected[0]
    else:
        assert told(found) == expected


def prefixes(headers: list[Dataset]) -> Iterator[list[Dataset]]:
    return (headers[:n] for n in range(1, len(headers) + 1))


def is_whole(headers: list[Dataset]) -> bool:
    """As many images at every position, and no position skipped: a complete study in itself, for all headers can tell."""
    slices = [Slice(h) for h in headers]
    counts = Counter(round(s.depth, 2) for s in slices)
    places = sorted(counts)
    gaps = {round(b - a, 2) for a, b in pairwise(places)}
    return len(set(counts.values())) == 1 and len(gaps - {max(gaps)} if len(gaps) > 1 else gaps) == 1


@every_layout
def test_a_study_that_arrives_phase_by_phase_is_ready_only_between_phases(layout: str) -> None:
    headers = LAYOUTS[layout]()
    a_phase = 2 * SLICES if layout == "sagittal pair" else SLICES
    complete = examine(Arriving(headers), "1", SETTINGS)
    for arrived in prefixes(headers):
        found = examine(Arriving(arrived), "1", SETTINGS)
        if len(arrived) == len(headers):
            assert isinstance(found, Ready)
        elif isinstance(found, Ready):
            # What comes later is then a new input with a new result: never the complete study's hash.
            assert len(arrived) % a_phase == 0, f"ready after {len(arrived)} of {len(headers)}"
            assert found.input_hash != complete.input_hash
        else:
            assert isinstance(found, NotYet)
            assert found.reason


@every_layout
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_in_any_order_nothing_is_ready_that_headers_show_to_be_incomplete(layout: str, data: st.DataObject) -> None:
    headers = LAYOUTS[layout]()
    missing = data.draw(st.integers(1, 2 * SLICES))
    order = data.draw(st.permutations(headers))
    found = examine(Arriving(order[missing:]), "1", SETTINGS)
    if isinstance(found, Ready):
        assert is_whole(order[missing:])
        assert found.input_hash != examine(Arriving(headers), "1", SETTINGS).input_hash


@every_layout
def test_every_single_missing_image_is_named_by_its_phase_and_position(layout: str) -> None:
    headers = LAYOUTS[layout]()
    phase_of = {
        uid: number
        for source in inspect(headers).require_sources()
        for number, phase in enumerate(source.phases, start=1)
        for uid in phase.instance_uids
    }
    for gone, header in enumerate(headers):
        refusal = inspect(headers[:gone] + headers[gone + 1 :]).refusal
        assert refusal is not None, f"image {gone} is not missed"
        assert refusal.code == "positions-differ"
        assert refusal.facts["phase"] == phase_of[str(header.SOPInstanceUID)]
        assert refusal.facts["where"] == f"at {Slice(header).depth:.1f} mm"


def test_an_image_without_its_time_does_not_hide_the_breast_that_it_shows() -> None:
    # Nothing but the time tells these phases apart: without it one breast cannot be cut into volumes.
    headers = LAYOUTS["sagittal pair"]()
    for damaged in (10, 110):
        del (changed := deepcopy(headers))[damaged].AcquisitionTime
        refusal = inspect(changed).refusal
        assert refusal is not None
        assert refusal.code == "duplicate-position"
