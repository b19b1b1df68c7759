"""The real exam: the trial's rule inside the automatic lesions against the trial's own tumour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from nact_exam import read_nact_exam
from validation.figures_of_a_case import SETTINGS, dice

from tilscope.models.imaging.voxels import box_of, image_of, mask_of, values_of
from tilscope.models.kinetics.ftv import background_of, functional_tumour_volume
from tilscope.models.lesions.classical import segment
from tilscope.models.preparation.prepare import prepare


def figures_of_the_real_exam(data: Path) -> dict[str, float]:
    exam = read_nact_exam(data)
    series = exam.series
    regions = segment(prepare(series, SETTINGS), SETTINGS)
    lesions = np.any([mask_of(lesion.mask) for lesion in regions.lesions], axis=0)
    background = background_of(values_of(series.pre)[box_of(lesions)], SETTINGS.ftv)
    where = image_of(lesions, series.grid)
    ftv = functional_tumour_volume(series.pre, series.early, series.late, where, SETTINGS.ftv, background)
    found = mask_of(ftv.mask)
    return {
        "lesions": len(regions.lesions),
        "ftv_dice": dice(found, exam.trial_tumour),
        "outside": round(float((found & ~exam.box.mask(series.grid)).sum() / max(1, found.sum())), 5),
        "region_dice": dice(lesions, exam.trial_tumour),
    }
