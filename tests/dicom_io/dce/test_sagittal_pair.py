"""Both breasts imaged as a sagittal pair: two dynamic series of one study, told apart by where they lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from mr_headers import SAGITTAL, clock, mr_header, one_series
from pydicom import Dataset

from tilscope.dicom_io.dce.assembly import inspect
from tilscope.dicom_io.dce.laterality import contradicting_tag
from tilscope.models.imaging.series import Laterality

STARTS = (0, 200, 320, 440, 560)
#: x of the first slice of each slab, and how many slices it has, 2 mm apart.
RIGHT, LEFT = (-100.0, 24), (52.0, 26)


def slab(series: str, x: float, slices: int, starts: Sequence[float] = STARTS) -> list[Dataset]:
    return [
        mr_header(
            series if "{}" not in series else series.format(phase), phase, k,
            ImageOrientationPatient=list(SAGITTAL), ImagePositionPatient=[x + 2.0 * k, -140, 150],
            AcquisitionTime=clock(start), SOPInstanceUID=f"2.25.{int(abs(x))}{phase:02d}{k:03d}",
        )
        for phase, start in enumerate(starts)
        for k in range(slices)
    ]  # fmt: skip


def in_one_series() -> list[Dataset]:
    return slab("sag", *RIGHT) + slab("sag", *LEFT)


def in_two_series() -> list[Dataset]:
    return slab("sag right", *RIGHT) + slab("sag left", *LEFT)


def in_a_series_per_phase_and_breast() -> list[Dataset]:
    return slab("right {}", *RIGHT) + slab("left {}", *LEFT)


@pytest.mark.parametrize("study", [in_one_series, in_two_series, in_a_series_per_phase_and_breast])
def test_each_breast_is_a_dynamic_series_of_its_own(study: Callable[[], list[Dataset]]) -> None:
    right, left = inspect(study()).require_sources()
    assert (right.laterality, left.laterality) == (Laterality.RIGHT, Laterality.LEFT)
    assert [len(phase.headers) for phase in right.phases] == [24] * 5
    assert [len(phase.headers) for phase in left.phases] == [26] * 5
    assert not set(right.instance_uids) & set(left.instance_uids)


def test_a_reader_is_told_which_phases_are_which_breast() -> None:
    (finding,) = inspect(in_one_series()).findings
    assert finding.used_as == "right breast, phases 1, 2, 3, 4, 5; left breast, phases 1, 2, 3, 4, 5"
    assert "5 volumes of 24 slices" in finding.reason
    assert "5 volumes of 26 slices" in finding.reason


def test_a_slice_missing_in_one_breast_refuses_the_study_and_names_the_slice() -> None:
    headers = in_one_series()
    headers.pop(30)
    refusal = inspect(headers).refusal
    assert refusal is not None
    assert refusal.code == "positions-differ"
    assert "phase 2 lacks 1 of 24 positions (at 88.0 mm)" in str(refusal)


def test_the_other_breast_with_too_few_phases_is_no_pair() -> None:
    """A look at the other breast before and after contrast is common; it does not keep the dynamic one from its answer."""
    (source,) = inspect(slab("sag", *LEFT) + slab("other", *RIGHT, starts=(0, 700))).require_sources()
    assert source.laterality is Laterality.LEFT


def test_two_dynamic_series_of_the_same_breast_stay_ambiguous() -> None:
    refusal = inspect(slab("one", 52.0, 26) + slab("two", 140.0, 26)).refusal
    assert refusal is not None
    assert refusal.code == "ambiguous-dynamic-series"


def test_a_gap_beside_the_midline_is_a_missing_part_and_no_pair() -> None:
    refusal = inspect(slab("sag", 50.0, 12) + slab("sag", 100.0, 14)).refusal
    assert refusal is not None
    assert refusal.code == "two-slabs"
    assert "28 mm apart" in str(refusal)


def test_a_gap_in_axial_slices_is_a_missing_part_and_no_pair() -> None:
    headers = [h for h in one_series(slices=30) if not 10 <= h.ImagePositionPatient[2] / 2 < 20]
    refusal = inspect(headers).refusal
    assert refusal is not None
    assert refusal.code == "two-slabs"


@pytest.mark.parametrize(
    ("tags", "shown", "told"),
    [
        ({"ImageLaterality": "R"}, Laterality.LEFT, "ImageLaterality"),
        ({"Laterality": "L"}, Laterality.RIGHT, "Laterality"),
        ({"Laterality": "L"}, Laterality.LEFT, ""),
        ({"ImageLaterality": "B"}, Laterality.LEFT, ""),
        ({"ImageLaterality": "R"}, Laterality.BOTH, ""),
        ({}, Laterality.LEFT, ""),
    ],
)
def test_a_tag_that_names_the_other_breast_is_noticed(tags: dict[str, str], shown: Laterality, told: str) -> None:
    headers = [mr_header("sag", 0, k, **tags) for k in range(4)]
    assert contradicting_tag(headers, shown) == told
