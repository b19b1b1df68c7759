"""What single layouts are about: the trap that each of them sets, as the real series sets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pydicom
import pytest

Writer = Callable[[str], Any]


def test_old_ge_exams_tick_within_a_phase_and_lie_about_strength_and_location(written: Writer) -> None:
    for layout, numbers in (("nact-content-time", [1, 2, 2, 2]), ("nact-acquisition-from-zero", [0, 2, 2, 2])):
        study = written(layout)
        phases = study.phases[0]
        assert {h.ContentTime for h in phases[0]} == {"101630", "101631"}
        assert [{int(h.AcquisitionNumber) for h in p} for p in phases] == [{n} for n in numbers]
        first = phases[0][0]
        assert (first.MagneticFieldStrength, first.ContrastBolusAgent) == (15000, "NONE")
        assert first.SliceLocation == -first.ImagePositionPatient[0]
        assert "AcquisitionTime" not in first


def test_half_of_the_first_phase_lacks_its_temporal_position(written: Writer) -> None:
    study = written("ispy2-ge-half-temporal-position")
    phases = study.phases[0]
    assert [sum("TemporalPositionIdentifier" in h for h in p) for p in phases] == [6, 12, 12, 12]


def test_the_volser_counts_from_zero_and_its_clocks_stand_still(written: Writer) -> None:
    study = written("ispy2-volser-frozen")
    phases = study.phases[0]
    assert [{int(h.TemporalPositionIdentifier) for h in p} for p in phases] == [{0}, {1}, {2}, {3}]
    everything = [h for p in phases for h in p]
    assert not any("AcquisitionNumber" in h for h in everything)
    assert len({(h.AcquisitionTime, h.ContentTime, h.SeriesTime) for h in everything}) == 1


def test_descriptions_of_the_mislabelled_study_are_one_phase_late(written: Writer) -> None:
    labels = [one["description"] for one in written("duke-mislabelled").truth["series"]]
    assert labels == ["ax dyn pre", "ax dyn pre", "ax dyn 1st pas", "ax dyn 2nd pass"]


@pytest.mark.parametrize(
    ("layout", "kind"), [("ambl-mask-multiphase", "registered"), ("siemens-moco", "motion-corrected")]
)
def test_a_copy_covers_every_phase_and_is_not_in_the_truth(layout: str, kind: str, written: Writer) -> None:
    study = written(layout)
    copies = [one for one in study.truth["series"] if one["kind"] == kind]
    assert sum(one["instances"] for one in copies) == 48
    uids = {one["series_instance_uid"] for one in copies}
    used = {uid for p in study.truth["phases"] for uid in p["series_instance_uids"]}
    assert uids.isdisjoint(used)


def test_magnitude_phase_and_real_part_share_every_position_and_all_but_the_image_type(written: Writer) -> None:
    study = written("philips-magnitude-phase-real")
    headers = [pydicom.dcmread(f) for f in study.files]
    assert len({h.SeriesInstanceUID for h in headers}) == 1
    assert sorted(int(h.InstanceNumber) for h in headers) == list(range(1, 3 * 48 + 1))
    at = {(h.ImagePositionPatient[2], h.TemporalPositionIdentifier) for h in headers}
    by_type = {t: [h for h in headers if h.ImageType[2] == t] for t in ("M_FFE", "PHASE MAP", "R_FFE")}
    for images in by_type.values():
        assert {(h.ImagePositionPatient[2], h.TemporalPositionIdentifier) for h in images} == at
        assert len(images) == 48
    magnitude = {h.SOPInstanceUID for h in by_type["M_FFE"]}
    assert {h.SOPInstanceUID for p in study.phases[0] for h in p} == magnitude


def test_the_series_stored_twice_differs_in_identifiers_and_number_only(written: Writer) -> None:
    study = written("duke-series-stored-twice")
    series = {one["number"]: one for one in study.truth["series"]}
    assert series[702]["kind"] == "duplicate"
    headers = [pydicom.dcmread(f) for f in study.files]
    one, two = ([h for h in headers if int(h.SeriesNumber) == n] for n in (602, 702))
    for first, second in zip(one, two, strict=True):
        differing = {e.keyword for e in first if e != second.get(e.tag)}
        assert differing == {"SOPInstanceUID", "SeriesInstanceUID", "SeriesNumber"}
    used = {uid for p in study.truth["phases"] for uid in p["series_instance_uids"]}
    assert series[702]["series_instance_uid"] not in used


@pytest.mark.parametrize("layout", ["philips-swapped-instance-numbers", "siemens-xa-out-of-order"])
def test_instance_numbers_tell_neither_slice_nor_phase(layout: str, written: Writer) -> None:
    study = written(layout)
    phases = study.phases[0]
    numbers = [int(h.InstanceNumber) for p in phases for h in p]
    assert sorted(numbers) == list(range(1, 49))
    assert np.abs(np.corrcoef(numbers, range(48))[0, 1]) < 0.4


def test_the_last_dynamic_lacks_a_third(written: Writer) -> None:
    assert [len(p["files"]) for p in written("philips-cut-short").truth["phases"]] == [12, 12, 12, 8]


def test_without_the_scale_slope_enhancement_would_be_wrong(written: Writer) -> None:
    study = written("philips-scale-slope")
    images = [phase[5] for phase in study.phases[0]]
    assert len({float(i.RescaleSlope) for i in images}) == 4
    assert {round(i[0x2005, 0x100E].value, 4) for i in images} == {1.6}
    removed = written("philips-scale-slope-removed")
    images = [phase[5] for phase in removed.phases[0]]
    assert len({float(i.RescaleSlope) for i in images}) == 4
    assert not any((0x2005, 0x100E) in i for i in images)


def test_the_trigger_time_is_missing_on_the_first_instance_only(written: Writer) -> None:
    study = written("qiba-trigger-time")
    phases = study.phases[0]
    missing = [int(h.InstanceNumber) for p in phases for h in p if "TriggerTime" not in h]
    assert missing == [1]
    assert [int(p[-1].TriggerTime) for p in phases] == [0, 210_000, 390_000, 570_000]


def test_the_second_pre_volume_is_as_dark_as_the_first(written: Writer) -> None:
    for layout, recorded in (("tcga-two-pre-recorded", True), ("tcga-two-pre-by-brightness", False)):
        study = written(layout)
        assert [p["role"] for p in study.truth["phases"]][:2] == ["", "pre"]
        images = study.phases[0][:3]
        one, two, post = (np.mean([i.pixel_array.mean() for i in phase]) for phase in images)
        assert two == pytest.approx(one, rel=0.01)
        assert post > 1.1 * two
        assert ("ContrastBolusStartTime" in images[0][0]) is recorded


def test_midnight_passes_in_the_times_but_not_in_the_frozen_dates(written: Writer) -> None:
    for layout, days in (("across-midnight", 2), ("across-midnight-frozen-date", 1)):
        study = written(layout)
        phases = study.phases[0]
        assert [p[0].AcquisitionTime for p in phases] == ["235530", "235900", "000200", "000500"]
        assert len({h.AcquisitionDate for p in phases for h in p}) == days


def test_universal_time_and_local_injection_differ_by_the_zone(written: Writer) -> None:
    study = written("acquisition-datetime-zone")
    phases = study.phases[0]
    assert phases[1][0].AcquisitionDateTime == "20240312092020+0000"
    assert phases[1][0].ContrastBolusStartTime == "102000"
    assert phases[1][0].TimezoneOffsetFromUTC == "+0100"
    assert study.truth["phases"][1]["time_s"] == 20 + 90


def test_duplicates_have_other_uids_and_everything_else_the_same(written: Writer) -> None:
    study = written("duplicate-instances")
    headers = [pydicom.dcmread(f) for f in study.files]
    assert len(headers) == 48 + 3
    assert len({h.SOPInstanceUID for h in headers}) == 51
    assert len({(*h.ImagePositionPatient, h.AcquisitionTime, h.PixelData) for h in headers}) == 48


@pytest.mark.parametrize("layout", ["sagittal-pair", "sagittal-pair-gap-only", "sagittal-pair-series-per-phase"])
def test_a_pair_is_two_slabs_with_a_gap_and_an_answer_each(layout: str, written: Writer) -> None:
    study = written(layout)
    right, left = study.truth["dynamic_series"]
    assert (right["laterality"], left["laterality"], study.truth["laterality"]) == ("R", "L", "B")
    assert "phases" not in study.truth, "a reader of one series must not take a half for the whole"
    x = [sorted(float(h.ImagePositionPatient[0]) for h in d[0]) for d in study.phases]
    assert (len(x[0]), len(x[1])) == (10, 12)
    step = x[1][1] - x[1][0]
    assert x[0][-1] < 0 < x[1][0]
    assert x[1][0] - x[0][-1] > 2 * step
    assert (right["lesion"], right["expected"]["refusal"]) == (None, "no-lesion")
    assert left["lesion"]["side"] == "L"
    series = {one["series_instance_uid"] for one in study.truth["series"]}
    assert len(series) == (8 if layout.endswith("per-phase") else 1)
    stacks = {h.get("StackID") for d in study.phases for p in d for h in p}
    assert stacks == ({"1", "2"} if layout == "sagittal-pair" else {None})
