"""What becomes of a dynamic series when its pixels show a phase of another contrast."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from mr_headers import clock, one_series, series_per_phase
from pydicom import Dataset
from scipy import ndimage

from tilscope.dicom_io.dce.assembly import assemble
from tilscope.dicom_io.dce.injection_time import BY_BRIGHTNESS, place_injection
from tilscope.dicom_io.dce.phases_alike import leave_out_unlike
from tilscope.dicom_io.dce.source import DceSource
from tilscope.models.imaging.series import DceSeries, Phase
from tilscope.models.imaging.voxels import Volume
from tilscope.models.refusals import Refused
from tilscope.models.settings import TimingSettings

SHAPE = (20, 64, 64)
_CHANCE = np.random.default_rng(3)
GLAND = ndimage.gaussian_filter(_CHANCE.normal(size=SHAPE), 2) > 0.02
T1, PRE = (70, 160), (60, 25)


def volume(gland: float, fat: float) -> Volume:
    values = np.where(GLAND, gland, fat).astype(np.float32)
    values[:, :10] = 0
    return values + np.abs(_CHANCE.normal(0, 2, SHAPE)).astype(np.float32)


def read(
    headers: list[Dataset], *tissues: tuple[float, float], timing: TimingSettings | None = None
) -> tuple[DceSource, DceSeries]:
    (source,) = assemble(headers, timing)
    images = []
    for tissue in tissues:
        image = sitk.GetImageFromArray(volume(*tissue))
        image.SetSpacing((2.0, 2.0, 2.0))
        images.append(image)
    phases = tuple(Phase(image, phase.time_s) for image, phase in zip(images, source.phases, strict=True))
    series = DceSeries(phases, source.roles, source.laterality, source.time_zero, source.time_zero_assumed)
    return source, series


def study(*starts: float, **tags: object) -> list[Dataset]:
    return series_per_phase((-300,), **tags) + one_series(starts, SeriesNumber=9, **tags)


def post(gain: float) -> tuple[float, float]:
    return 60 * gain, 25


def test_a_t1_before_the_series_is_left_out_and_the_times_follow() -> None:
    source, series = read(study(0, 200, 320, 440, 560), T1, PRE, post(1.9), post(2.0), post(1.9), post(1.8))
    assert source.phases[1].time_s > 0, "the T1 was taken for the phase before contrast"
    alike = leave_out_unlike(source, series, TimingSettings())
    assert [phase.time_s for phase in alike.source.phases] == [-140, 60, 180, 300, 420]
    assert alike.series.phases[0].stored is series.phases[1].stored
    assert (alike.source.roles.pre, alike.source.roles.early, alike.source.roles.late) == (0, 2, 4)
    (finding,) = alike.left_out
    assert finding.code == "phase-left-out"
    assert "series 3 (dyn 0)" in finding.sentence


def test_a_recorded_injection_stays_where_it_is() -> None:
    headers = study(0, 200, 320, 440, 560, ContrastBolusStartTime=clock(170))
    source, series = read(headers, T1, PRE, post(1.9), post(2.0), post(1.9), post(1.8))
    alike = leave_out_unlike(source, series, TimingSettings())
    assert [phase.time_s for phase in alike.source.phases] == [phase.time_s for phase in source.phases[1:]]
    assert not alike.source.time_zero_assumed


def test_phases_that_are_alike_are_not_touched() -> None:
    source, series = read(one_series((0, 200, 320, 440, 560)), PRE, post(1.9), post(2.0), post(1.9), post(1.8))
    alike = leave_out_unlike(source, series, TimingSettings())
    assert (alike.source, alike.series, alike.left_out) == (source, series, ())


@pytest.mark.parametrize(
    ("starts", "tissues"),
    [
        ((0, 120, 240, 360), (post(1.9), post(2.0), post(1.95), post(1.9))),
        ((0, 200), (PRE, post(1.9))),
    ],
    ids=["none before contrast", "too few"],
)
def test_where_nothing_comparable_is_left_the_study_is_refused(
    starts: tuple[float, ...], tissues: tuple[tuple[float, float], ...]
) -> None:
    loose = TimingSettings(early_window_s=(0, 900), late_window_s=(0, 900))
    source, series = read(study(*starts), T1, *tissues, timing=loose)
    with pytest.raises(Refused, match="fat and water have changed places") as refused:
        leave_out_unlike(source, series, loose)
    assert refused.value.code == "phases-unlike"
    assert refused.value.facts["phase"] == 1


@pytest.mark.parametrize(
    ("step", "assumed"), [(15.0, False), (60.0, True)], ids=["phases of 15 s", "phases of a minute"]
)
def test_the_bolus_is_read_off_the_images_where_phases_are_many(step: float, assumed: bool) -> None:
    count = int(600 / step)
    tissues = [post(1.0 if n < 4 else 1.9) for n in range(count)]
    source, series = read(one_series([step * n for n in range(count)]), *tissues)
    assert source.time_zero_assumed
    source, series = place_injection(source, series, TimingSettings())
    assert source.phases[4].time_s == step / 2
    assert source.time_zero == series.time_zero == BY_BRIGHTNESS
    assert (source.time_zero_assumed, series.time_zero_assumed) == (assumed, assumed)
