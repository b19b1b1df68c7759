"""A case as the network sees it, with its probabilities: three sections, one a row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from PIL import Image
from second_opinion.judgement import Case, Opinion
from second_opinion.views import views_of

from tilscope.models.breast.fgt import find_fgt
from tilscope.models.imaging.resampling import mask_onto
from tilscope.models.imaging.voxels import Mask, Volume, image_of, mask_of

#: What is white: signal before contrast, early and late uptake.
WHITE = (1.1, 1.2, 1.2)
#: Sections between the rows, and how large a voxel is drawn.
APART, SCALE = 4, 3
INK = (40, 220, 90)


def draw(case: Case, opinion: Opinion, path: Path) -> None:
    """Signal, early and late uptake, and how likely each voxel of the breast is lesion; the tumour's outline is green."""
    grid, views = views_of(case.prepared, mask_of(find_fgt(case.prepared)))
    likely = opinion(views) * (views[3] > views[3].max() / 2)
    tumour = mask_onto(grid, image_of(case.tumour, case.prepared.breast))
    middle = int(np.argmax(tumour.sum(axis=(1, 2)))) if tumour.any() else len(likely) // 2
    shown = [*(view / white for view, white in zip(views, WHITE, strict=False)), likely]
    rows = [
        np.concatenate([_section(volume, tumour, min(max(0, z), len(likely) - 1)) for volume in shown], axis=1)
        for z in (middle - APART, middle, middle + APART)
    ]
    Image.fromarray(np.concatenate(rows, axis=0)).quantize(256, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)


def _section(volume: Volume, tumour: Mask, z: int) -> NDArray[np.uint8]:
    grey = (np.clip(volume[z], 0, 1) * 255).astype(np.uint8).repeat(SCALE, axis=0).repeat(SCALE, axis=1)
    inside = tumour[z].repeat(SCALE, axis=0).repeat(SCALE, axis=1)
    border = inside & ~mask_of(sitk.BinaryErode(sitk.GetImageFromArray(inside.astype(np.uint8)), (1, 1)))
    coloured = np.stack([grey] * 3, axis=-1)
    coloured[border] = INK
    return coloured
