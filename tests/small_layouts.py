"""The ways in which series tell their phases apart, as small studies of headers: what properties are tested on."""

from __future__ import annotations

from collections.abc import Callable

from mr_headers import SAGITTAL, clock, mr_header, one_series, series_per_phase
from pydicom import Dataset

SLICES = 12
STARTS = (0, 200, 320, 440, 560)


def content_time_only() -> list[Dataset]:
    headers = one_series((0, 400, 754), SLICES, TemporalPositionIdentifier=None, AcquisitionTime=None)
    for number, header in enumerate(headers):
        header.ContentTime = clock((0, 400, 754)[number // SLICES])
        header.AcquisitionNumber = (1, 2, 2)[number // SLICES]
    return headers


def sagittal() -> list[Dataset]:
    headers = one_series(STARTS, SLICES, ImageOrientationPatient=list(SAGITTAL))
    for number, header in enumerate(headers):
        header.ImagePositionPatient = [40 + 2.0 * (number % SLICES), -100, 80]
    return headers


def sagittal_pair() -> list[Dataset]:
    """Both breasts in one series, phase after phase."""
    return [
        mr_header(
            "pair", phase, k + SLICES * (x > 0), ImageOrientationPatient=list(SAGITTAL),
            ImagePositionPatient=[x + 2.0 * k, -140, 150], AcquisitionTime=clock(start),
        )
        for phase, start in enumerate(STARTS)
        for x in (-100.0, 60.0)
        for k in range(SLICES)
    ]  # fmt: skip


def frozen_acquisition_time() -> list[Dataset]:
    """A series before contrast; in the one after it AcquisitionTime stands still, and TriggerTime counts from it."""
    posts = one_series(
        STARTS[1:], SLICES, SeriesNumber=4, TemporalPositionIdentifier=None, AcquisitionTime=clock(STARTS[1])
    )
    for number, header in enumerate(posts):
        header.TriggerTime = 1000.0 * (STARTS[1 + number // SLICES] - STARTS[1])
    return series_per_phase(STARTS[:1], SLICES) + posts


LAYOUTS: dict[str, Callable[[], list[Dataset]]] = {
    "one series": lambda: one_series(STARTS, SLICES),
    "a series a phase": lambda: series_per_phase(STARTS, SLICES),
    "frozen AcquisitionTime": frozen_acquisition_time,
    "by ContentTime only": content_time_only,
    "sagittal": sagittal,
    "sagittal pair": sagittal_pair,
}
