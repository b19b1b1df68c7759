"""What people have said about a study: outlines in its archive, a seed or a box with the request, molecular findings."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.manual_roi.assignment import Target, assign
from tilscope.dicom_io.manual_roi.selection import ManualRoiObject, manual_rois_among
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.lesions.manual_roi import ManualLesion, regions_of_manual_roi
from tilscope.models.lesions.steering import Steering, steered
from tilscope.models.result import LesionSource
from tilscope.models.segmenters.choice import segment
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import Molecular
from tilscope.service.site.molecular import NOTHING_KNOWN


@dataclass(frozen=True, eq=False)
class Guidance:
    """For one dynamic series. A drawn outline comes before steering: it says more."""

    drawn: tuple[ManualLesion, ...] = ()
    steering: Steering | None = None
    molecular: Molecular = NOTHING_KNOWN

    @property
    def lesion_annotations(self) -> tuple[str, ...]:
        """For the hashes of the series."""
        if self.drawn:
            return tuple(sorted({lesion.drawn.sop_instance_uid for lesion in self.drawn}))
        return (self.steering.words,) if self.steering else ()

    @property
    def source(self) -> LesionSource:
        """For the result."""
        if self.drawn:
            drawn = self.drawn[0].drawn  # all come from one object
            return LesionSource("drawn", drawn.by, drawn.tool, drawn.sop_class_uid, drawn.sop_instance_uid)
        return LesionSource("steered", steering=self.steering.words) if self.steering else LesionSource()

    def regions(self, prepared: PreparedSeries, settings: PipelineSettings) -> Regions:
        """The person's lesions, or the automatic ones, steered or not."""
        if self.drawn:
            return regions_of_manual_roi(prepared, self.drawn)
        return steered(prepared, settings, self.steering) if self.steering else segment(prepared, settings)


def manual_rois_of(archive: Archive, study_uid: str) -> tuple[ManualRoiObject, ...]:
    """What people have drawn in a study, the newest first; from headers alone."""
    return manual_rois_among(archive.manual_roi_candidates(study_uid))


def lesion_annotations(outlines: Sequence[ManualRoiObject], steering: Steering | None = None) -> tuple[str, ...]:
    """For the study's input hash: every outline, whichever series it will turn out to lie on."""
    return (*(outline.instance_uid for outline in outlines), *((steering.words,) if steering else ()))


def guidance_for(
    archive: Archive,
    sources: Sequence[DceSource],
    outlines: Sequence[ManualRoiObject],
    steering: Steering | None,
    molecular: Molecular,
) -> list[Guidance]:
    """For each series what was said about it. Refuses an outline that lies on none."""
    if not outlines:
        return [Guidance(steering=steering, molecular=molecular) for _ in sources]
    targets = [Target.of(source) for source in sources]
    with tempfile.TemporaryDirectory(prefix="tilscope-") as folder:
        wanted = [outline.instance_uid for outline in outlines]
        files = archive.fetch(sources[0].study_uid, wanted, Path(folder), lambda done, total: None)
        return [Guidance(drawn, steering, molecular) for drawn in assign(outlines, files, targets)]
