"""What people supply for the scoring of a study: manual ROIs in the archive, a seed or a box, molecular findings."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import SimpleITK as sitk

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.manual_roi.assignment import Target, assign
from tilscope.dicom_io.manual_roi.selection import ManualRoiObject, manual_rois_among
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.lesions.manual_roi import ManualLesion, regions_of_manual_roi
from tilscope.models.lesions.rejection import without_rejected
from tilscope.models.lesions.steering import Steering, steered
from tilscope.models.lesions.surroundings import Level
from tilscope.models.result import LesionSource
from tilscope.models.segmenters.choice import segment
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import Molecular
from tilscope.service.site.molecular import NOTHING_KNOWN


@dataclass(frozen=True, eq=False)
class Guidance:
    """For one dynamic series. A manual ROI comes before steering, for it is more exact."""

    manual_lesions: tuple[ManualLesion, ...] = ()
    steering: Steering | None = None
    molecular: Molecular = NOTHING_KNOWN

    @property
    def lesion_annotations(self) -> tuple[str, ...]:
        """The manual ROI object or the steering, for the hashes of the series."""
        if self.manual_lesions:
            return tuple(sorted({lesion.roi.sop_instance_uid for lesion in self.manual_lesions}))
        return (self.steering.words,) if self.steering else ()

    @property
    def source(self) -> LesionSource:
        """Where the lesions come from, for the result."""
        if self.manual_lesions:
            roi = self.manual_lesions[0].roi  # all come from one object
            return LesionSource("drawn", roi.by, roi.tool, roi.sop_class_uid, roi.sop_instance_uid)
        if self.steering and self.steering.points:
            return LesionSource("steered", steering=self.steering.words)
        return LesionSource(rejected_mm=self.steering.rejected_mm) if self.steering else LesionSource()

    def regions(
        self, prepared: PreparedSeries, settings: PipelineSettings, other_breast: Level | None = None
    ) -> Regions:
        """The person's lesions, or the automatic ones, steered or without those that were rejected.

        `other_breast` is what its gland does, where asked.
        """
        if self.manual_lesions:
            return regions_of_manual_roi(prepared, self.manual_lesions)
        if self.steering and self.steering.points:
            return steered(prepared, settings, self.steering)
        found = segment(prepared, settings, other_breast)
        return without_rejected(found, self.steering.rejected_mm) if self.steering else found


def manual_rois_of(archive: Archive, study_uid: str) -> tuple[ManualRoiObject, ...]:
    """The manual ROI objects of a study, the newest first; from headers alone."""
    return manual_rois_among(archive.manual_roi_candidates(study_uid))


def lesion_annotations(manual_rois: Sequence[ManualRoiObject], steering: Steering | None = None) -> tuple[str, ...]:
    """For the study's input hash: every manual ROI, whichever series it will turn out to lie on."""
    return (*(roi.instance_uid for roi in manual_rois), *((steering.words,) if steering else ()))


def guidance_for(
    archive: Archive,
    sources: Sequence[DceSource],
    manual_rois: Sequence[ManualRoiObject],
    steering: Steering | None,
    molecular: Molecular,
) -> list[Guidance]:
    """The guidance of each series, in the order of `sources`. Refuses a manual ROI that lies on none."""
    if not manual_rois:
        return [Guidance(steering=one, molecular=molecular) for one in _steering_of_each(sources, steering)]
    targets = [Target.of(source) for source in sources]
    with tempfile.TemporaryDirectory(prefix="tilscope-") as folder:
        wanted = [roi.instance_uid for roi in manual_rois]
        files = archive.fetch(sources[0].study_uid, wanted, Path(folder), lambda done, total: None)
        return [Guidance(lesions, steering, molecular) for lesions in assign(manual_rois, files, targets)]


def _steering_of_each(sources: Sequence[DceSource], steering: Steering | None) -> list[Steering | None]:
    """A seed is about the breast that it lies in, and leaves the other as it was; one beside both is asked of both.

    So is what was rejected, which leaves a breast as it was in which nothing was.
    """
    if steering is not None and not steering.points:
        return [_rejected_in(source, steering.rejected_mm) for source in sources]
    if steering is None or (seed := steering.seed_mm) is None:
        return [steering for _ in sources]
    holding = [_holds(Target.of(source).grid, seed) for source in sources]
    return [steering if holds or not any(holding) else None for holds in holding]


def _rejected_in(source: DceSource, rejected_mm: Sequence[tuple[float, float, float]]) -> Steering | None:
    grid = Target.of(source).grid
    here = tuple(point for point in rejected_mm if _holds(grid, point))
    return Steering(rejected_mm=here) if here else None


def _holds(grid: sitk.Image, point_mm: tuple[float, float, float]) -> bool:
    """Whether a point of the patient (LPS, mm) lies in a voxel of the grid."""
    index = grid.TransformPhysicalPointToIndex(point_mm)
    return all(0 <= at < size for at, size in zip(index, grid.GetSize(), strict=True))
