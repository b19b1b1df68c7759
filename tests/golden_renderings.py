"""Page 1, page 2 and the montage of one fixed phantom, as pictures to be compared with stored ones.

`make golden` draws the stored ones anew; look at them before they are kept.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import dicom_readers
import numpy as np
from phantom_series import phantom_case
from PIL import Image
from scored_study import scored_study, wu_signature

from tilscope.dicom_io.identity import inherited
from tilscope.dicom_io.objects.pdf.summary_page import summary_page
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import DceSeries, Laterality
from tilscope.models.pictures.montage import PagePictures, montage
from tilscope.models.result import CalibrationState, Contribution, Measurement, SeriesResult
from tilscope.phantom.spec import LesionSpec, PhantomSpec

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FOLDER = Path(__file__).parent / "golden"

_SPEC = replace(
    PhantomSpec.small(), lesion=LesionSpec(side=Laterality.LEFT), more_lesions=(LesionSpec(side=Laterality.RIGHT),)
)
#: Drawn three times finer and averaged, so that it matters little how a version of poppler places letters and thin lines.
_DOTS_PER_INCH, _FINER = 50, 3
_BLOCK = 12
"""Pixels: 6 mm of a page."""


def golden_case() -> tuple[SeriesResult, DceSeries, Regions]:
    """Every state of a signature, two lesions, one warning. The numbers are the test's own, the pictures the phantom's."""
    case = phantom_case(_SPEC)
    truth = case.study.truth
    lesions = tuple(Lesion(n, one.mask, one.spec.side, 1.0) for n, one in enumerate(truth.lesions, start=1))
    terms = (Contribution("M1", 4.4, 1.2), Contribution("TEX2", -3.14, -0.8), Contribution("BPE1", -2.62, 0.5))
    scored = wu_signature(
        state=CalibrationState.CALIBRATED, score=Measurement.of("til_percent", "Estimated TIL", 27.31, "%"),
        category="> 10 to 40 %", percentile=72.5, contributions=terms, reason="Calibrated on 214 studies (a cohort).",
    )  # fmt: skip
    signatures = (scored, wu_signature(), wu_signature(state=CalibrationState.NO_MODEL, score=None))
    result = scored_study(laterality=Laterality.BOTH, signatures=signatures).result
    return result, case.series, Regions(truth.breast, truth.fgt, lesions, "truth", "1")


def rendered(
    result: SeriesResult, series: DceSeries, regions: Regions, page_pictures: bool = True
) -> dict[str, np.ndarray]:
    """By name; [row, column, RGB]."""
    header = inherited(scored_study().source.early.headers[0])
    pdf = summary_page(result, header, PagePictures.of(series, regions) if page_pictures else None, CREATED)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.pdf"
        path.write_bytes(pdf)
        pages = [
            np.asarray(
                Image.fromarray(dicom_readers.page_picture(path, _DOTS_PER_INCH * _FINER, Path(folder), n)).reduce(
                    _FINER
                )
            )
            for n in (1, 2)
        ]
        sheet = Path(folder) / "montage.png"
        sheet.write_bytes(montage(series, regions).png())
        with Image.open(sheet) as picture:
            small = np.asarray(picture.reduce(4))
    return {"page-1": pages[0], "page-2": pages[1], "montage": small}


def stored(name: str) -> np.ndarray:
    with Image.open(FOLDER / f"{name}.png") as picture:
        return np.asarray(picture.convert("RGB"))


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """The greatest between the means of two blocks at the same place, of 255: hinting of letters leaves means alone."""
    if one.shape != other.shape:
        return 255.0
    rows, columns = one.shape[0] // _BLOCK, one.shape[1] // _BLOCK
    means = [
        picture[: rows * _BLOCK, : columns * _BLOCK]
        .astype(float)
        .reshape(rows, _BLOCK, columns, _BLOCK, 3)
        .mean((1, 3))
        for picture in (one, other)
    ]
    return float(np.abs(means[0] - means[1]).max())


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, picture in rendered(*golden_case()).items():
        Image.fromarray(picture).save(FOLDER / f"{name}.png", optimize=True)
