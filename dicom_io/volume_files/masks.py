"""Masks of lesions: NIfTI and NRRD, with the names that 3D Slicer and nnU-Net give to their numbers.

Where numbers have names, those that mean a lesion count, by the same words as in DICOM (`manual_roi.meaning`): a fibroglandular
segment beside the tumour must not become one. Without names, every number is a lesion.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tilscope.dicom_io.manual_roi.meaning import Named, lesions_among
from tilscope.dicom_io.volume_files.reading import read_image
from tilscope.models.readable_lists import first_few
from tilscope.models.refusals import BadInput

#: nnU-Net's own file about the numbers, beside the folder of label maps.
_NNUNET = "dataset.json"


@dataclass(frozen=True)
class _Numbered:
    """A named number of a label map; 3D Slicer keeps overlapping segments in layers, each with numbers of its own."""

    name: str
    value: int
    layer: int = 0


def read_mask(path: Path) -> sitk.Image:
    """The lesions of a mask.

    Parameters
    ----------
    path : Path
        NIfTI, NRRD (with 3D Slicer's segments, or without) or MetaImage.

    Returns
    -------
    SimpleITK.Image
        3D, patient space (LPS, mm): 0, and a number for each lesion. Numbers with names are renumbered from 1.

    Raises
    ------
    BadInput
        `unusable-volume`; `unusable-mask`: none of the names means a lesion.
    """
    image = read_image(path)
    numbered = tuple(_segments(image)) or tuple(_labels(path))
    if not numbered:
        return image
    lesions = lesions_among([Named(index, one.name) for index, one in enumerate(numbered)])
    if not lesions:
        names = first_few([one.name for one in numbered])
        raise BadInput("unusable-mask", path=path, problem=f"none of its segments is named as a lesion: {names}")
    return _only(image, [numbered[lesion.number] for lesion in lesions])


def _only(image: sitk.Image, lesions: list[_Numbered]) -> sitk.Image:
    """Where two overlap, the first counts."""
    voxels = sitk.GetArrayViewFromImage(image)
    layers = voxels[..., np.newaxis] if image.GetNumberOfComponentsPerPixel() == 1 else voxels
    found = np.zeros(layers.shape[:3], np.uint8)
    for number, one in enumerate(lesions, start=1):
        found[(layers[..., one.layer] == one.value) & (found == 0)] = number
    labels = sitk.GetImageFromArray(found)
    labels.CopyInformation(image)
    return labels


def _segments(image: sitk.Image) -> Iterator[_Numbered]:
    """3D Slicer's, in the keys of a .seg.nrrd."""
    number = 0
    while image.HasMetaDataKey(f"Segment{number}_LabelValue"):
        told = {key: _told(image, f"Segment{number}_{key}") for key in ("Name", "LabelValue", "Layer")}
        yield _Numbered(told["Name"], int(told["LabelValue"]), int(told["Layer"] or 0))
        number += 1


def _told(image: sitk.Image, key: str) -> str:
    return str(image.GetMetaData(key)).strip() if image.HasMetaDataKey(key) else ""


def _labels(path: Path) -> Iterator[_Numbered]:
    """nnU-Net's: {"labels": {"background": 0, "tumour": 1}}."""
    about = path.parent.parent / _NNUNET
    if not path.parent.name.startswith("labels") or not about.is_file():
        return
    try:
        labels = json.loads(about.read_text(encoding="utf-8"))["labels"]
        named = {str(name): int(value) for name, value in labels.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise BadInput(
            "unusable-mask", path=path, problem=f"its labels are not told by {about.name}: {problem}"
        ) from None
    yield from (_Numbered(name, value) for name, value in named.items() if value != 0)
