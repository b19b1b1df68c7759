"""What is stored is what was measured: from the segmentations alone, and the images, every feature of Wu comes out again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import Dataset, dcmread
from scored_study import scored_study

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import assemble
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.dicom_io.identity import Author, Kind
from tilscope.dicom_io.objects.seg.segmentation import breast, build_segmentation, lesions, tissue
from tilscope.models.features.peritumoral import ring_on_images
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.models.preparation.prepare import prepare
from tilscope.models.segmenters.choice import segment
from tilscope.models.settings import MotionSettings, PipelineSettings
from tilscope.models.signatures.wu2018.features import wu_features
from tilscope.phantom import PhantomSpec, make_study, write_study

SETTINGS = PipelineSettings(motion=MotionSettings(register=False))


def masks_by_label(path: Path, grid: sitk.Image) -> dict[str, sitk.Image]:
    """Every segment on the grid of the images, by highdicom from the file alone: [z, y, x] by the place of its frames."""
    seg = hd.seg.segread(path)
    volume = seg.get_volume(combine_segments=False, dtype=np.uint8)
    found = {}
    for number, item in enumerate(seg.SegmentSequence):
        image = sitk.GetImageFromArray(volume.array[..., number])
        image.CopyInformation(_placed(volume))
        found[str(item.SegmentLabel)] = sitk.Resample(image, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    return found


def _placed(volume: hd.Volume) -> sitk.Image:
    """An empty image where the volume lies; its axes are slices, rows and columns."""
    placed = sitk.Image([int(n) for n in volume.spatial_shape[::-1]], sitk.sitkUInt8)
    steps = np.array(volume.affine)[:3, :3][:, ::-1]
    spacing = np.linalg.norm(steps, axis=0)
    placed.SetSpacing([float(v) for v in spacing])
    placed.SetDirection([float(v) for v in (steps / spacing).ravel()])
    placed.SetOrigin([float(v) for v in np.array(volume.affine)[:3, 3]])
    return placed


@pytest.mark.slow
def test_the_stored_segmentations_give_every_feature_of_wu_again(tmp_path: Path) -> None:
    write_study(make_study(PhantomSpec.small()), tmp_path / "study")
    archive = FolderArchive(tmp_path / "study")
    uid = archive.only_study()
    (source,) = assemble(archive.headers(uid))
    (tmp_path / "images").mkdir()
    files = archive.fetch(uid, source.files_needed, tmp_path / "images", lambda done, total: None)
    series = read_series(source, files)
    prepared = prepare(series, SETTINGS)
    regions = segment(prepared, SETTINGS)
    ring = ring_on_images(series, regions)
    assert (mask_of(ring) & mask_of(regions.fgt)).any(), "a ring that cuts into the glands is the point"

    def stored(kind: Kind) -> dict[str, sitk.Image]:
        rows = {
            Kind.SEGMENTATION: lesions(regions),
            Kind.TISSUE_SEGMENTATION: tissue(regions, ring, source.laterality),
            Kind.BREAST_SEGMENTATION: breast(regions, source.laterality),
        }[kind]
        obj: Dataset = build_segmentation(kind, rows, source, regions, Author.of(scored_study().result), datetime.now())
        obj.save_as(tmp_path / f"{kind.name}.dcm", enforce_file_format=True)
        assert dcmread(tmp_path / f"{kind.name}.dcm").SegmentsOverlap == (
            "YES" if kind is Kind.BREAST_SEGMENTATION else "NO"
        )
        return masks_by_label(tmp_path / f"{kind.name}.dcm", series.grid)

    nested = stored(Kind.BREAST_SEGMENTATION)
    (lesion,) = stored(Kind.SEGMENTATION).values()
    whole = nested["Fibroglandular tissue, whole"]
    read = Regions(
        image_of(mask_of(nested["Breast"]), series.grid),
        image_of(mask_of(whole), series.grid),
        (replace(regions.index_lesion, mask=image_of(mask_of(lesion), series.grid)),),
        regions.algorithm,
        regions.algorithm_version,
    )
    measured = wu_features(prepared, regions)
    assert all(feature.value is not None for feature in measured)
    assert wu_features(prepared, read) == measured
    # Of the glands without the ring's part, as they are shown beside the lesion, they would be others.
    without = replace(
        read, fgt=image_of(mask_of(stored(Kind.TISSUE_SEGMENTATION)["Fibroglandular tissue"]), series.grid)
    )
    assert wu_features(prepared, without) != measured
