"""What is found in a study's headers, and what is said where nothing is found."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mr_headers import SAGITTAL, clock, mr_header, one_series, series_per_phase, uid
from pydicom import Dataset
from pydicom.uid import CTImageStorage

from tilscope.dicom_io.dce.assembly import assemble, inspect
from tilscope.dicom_io.dce.source import DceSource
from tilscope.models.imaging.series import Laterality, PhaseRoles
from tilscope.models.refusals import Refused

#: Middle of each phase of the default starts: phases take 120 s, the injection is the start of the second.
EXPECTED_TIMES = [-140, 60, 180, 300, 420]


def source_of(headers: list[Dataset]) -> DceSource:
    (source,) = assemble(headers)
    return source


def times_of(source: DceSource) -> list[float]:
    return [phase.time_s for phase in source.phases]


def content_time_only() -> list[Dataset]:
    """As the ACRIN trials' GE scanners write: both post phases share AcquisitionNumber 2, only ContentTime differs."""
    headers = one_series((0, 400, 754), TemporalPositionIdentifier=None, AcquisitionTime=None)
    for number, header in enumerate(headers):
        phase = number // 20
        header.ContentTime = clock((0, 400, 754)[phase] + number % 2)  # a second's difference within a phase
        header.AcquisitionNumber = (1, 2, 2)[phase]
    return headers


@pytest.mark.parametrize("study", [one_series, series_per_phase])
def test_phases_are_found_and_put_in_time_order(study) -> None:
    headers = study()
    random.Random(7).shuffle(headers)
    source = source_of(headers)
    assert times_of(source) == EXPECTED_TIMES
    assert source.roles == PhaseRoles(pre=0, early=2, late=4)
    assert all(len(phase.headers) == 20 for phase in source.phases)
    assert [h.ImagePositionPatient[2] for h in source.early.headers] == [2.0 * k for k in range(20)]


def test_a_series_where_only_the_content_time_tells_the_phases_apart() -> None:
    assembly = inspect(content_time_only())
    assert times_of(*assembly.require_sources()) == [-223, 177, 531]
    (finding,) = assembly.findings
    assert finding.used_as == "phases 1, 2, 3"
    assert finding.reason == "3 volumes of 20 slices, told apart by ContentTime"


def test_temporal_positions_that_contradict_the_clock_do_not_decide_the_order() -> None:
    headers = one_series()
    for header in headers:
        header.TemporalPositionIdentifier = 6 - header.TemporalPositionIdentifier
    assert times_of(source_of(headers)) == EXPECTED_TIMES
    assert source_of(headers).phases[0].headers[0].TemporalPositionIdentifier == 5


def test_a_temporal_position_missing_on_half_a_phase_is_passed_over() -> None:
    headers = one_series()
    for header in headers[:10]:
        del header.TemporalPositionIdentifier
    assembly = inspect(headers)
    assert times_of(*assembly.require_sources()) == EXPECTED_TIMES
    assert "told apart by AcquisitionTime" in assembly.findings[0].reason


def test_the_recorded_injection_is_time_zero() -> None:
    source = source_of(one_series(ContrastBolusStartTime=clock(170)))
    assert source.time_zero == "ContrastBolusStartTime"
    assert times_of(source) == [t + 30 for t in EXPECTED_TIMES]


def test_phases_on_both_sides_of_midnight() -> None:
    headers = one_series((0, 200, 320, 440, 560))
    for header in headers:
        seconds = (0, 200, 320, 440, 560)[header.TemporalPositionIdentifier - 1] + 23 * 3600 + 57 * 60
        header.AcquisitionDate = "20240312" if seconds < 86400 else "20240313"
        header.AcquisitionTime = clock(seconds % 86400 - 36000)
    assert times_of(source_of(headers)) == EXPECTED_TIMES


def test_slices_are_sorted_by_position_whatever_the_instance_numbers_say() -> None:
    headers = one_series(ImageOrientationPatient=list(SAGITTAL))
    for number, header in enumerate(headers):
        header.ImagePositionPatient = [40 + 2.0 * (number % 20), -100, 80]
        header.InstanceNumber = 1000 - number
        header.SliceLocation = -header.ImagePositionPatient[0]
    source = source_of(headers)
    # The normal of these sagittal slices points to the patient's right, so the last position comes first.
    assert [h.ImagePositionPatient[0] for h in source.early.headers] == [78 - 2.0 * k for k in range(20)]
    assert source.laterality is Laterality.LEFT


@pytest.mark.parametrize(("x", "side"), [(60, Laterality.LEFT), (-120, Laterality.RIGHT)])
def test_the_side_of_one_sagittal_breast_comes_from_its_position(x: float, side: Laterality) -> None:
    headers = one_series(ImageOrientationPatient=list(SAGITTAL), Laterality="R" if x > 0 else "L")
    for number, header in enumerate(headers):
        header.ImagePositionPatient = [x + 2.0 * (number % 20), -100, 80]
    assert source_of(headers).laterality is side


def test_axial_slices_across_the_midline_show_both_breasts() -> None:
    assert source_of(one_series()).laterality is Laterality.BOTH


REJECTED = {
    "an enhancement map": {"ImageType": ["DERIVED", "PRIMARY", "DCE", "SER"]},
    "ImageType SUBTRACTION": {"ImageType": ["DERIVED", "SECONDARY", "SUBTRACTION"]},
    "a localizer": {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]},
    "TE 90 ms": {"EchoTime": 90.0},
    "diffusion-weighted": {"DiffusionBValue": 800.0},
    "by its description": {"SeriesDescription": "dyn SUB 2-1"},
    "ImageType R_FFE": {"ImageType": ["ORIGINAL", "PRIMARY", "R_FFE", "R", "FFE"]},
    "ImageType P": {"ImageType": ["ORIGINAL", "PRIMARY", "P", "ND"]},
    "ComplexImageComponent PHASE": {"ComplexImageComponent": "PHASE"},
    "written by TILscope": {"Manufacturer": "TILscope"},
}


@pytest.mark.parametrize(("reason", "tags"), REJECTED.items())
def test_other_series_of_the_study_are_rejected_by_reason(reason: str, tags: dict[str, object]) -> None:
    extra = [mr_header("extra", 0, k, SeriesNumber=99, AcquisitionTime=clock(900), **tags) for k in range(20)]
    assembly = inspect(one_series() + extra)
    assert times_of(*assembly.require_sources()) == EXPECTED_TIMES
    (finding,) = [f for f in assembly.findings if f.number == "99"]
    assert finding.used_as == ""
    assert reason in finding.reason


@pytest.mark.parametrize("number", [3, 99])
def test_a_registered_copy_is_not_counted_twice(number: int) -> None:
    # The copy is told by its moments; which of the two is the original, by name and ImageType.
    copy = [
        mr_header("dynamic registered", p, k, SeriesNumber=number, AcquisitionTime=clock(t), AcquisitionNumber=p + 1)
        for p, t in enumerate((0, 200, 320, 440, 560))
        for k in range(20)
    ]
    assembly = inspect(copy + one_series(SeriesNumber=50))
    assert times_of(*assembly.require_sources()) == EXPECTED_TIMES
    used = {f.number: (f.used_as, f.reason) for f in assembly.findings}
    assert used["50"][0] == "phases 1, 2, 3, 4, 5"
    assert used[str(number)] == ("", "a copy of series 50, acquired at the same moments")


def test_a_cropped_copy_on_another_grid_does_not_make_the_study_ambiguous() -> None:
    crop = one_series(
        SeriesNumber=1000, SeriesDescription="cropped", ImageType=["DERIVED", "PRIMARY", "OTHER"], Rows=128
    )
    for header in crop:
        header.SeriesInstanceUID = "1.2.3"
        header.SOPInstanceUID = uid("again", header.SOPInstanceUID)
    assembly = inspect(crop + one_series(SeriesNumber=4))
    assert times_of(*assembly.require_sources()) == EXPECTED_TIMES
    assert [(f.number, bool(f.used_as)) for f in assembly.findings] == [("4", True), ("1000", False)]


def test_two_equal_dynamic_series_are_refused_by_name() -> None:
    other = one_series(SeriesNumber=7, Rows=128)
    for header in other:
        header.SeriesInstanceUID = "1.2.3"
        header.SOPInstanceUID = uid("again", header.SOPInstanceUID)
    refusal = refusal_of(one_series(SeriesNumber=4) + other)
    assert refusal.code == "ambiguous-dynamic-series"
    assert "series 4" in str(refusal)
    assert "series 7" in str(refusal)


def test_of_many_series_a_refusal_names_the_first_few() -> None:
    headers: list[Dataset] = []
    for number in range(7):
        copies = one_series((0, 100, 200), 5, SeriesNumber=number, Rows=64 + number, SeriesDescription="x" * 3000)
        for header in copies:
            header.SeriesInstanceUID = f"1.2.{number}"
            header.SOPInstanceUID = uid("copy", str(number), header.SOPInstanceUID)
        headers += copies
    refusal = refusal_of(headers)
    assert refusal.code == "ambiguous-dynamic-series"
    assert "series 3" in str(refusal)
    assert str(refusal).endswith("; and 3 more.")
    assert len(str(refusal)) < 600


def test_a_mask_series_before_a_multiphase_series() -> None:
    mask = [mr_header("mask", 0, k, SeriesNumber=3, AcquisitionTime=clock(0)) for k in range(20)]
    posts = one_series((200, 320, 440, 560), SeriesNumber=4)
    assembly = inspect(posts + mask)
    assert times_of(*assembly.require_sources()) == EXPECTED_TIMES
    assert [(f.number, f.used_as) for f in assembly.findings] == [("3", "phase 1"), ("4", "phases 2, 3, 4, 5")]


def test_a_phase_whose_series_was_stored_twice_counts_once() -> None:
    again = [h for h in series_per_phase() if h.SeriesDescription == "dyn 2"]
    for header in again:
        header.SeriesInstanceUID, header.SeriesNumber = "1.2.3", 30
        header.SOPInstanceUID = uid("again", header.SOPInstanceUID)
    assembly = inspect(again + series_per_phase())
    assert times_of(*assembly.require_sources()) == EXPECTED_TIMES
    assert assembly.require_sources()[0].instance_uids == assemble(series_per_phase())[0].instance_uids
    assert assembly.findings[-1].reason == "a copy of series 5, acquired at the same moments"


def test_a_stored_copy_whose_only_times_are_content_times_is_refused_in_words() -> None:
    def study() -> list[Dataset]:
        headers = series_per_phase(AcquisitionTime=None)
        for number, header in enumerate(headers):
            header.ContentTime = clock((0, 200, 320, 440, 560)[number // 20])
        return headers

    again = [h for h in study() if h.SeriesDescription == "dyn 2"]
    for header in again:
        header.SeriesInstanceUID = "1.2.3"
        header.SOPInstanceUID = uid("again", header.SOPInstanceUID)
    assert times_of(source_of(study())) == EXPECTED_TIMES
    refusal = refusal_of(study() + again)
    assert refusal.code == "timing-unusable"
    assert "ContentTime does not tell the phases apart" in str(refusal)


@pytest.mark.parametrize("order", ["image by image", "volume by volume"])
def test_of_interleaved_magnitude_and_phase_images_only_the_magnitude_is_a_phase(order: str) -> None:
    magnitude = one_series(ImageType=["ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"])
    beside = one_series(ImageType=["ORIGINAL", "PRIMARY", "PHASE MAP", "P", "FFE"])
    for header in beside:
        header.SOPInstanceUID = uid("beside", header.SOPInstanceUID)
    pairs = zip(beside, magnitude, strict=True)
    mixed = [h for pair in pairs for h in pair] if order == "image by image" else beside + magnitude
    assembly = inspect(mixed)
    assert times_of(*assembly.require_sources()) == EXPECTED_TIMES
    assert assembly.require_sources()[0].instance_uids == source_of(magnitude).instance_uids
    assert assembly.findings[0].reason.endswith("100 images left out: not a magnitude image (ImageType PHASE MAP)")


def test_a_refused_series_is_not_told_as_used() -> None:
    headers = one_series()
    del headers[27]
    (finding,) = inspect(headers).findings
    assert (finding.used_as, finding.refused_as) == ("", "phases 1, 2, 3, 4, 5")


def refusal_of(headers: list[Dataset]) -> Refused:
    refusal = inspect(headers).refusal
    assert refusal is not None
    return refusal


def test_a_ct_is_refused_as_such() -> None:
    headers = [mr_header("ct", 0, k, SOPClassUID=CTImageStorage, Modality="CT") for k in range(20)]
    assert str(refusal_of(headers)) == "This is no MR study: it holds CT only."


def test_two_phases_are_too_few() -> None:
    assert refusal_of(one_series((0, 200))).code == "too-few-phases"


def test_a_single_volume_is_no_dynamic_series() -> None:
    assert refusal_of(one_series((0,))).code == "no-dynamic-series"


@pytest.mark.parametrize("study", [one_series, series_per_phase, content_time_only])
def test_a_missing_slice_is_named_with_its_phase(study) -> None:
    headers = [h for h in study() if h is not None]
    lost = headers.pop(27)  # phase 2, slice 8
    refusal = refusal_of(headers)
    assert refusal.code == "positions-differ"
    assert "phase 2 lacks 1 of 20 positions" in str(refusal)
    assert f"at {lost.ImagePositionPatient[2]:.1f} mm" in str(refusal)


def test_a_slice_missing_in_every_phase_shows_as_uneven_spacing() -> None:
    headers = [h for h in one_series() if h.ImagePositionPatient[2] != 14]
    refusal = refusal_of(headers)
    assert refusal.code == "irregular-spacing"
    assert "2.00 to 4.00 mm" in str(refusal)


def test_times_that_do_not_tell_the_phases_apart_are_refused() -> None:
    refusal = refusal_of(one_series((0, 0, 0, 0, 0)))
    assert refusal.code == "timing-unusable"
    assert "AcquisitionTime does not tell the phases apart" in str(refusal)


def test_phases_that_end_before_the_late_window_are_refused_with_their_time() -> None:
    refusal = refusal_of(one_series((0, 100, 160, 220)))
    assert refusal.code == "late-phase-missing"
    assert "150 s" in str(refusal)


def test_an_image_without_its_place_leaves_a_hole_that_is_noticed() -> None:
    headers = one_series()
    del headers[3].PixelSpacing
    refusal = refusal_of(headers)
    assert refusal.code == "positions-differ"
    assert "phase 1 lacks 1 of 20 positions" in str(refusal)


def test_a_broken_image_in_another_series_does_no_harm() -> None:
    stray = mr_header("stray", 0, 0, SeriesNumber=9, PixelSpacing=None)
    assembly = inspect([*one_series(), stray])
    assert times_of(*assembly.require_sources()) == EXPECTED_TIMES
    assert assembly.findings[-1].reason == "its images do not say where in the patient they lie"


def test_a_phase_that_lies_beside_the_others_is_refused() -> None:
    headers = series_per_phase()
    for header in headers[40:60]:
        header.ImagePositionPatient = [-130, -120, header.ImagePositionPatient[2]]
    refusal = refusal_of(headers)
    assert refusal.code == "slice-shifted"
    assert "phase 3" in str(refusal)
    assert "30.0 mm beside the others" in str(refusal)


def test_phases_whose_positions_differ_by_rounding_belong_together() -> None:
    headers = series_per_phase()
    for number, header in enumerate(headers):
        wobble = -0.0001 if 40 <= number < 60 else 0.0
        header.ImagePositionPatient = [-160, -120, -42.125 + 2.5 * (number % 20) + wobble]
    assert times_of(source_of(headers)) == EXPECTED_TIMES


@pytest.mark.parametrize("starts", [(0, 60, 210, 360, 510), (0, 27, 117, 207, 297, 387)])
def test_a_pause_between_the_posts_does_not_move_the_pre_phase_past_the_injection(starts: tuple[float, ...]) -> None:
    source = source_of(one_series(starts))
    assert source.phases[0].time_s < 0
    assert source.roles.pre == 0


@given(seed=st.integers(0, 10**6), duplicates=st.integers(0, 30))
@settings(max_examples=25, deadline=None)
def test_order_of_arrival_and_duplicates_do_not_matter(seed: int, duplicates: int) -> None:
    order = random.Random(seed)
    headers = one_series() + series_per_phase((1000, 1200, 1320))
    (expected,) = assemble(headers)
    shuffled = headers + order.sample(headers, duplicates)
    order.shuffle(shuffled)
    (found,) = assemble(shuffled)
    assert times_of(found) == times_of(expected)
    assert found.instance_uids == expected.instance_uids


@given(lost=st.integers(0, 99), study=st.sampled_from([one_series, series_per_phase]))
@settings(max_examples=40, deadline=None)
def test_losing_any_one_instance_is_never_silent(lost: int, study) -> None:
    headers = study()
    del headers[lost]
    assert refusal_of(headers).code == "positions-differ"
