"""Volumes over the slices of the dynamic series that are no phases of it: left out, and named for what they are."""

from __future__ import annotations

import random
from copy import deepcopy
from typing import Any

import pytest
from mr_headers import SAGITTAL, clock, mr_header, one_series, series_per_phase
from pydicom import Dataset

from tilscope.dicom_io.dce.assembly import Assembly, inspect
from tilscope.models.imaging.series import Laterality

SLICES = 20
#: One volume before contrast, as a series of its own; the others after it.
STARTS = (0, 200, 320, 440, 560)
EXPECTED_TIMES = [-140, 60, 180, 300, 420]
WITHOUT = "T1 without fat suppression, not part of the dynamic series, which has it (one volume of 20 slices)"
WITH = "T1 with fat suppression, not part of the dynamic series, which has none (one volume of 20 slices)"


def pre_and_posts(**tags: Any) -> list[Dataset]:
    return series_per_phase((0,), **tags) + one_series((200, 320, 440, 560), SeriesNumber=9, **tags)


def beside(start: float = -300, **tags: Any) -> list[Dataset]:
    given = {"SeriesNumber": 2, "AcquisitionTime": clock(start), **tags}
    return [mr_header("t1", 0, k, **given) for k in range(SLICES)]


def times_of(assembly: Assembly) -> list[float]:
    (source,) = assembly.require_sources()
    return [phase.time_s for phase in source.phases]


def reason_of(assembly: Assembly, number: str) -> str:
    (finding,) = [f for f in assembly.findings if f.number == number]
    assert finding.used_as == ""
    return finding.reason


#: How the phases are written, how the volume beside them, and what it is then.
ENCODINGS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "GE": ({"ScanOptions": ["FAST_GEMS", "FS"]}, {"ScanOptions": ["FAST_GEMS", "NPW"]}, WITHOUT),
    "an empty element": ({"ScanOptions": "FS"}, {"ScanOptions": ""}, WITHOUT),
    "Siemens fat saturation": ({"ScanOptions": ["PFP", "FS"]}, {"ScanOptions": "PFP"}, WITHOUT),
    "Siemens water excitation": ({"ScanOptions": ["PFP", "WE"]}, {"ScanOptions": "PFP"}, WITHOUT),
    "Canon": ({"ScanOptions": "FAT_SAT"}, {"ScanOptions": "PFP"}, WITHOUT),
    "preparation pulses": ({"SequenceVariant": ["SP", "MP"]}, {"SequenceVariant": "SP"}, WITHOUT),
    "enhanced": ({"SpectrallySelectedSuppression": "FAT"}, {"SpectrallySelectedSuppression": "NONE"}, WITHOUT),
    "a T1 with suppression beside a dynamic series without": ({"ScanOptions": "PFP"}, {"ScanOptions": "FS"}, WITH),
}


@pytest.mark.parametrize("start", [-300, 100, 900], ids=["before", "between", "after"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_t1_of_another_fat_suppression_is_no_phase(encoding: str, start: float) -> None:
    phases, t1, reason = ENCODINGS[encoding]
    assembly = inspect(beside(start, **t1) + pre_and_posts(**phases))
    assert times_of(assembly) == EXPECTED_TIMES
    assert reason_of(assembly, "2") == reason


def test_a_description_decides_nothing_and_is_passed_on() -> None:
    """What no tag tells is left to the pixels."""
    assembly = inspect(
        beside(SeriesDescription="SAG T1 w/o fs") + pre_and_posts(ScanOptions="FS", SeriesDescription="dyn fatsat")
    )
    (source,) = assembly.require_sources()
    assert len(source.phases) == 6
    (t1,) = [finding for finding in assembly.findings if finding.number == "2"]
    assert t1.used_as == "phase 1"
    assert t1.reason.endswith("its description says without fat suppression, unlike others': its pixels decide")


@pytest.mark.parametrize("tags", [{}, {"ScanOptions": ["SAT_GEMS", "PFP"]}])
def test_a_phase_that_does_not_tell_stays_a_phase(tags: dict[str, Any]) -> None:
    pre = series_per_phase((0,), **tags)
    posts = one_series((200, 320, 440, 560), SeriesNumber=9, ScanOptions="FS")
    assembly = inspect(beside(ScanOptions="PFP") + pre + posts)
    assert times_of(assembly) == EXPECTED_TIMES
    assert reason_of(assembly, "2") == WITHOUT


def test_one_image_with_other_options_is_a_slip_and_no_other_contrast() -> None:
    headers = one_series(ScanOptions="FS")
    headers[7].ScanOptions = "PFP"
    assert times_of(inspect(headers)) == EXPECTED_TIMES


def test_the_flip_angles_of_a_t1_map_are_no_phases() -> None:
    maps = [
        mr_header(f"map {angle}", 0, k, SeriesNumber=20 + n, FlipAngle=angle, AcquisitionTime=clock(-600 + 60 * n))
        for n, angle in enumerate((2, 5, 10, 15))
        for k in range(SLICES)
    ]
    assembly = inspect(maps + one_series(FlipAngle=12))
    assert times_of(assembly) == EXPECTED_TIMES
    assert reason_of(assembly, "21").startswith(
        "acquired with a flip angle of 5°, not part of the dynamic series, which has 12"
    )


def test_echo_times_that_the_scanner_shortened_anew_are_alike() -> None:
    headers = series_per_phase((0,), EchoTime=2.06) + one_series((200, 320, 440, 560), SeriesNumber=9, EchoTime=2.1)
    assert times_of(inspect(headers)) == EXPECTED_TIMES


def dixon(part: str, number: int) -> list[Dataset]:
    return [
        mr_header(
            f"dyn {part}", phase, k, SeriesNumber=number, AcquisitionTime=clock(start),
            TemporalPositionIdentifier=phase + 1, ImageType=["ORIGINAL", "PRIMARY", "DIXON", part],
        )
        for phase, start in enumerate(STARTS)
        for k in range(SLICES)
    ]  # fmt: skip


def test_of_a_dixon_acquisition_the_water_images_are_the_phases() -> None:
    parts = {"IN_PHASE": 3, "OUT_OF_PHASE": 4, "FAT": 5, "WATER": 6}
    assembly = inspect([header for part, number in parts.items() for header in dixon(part, number)])
    assert times_of(assembly) == EXPECTED_TIMES
    assert [f.number for f in assembly.findings if f.used_as] == ["6"]
    assert reason_of(assembly, "3").startswith("T1 without fat suppression")
    assert reason_of(assembly, "4") == "the opposed-phase image of a Dixon acquisition (ImageType OUT_OF_PHASE)"
    assert reason_of(assembly, "5") == "the fat image of a Dixon acquisition (ImageType FAT)"


def test_in_phase_images_alone_are_a_dynamic_series() -> None:
    assert times_of(inspect(dixon("IN_PHASE", 3))) == EXPECTED_TIMES


def frozen(offset: str, first: float = 0.0) -> list[Dataset]:
    """A series before contrast, and the phases after it in one whose AcquisitionTime stands still."""
    posts = one_series((0, 120, 240, 360), SeriesNumber=9, AcquisitionTime=clock(200), TemporalPositionIdentifier=None)
    for number, header in enumerate(posts):
        phase = number // SLICES
        if offset == "TriggerTime":
            header.TriggerTime = first + 120000.0 * phase
        else:
            header.TemporalPositionIdentifier, header.TemporalResolution = phase + 1 + first, 120000.0
    return series_per_phase((0,)) + posts


@pytest.mark.parametrize(
    ("headers", "clock_name"),
    [
        (frozen("TriggerTime"), "AcquisitionTime + TriggerTime"),
        (frozen("position"), "AcquisitionTime + TemporalPositionIdentifier x TemporalResolution"),
        (frozen("position", 1), "AcquisitionTime + TemporalPositionIdentifier x TemporalResolution"),
    ],
)
def test_an_acquisition_time_that_stands_still_is_read_together_with_what_counts_from_it(
    headers: list[Dataset], clock_name: str
) -> None:
    assembly = inspect(headers)
    assert times_of(assembly) == EXPECTED_TIMES
    (found,) = assembly.dynamic_series
    assert found.times is not None
    assert found.times.clock == clock_name


def test_the_recorded_injection_is_on_the_same_clock() -> None:
    headers = frozen("TriggerTime")
    for header in headers:
        header.ContrastBolusStartTime = clock(170)
    assert times_of(inspect(headers)) == [t + 30 for t in EXPECTED_TIMES]


def test_a_phase_without_its_trigger_time_is_not_put_first() -> None:
    headers = frozen("TriggerTime", 90000.0)
    for header in headers[2 * SLICES : 3 * SLICES]:
        del header.TriggerTime
    refusal = inspect(headers).refusal
    assert refusal is not None


#: Right slices end where left ones begin: one volume of both has no gap.
RIGHT, LEFT = range(-23, 0), range(25)


def sagittal(name: str, phase: int, places: range, start: float, number: int, **tags: Any) -> list[Dataset]:
    return [
        mr_header(
            name, phase, k, SeriesNumber=number, AcquisitionTime=clock(start), ScanOptions="FS",
            ImageOrientationPatient=list(SAGITTAL), ImagePositionPatient=[6.0 * k, -140, 150], **tags,
        )
        for k in places
    ]  # fmt: skip


def a_series_a_breast() -> list[Dataset]:
    return [
        header
        for phase, start in enumerate(STARTS)
        for name, places, number in (("left", LEFT, 60), ("right", RIGHT, 61))
        for header in sagittal(name, phase, places, start, number)
    ]


def both(name: str, phase: int, start: float, number: int) -> list[Dataset]:
    return sagittal(name, phase, range(RIGHT.start, LEFT.stop), start, number)


@pytest.mark.parametrize("seed", range(3))
def test_the_other_breast_is_no_copy(seed: int) -> None:
    headers = a_series_a_breast()
    random.Random(seed).shuffle(headers)
    right, left = inspect(headers).require_sources()
    assert (right.laterality, left.laterality) == (Laterality.RIGHT, Laterality.LEFT)
    for source, places in ((right, RIGHT), (left, LEFT)):
        assert [phase.time_s for phase in source.phases] == EXPECTED_TIMES
        assert {len(phase.headers) for phase in source.phases} == {len(places)}


def test_a_volume_of_both_breasts_is_divided_where_the_series_of_each_end() -> None:
    """The phase before contrast holds both breasts, the phases after it are stored one by one."""
    posts = [h for h in a_series_a_breast() if h.AcquisitionTime != clock(0)]
    right, left = inspect(both("pre", 0, 0, 5) + posts).require_sources()
    for source, places in ((right, RIGHT), (left, LEFT)):
        assert [phase.time_s for phase in source.phases] == EXPECTED_TIMES
        assert {len(phase.headers) for phase in source.phases} == {len(places)}


@pytest.mark.parametrize("later", [-40, 40])
def test_a_series_of_each_breast_beside_one_of_both_is_a_copy(later: int) -> None:
    original = [h for phase, start in enumerate(STARTS) for h in both("both", phase, start, 50)]
    copies = [deepcopy(h) for h in a_series_a_breast()]
    for header in copies:
        header.SeriesNumber += later
    assembly = inspect(copies + original)
    (source,) = assembly.require_sources()
    assert source.laterality is Laterality.BOTH
    assert [phase.time_s for phase in source.phases] == EXPECTED_TIMES
    assert {f.number: f.reason for f in assembly.findings if not f.used_as} == {
        str(60 + later): "a copy of series 50, acquired at the same moments",
        str(61 + later): "a copy of series 50, acquired at the same moments",
    }
