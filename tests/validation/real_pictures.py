"""The real exams with what was found drawn on them, for the page: breast blue, gland yellow, lesions orange, tumour green."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from validation.real_cases import RealFigures, unpacked
from validation.real_exams import RealExam

from tilscope.models.imaging.voxels import Mask, mask_of, values_of

_WIDTH, _COLUMNS, _ROWS = 250, 4, 2
#: A picture has a palette: greys, then the inks.
_GREYS = 252
_GAMMA = 0.7
_INKS = {"breast": (90, 150, 255), "fgt": (250, 220, 60), "lesions": (255, 140, 0), "tumour": (40, 220, 90)}


def draw_exam(exam: RealExam, figures: RealFigures, path: Path) -> None:
    """Eight sections of the exam as it is, after contrast; those through the tumour lie among them."""
    tumour = mask_of(exam.known.tumour)
    drawn = {
        name: unpacked(figures.masks[name], tumour.shape) for name in ("breast", "fgt", "lesions") if figures.masks
    }
    drawn["tumour"] = tumour
    image = _early(exam)
    sections = [_section(image, k, {name: mask[k] for name, mask in drawn.items()}) for k in _shown(drawn, tumour)]
    rows = [np.concatenate(sections[n * _COLUMNS : (n + 1) * _COLUMNS], axis=1) for n in range(_ROWS)]
    sheet = Image.fromarray(np.concatenate(rows, axis=0))
    sheet.putpalette(
        [level * 255 // (_GREYS - 1) for level in range(_GREYS) for _ in range(3)]
        + [value for ink in _INKS.values() for value in ink]
    )
    sheet.save(path, optimize=True)


def _early(exam: RealExam) -> sitk.Image:
    size = exam.known.tumour.GetSize()
    return next(one.image for one in exam.phases[1] if one.image.GetSize() == size)


def _shown(drawn: dict[str, Mask], tumour: Mask) -> list[int]:
    """Evenly over what is breast, or over all sections where none was found."""
    whole = drawn.get("breast", np.zeros_like(tumour)) | tumour
    if "breast" not in drawn:
        whole = np.ones_like(tumour)
    sections = np.flatnonzero(whole.any(axis=(1, 2)))
    return [int(sections[round(part * (len(sections) - 1))]) for part in np.linspace(0.08, 0.92, _COLUMNS * _ROWS)]


def _section(image: sitk.Image, k: int, masks: dict[str, Mask]) -> NDArray[np.uint8]:
    values = values_of(image)
    # Gland and fat are seen beside a tumour that is far brighter.
    seen = np.clip(values[k] / float(np.percentile(values, 99.7)), 0, 1) ** _GAMMA
    grey = (seen * (_GREYS - 1)).astype(np.uint8)
    across, down = image.GetSpacing()[:2]
    size = (_WIDTH, round(_WIDTH * grey.shape[0] * down / (grey.shape[1] * across)))
    shown = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BILINEAR)).copy()
    for ink, name in enumerate(_INKS, start=_GREYS):
        if name in masks:
            large = np.asarray(Image.fromarray(masks[name].astype(np.uint8) * 255).resize(size)) > 127
            shown[large & ~ndimage.binary_erosion(large)] = ink
    return shown
