"""nnU-Net's raw data: `imagesTr/CASE_0000.nii.gz` and its label map in `labelsTr/CASE.nii.gz` (documentation/dataset_format.md).

Its channels may be anything; here they are the phases in order of time.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tilscope.dicom_io.volume_files.case import VolumeCase
from tilscope.dicom_io.volume_files.reading import SUFFIXES

_LABELS = {"imagesTr": "labelsTr", "imagesTs": "labelsTs"}


def completed(case: VolumeCase) -> VolumeCase | None:
    """With the label map of a case that lies in such a folder."""
    images = case.phases[0].parent
    if images.name not in _LABELS:
        return None
    return replace(case, mask=named(images.parent / _LABELS[images.name], case.name))


def named(folder: Path, name: str) -> Path | None:
    """The volume of that name in a folder, capitals or not."""
    wanted = {f"{name}{suffix}".lower() for suffix in SUFFIXES}
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    return next((path for path in there if path.name.lower() in wanted), None)
