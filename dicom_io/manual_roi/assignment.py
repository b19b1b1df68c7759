"""Which outline belongs to which dynamic series. One series is the rule; a sagittal pair has two."""

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

#: Reasons that speak of this series only: the outline may belong to the other breast's.
_OF_ANOTHER_SERIES = {"outline-other-frame", "outline-outside"}


@dataclass(frozen=True, eq=False)
class Target:
    """A dynamic series as far as an outline needs it."""

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
    outlines: Sequence[ManualRoiObject], files: Mapping[str, Path], targets: Sequence[Target]
) -> tuple[tuple[ManualLesion, ...], ...]:
    """For each series the lesions drawn for it; none where nobody has drawn any.

    `outlines` come newest first, and the newest that lies on a series counts there, as a whole: whoever corrects an
    outline stores another. One that fits no series is refused: what a person has drawn is never passed over in silence.
    """
    found: list[tuple[ManualLesion, ...]] = [() for _ in targets]
    for outline in outlines:
        if all(found):
            break
        volumes = read_manual_roi(outline, files[outline.instance_uid], targets[0].grid)
        here = [_on_its_series(volume, outline, targets) for volume in volumes]
        for number in range(len(targets)):
            found[number] = found[number] or tuple(lesion for at, lesion in here if at == number)
    return tuple(found)


def _on_its_series(
    volume: ManualRoiVolume, outline: ManualRoiObject, targets: Sequence[Target]
) -> tuple[int, ManualLesion]:
    refusals = []
    for number, target in enumerate(targets):
        try:
            mask = placed(volume, target.grid, target.frame_of_reference, outline.name, target.name)
        except Refused as reason:
            if reason.code not in _OF_ANOTHER_SERIES:
                raise
            refusals.append(reason)
        else:
            return number, ManualLesion(mask, volume.drawn)
    raise refusals[0]
