"""A picture of the phantom's range: one row a case, with the slice of the lesion before contrast, the same slice of
early minus pre, and that difference's maximum over all slices.

    python -m tilscope.phantom.gallery docs/phantom-gallery.jpg
    python -m tilscope.phantom.gallery docs/phantom-patients.jpg patient-like
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tilscope.models.imaging.voxels import values_of
from tilscope.phantom.cases import CASES
from tilscope.phantom.grid import Volume
from tilscope.phantom.patients import patient_like
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.study import PhantomStudy, make_study

#: What is shown, and in which order; the patient's seed is the row's number.
SHOWN = (
    "density-a", "density-b", "density-c", "density-d", "round", "lobulated", "spiculated", "rim", "non-mass",
    "multifocal", "both-breasts", "no-lesion-minimal", "no-lesion-marked", "cysts", "implants", "small-breasts",
    "large-breasts", "not-fat-saturated", "ge", "ge-sagittal", "siemens", "philips",
)  # fmt: skip
#: Seeds of the patients like real ones.
PATIENTS = tuple(range(1, 13))
PANEL, CAPTION, COLUMNS = 176, 18, 2
_MATRIX, _SPACING = (192, 192, 60), (1.85, 1.85, 2.2)


def draw(names: tuple[str, ...] = SHOWN) -> Image.Image:
    """The cases as rows of three panels, in two columns.

    Parameters
    ----------
    names : tuple of str
        Of `CASES`.

    Returns
    -------
    PIL.Image.Image
        Grey, 8 bits.
    """
    plain = (PhantomSpec(seed=seed, matrix=_MATRIX, spacing_mm=_SPACING) for seed in range(1, len(names) + 1))
    rows = [
        (f"{name}: {CASES[name].meaning}", CASES[name].change(spec)) for name, spec in zip(names, plain, strict=True)
    ]
    return _sheet(rows)


def draw_patients(seeds: Sequence[int] = PATIENTS) -> Image.Image:
    """Patients like real ones, likewise.

    Parameters
    ----------
    seeds : sequence of int
        Of `patient_like`.

    Returns
    -------
    PIL.Image.Image
        Grey, 8 bits.
    """
    return _sheet([(f"{seed}: {_in_words(spec)}", spec) for seed, spec in ((s, patient_like(s)) for s in seeds)])


def _in_words(spec: PhantomSpec) -> str:
    """Finding, background, and what went wrong in imaging."""
    tumour = f"{spec.lesion.diameter_mm:.0f} mm {spec.lesion.kind}" if spec.lesion is not None else "no lesion"
    if spec.body.diffuse is not None:
        tumour = f"diffuse, {spec.body.diffuse.gland_share:.0%} of the gland"
    wrong = spec.artefacts
    told = {
        "clip": spec.body.clip_mm,
        "suppression fails": wrong.failed_suppression,
        "ghosts": wrong.ghosts,
        "wrap": wrong.wrap,
    }
    return ", ".join([tumour, f"BPE {spec.background}", *(word for word, there in told.items() if there)])


def _sheet(patients: Sequence[tuple[str, PhantomSpec]]) -> Image.Image:
    rows = -(-len(patients) // COLUMNS)
    sheet = Image.new("L", (COLUMNS * 3 * PANEL, rows * (PANEL + CAPTION)), 0)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for number, (words, spec) in enumerate(patients):
        left, top = number // rows * 3 * PANEL, number % rows * (PANEL + CAPTION)
        study = make_study(spec)
        pen.text((left + 4, top + 2), words, fill=255, font=font)
        for place, panel in enumerate(panels(study)):
            sheet.paste(_square(panel, study), (left + place * PANEL, top + CAPTION))
    return sheet


def panels(study: PhantomStudy) -> tuple[Volume, Volume, Volume]:
    """Pre, early minus pre, and its maximum intensity projection across the slices.

    Parameters
    ----------
    study : PhantomStudy
        Its slices through the lesion, or through the middle, are shown.

    Returns
    -------
    tuple of ndarray of float32, [row, column]
        In units of the signal.
    """
    roles = study.truth.roles
    early_phase = study.phases[roles.early if roles is not None else 1]
    pre, early = values_of(study.phases[0]), values_of(early_phase)
    gain = np.clip(early - pre, 0, None)
    tumour = study.truth.diffuse.mask if study.truth.diffuse is not None else study.truth.lesion
    shown = pre.shape[0] // 2 if tumour is None else int(np.argmax(values_of(tumour).sum(axis=(1, 2))))
    return pre[shown], gain[shown], gain.max(axis=0)


def _square(panel: Volume, study: PhantomStudy) -> Image.Image:
    top = max(float(np.percentile(panel, 99.5)), 1.0)
    grey: NDArray[np.uint8] = (np.clip(panel / top, 0, 1) * 255).astype(np.uint8)
    across, down, _ = study.spec.spacing_mm
    scale = PANEL / max(panel.shape[1] * across, panel.shape[0] * down)
    size = (round(panel.shape[1] * across * scale), round(panel.shape[0] * down * scale))
    return Image.fromarray(grey).resize(size, Image.Resampling.LANCZOS)


def main() -> None:
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["patient-like"]):
        raise SystemExit("usage: python -m tilscope.phantom.gallery PICTURE [patient-like]")
    drawn = draw_patients() if sys.argv[2:] else draw()
    drawn.save(Path(sys.argv[1]), quality=82)


if __name__ == "__main__":
    main()
