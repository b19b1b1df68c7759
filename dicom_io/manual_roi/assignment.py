"""Which manual ROI belongs to which dynamic series. One series is the rule; a sagittal pair has two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import SimpleITK as sitk

from tilscope.dicom_io.dce.slices import Slice
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.dce.values import text
from tilscope.dicom_io.dce.volumes import set_geometry
from tilscope.dicom_io.manual_roi.placing import placed
from tilscope.dicom_io.manual_roi.read import read_manual_roi
from tilscope.dicom_io.manual_roi.roi_volumes import ManualRoiVolume
from tilscope.dicom_io.manual_roi.selection import ManualRoiObject
from tilscope.models.lesions.manual_roi import ManualLesion
from tilscope.models.refusals import Refused

#: Reasons that concern this series only: the manual ROI may belong to the other breast's.
_OF_ANOTHER_SERIES = {"outline-other-frame", "outline-outside"}


@dataclass(frozen=True, eq=False)
class Target:
    """A dynamic series as far as a manual ROI needs it."""

    grid: sitk.Image
    frame_of_reference: str
    name: str

    @classmethod
    def of(cls, source: DceSource) -> Target:
        """From headers alone."""
        headers = source.early.headers
        grid = sitk.Image([int(headers[0].Columns), int(headers[0].Rows), len(headers)], sitk.sitkUInt8)
        set_geometry(grid, [Slice(header) for header in headers])
        return cls(grid, text(headers[0], "FrameOfReferenceUID"), source.name)


def assign(
    manual_rois: Sequence[ManualRoiObject], files: Mapping[str, Path], targets: Sequence[Target]
) -> tuple[tuple[ManualLesion, ...], ...]:
    """For each series its manual lesions; none where there are none.

    `manual_rois` come newest first, and the newest that lies on a series counts there, as a whole: whoever corrects an
        ROI stores another. One that fits no series is refused: a manual ROI is never ignored without notice.
    """
    of_target: list[tuple[ManualLesion, ...]] = [() for _ in targets]
    for manual_roi in manual_rois:
        if all(of_target):
            break
        volumes = read_manual_roi(manual_roi, files[manual_roi.instance_uid], targets[0].grid)
        here = [_on_its_series(volume, manual_roi, targets) for volume in volumes]
        for number in range(len(targets)):
            of_target[number] = of_target[number] or tuple(lesion for at, lesion in here if at == number)
    return tuple(of_target)


def _on_its_series(
    volume: ManualRoiVolume, manual_roi: ManualRoiObject, targets: Sequence[Target]
) -> tuple[int, ManualLesion]:
    refusals = []
    for number, target in enumerate(targets):
        try:
            mask = placed(volume, target.grid, target.frame_of_reference, manual_roi.name, target.name)
        except Refused as reason:
            if reason.code not in _OF_ANOTHER_SERIES:
                raise
            refusals.append(reason)
        else:
            return number, ManualLesion(mask, volume.roi)
    raise refusals[0]
