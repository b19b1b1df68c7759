"""The segmentation, read back by dcmqi: to the voxel in the right place, whatever way the slices lie."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import dicom_readers
import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import Dataset
from scored_study import GRIDS, ScoredStudy, scored_study

from tilscope.dicom_io.dce.source import DceSource, SourcePhase
from tilscope.dicom_io.identity import Author, Kind
from tilscope.dicom_io.objects.results import build_results
from tilscope.dicom_io.objects.seg.segmentation import breast, build_segmentation, lesions, tissue
from tilscope.models.features.peritumoral import ring_on_images
from tilscope.models.finding import Finding
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import mask_of


def segmentation(study: ScoredStudy, kind: Kind = Kind.SEGMENTATION, labelmap: bool = False) -> Dataset:
    side = study.source.laterality
    if kind is Kind.SEGMENTATION:
        segments = lesions(study.regions)
    elif kind is Kind.TISSUE_SEGMENTATION:
        segments = tissue(study.regions, ring_on_images(study.series, study.regions), side)
    else:
        segments = breast(study.regions, side)
    author = Author.of(study.result)
    return build_segmentation(kind, segments, study.source, study.regions, author, datetime.now(), labelmap)


def read_back(obj: Dataset, folder: Path) -> dict[int, dicom_readers.ReadSegment]:
    folder.mkdir(exist_ok=True)
    return dicom_readers.read_segments(dicom_readers.saved(obj, folder), folder / "read")


@pytest.mark.parametrize("labelmap", [False, True], ids=["masks", "label map"])
@pytest.mark.parametrize("grid", GRIDS)
def test_every_region_comes_back_to_the_voxel_on_the_grid_of_the_early_phase(
    grid: str, labelmap: bool, tmp_path: Path
) -> None:
    study = scored_study(grid)
    first, second = study.regions.lesions
    ring = ring_on_images(study.series, study.regions)
    fgt = sitk.And(study.regions.fgt, sitk.Cast(ring == 0, sitk.sitkUInt8))
    expected = {
        (Kind.SEGMENTATION, 1): first.mask, (Kind.SEGMENTATION, 2): second.mask,
        (Kind.TISSUE_SEGMENTATION, 1): fgt, (Kind.TISSUE_SEGMENTATION, 2): ring,
    }  # fmt: skip

    found = {
        (kind, number): segment
        for kind in (Kind.SEGMENTATION, Kind.TISSUE_SEGMENTATION)
        for number, segment in read_back(segmentation(study, kind, labelmap), tmp_path / kind.name).items()
    }

    assert found.keys() == expected.keys()
    for number, mask in expected.items():
        read = found[number].image
        assert read.GetSpacing() == pytest.approx(mask.GetSpacing(), abs=1e-5)
        # dcmqi keeps only the slices that hold something: the same lattice, so the corner falls on a voxel.
        corner = mask.TransformPhysicalPointToContinuousIndex(read.GetOrigin())
        assert corner == pytest.approx(np.round(corner), abs=1e-3)
        ours, theirs = sitk.GetArrayFromImage(mask), sitk.GetArrayFromImage(found[number].on(mask))
        np.testing.assert_array_equal(theirs, ours)
        assert np.count_nonzero(sitk.GetArrayViewFromImage(read)) == np.count_nonzero(ours), "voxels off the grid"
        assert ours.any()


def test_the_ring_is_what_lies_within_5_mm_of_the_index_lesion_in_the_breast() -> None:
    """Told by the patient's millimetres: how far each voxel is from the nearest of the lesion."""
    study = scored_study("oblique")
    ring, lesion = mask_of(ring_on_images(study.series, study.regions)), study.regions.index_lesion.mask
    away = sitk.SignedMaurerDistanceMap(lesion, insideIsPositive=False, squaredDistance=False, useImageSpacing=True)
    far = sitk.GetArrayFromImage(away)
    others = mask_of(study.regions.lesions[1].mask)
    assert far[ring].max() <= 5.0
    assert far[ring].min() > 0.0
    assert not (ring & (others | mask_of(lesion) | ~mask_of(study.regions.breast))).any()
    near = (far > 0) & (far <= 5.0) & mask_of(study.regions.breast) & ~others
    assert near.sum() == ring.sum(), "this study has no vessels"


def test_a_lesion_without_tissue_around_it_has_no_ring(tmp_path: Path) -> None:
    study = scored_study()
    bare = replace(study, regions=replace(study.regions, breast=study.regions.index_lesion.mask))
    found = read_back(segmentation(bare, Kind.TISSUE_SEGMENTATION), tmp_path)
    assert [one.facts["SegmentLabel"] for one in found.values()] == ["Fibroglandular tissue"]


def test_a_label_map_is_of_its_own_class_and_smaller(tmp_path: Path) -> None:
    masks, labels = (segmentation(scored_study(), labelmap=labelmap) for labelmap in (False, True))
    assert labels.SOPClassUID == "1.2.840.10008.5.1.4.1.1.66.7"
    assert labels.SegmentationType == "LABELMAP"
    sizes = []
    for obj, name in ((masks, "masks"), (labels, "labels")):
        (tmp_path / name).mkdir()
        sizes.append(dicom_readers.saved(obj, tmp_path / name).stat().st_size)
    assert sizes[1] < sizes[0]
    assert [(s.SegmentNumber, s.SegmentLabel) for s in labels.SegmentSequence][:2] == [
        (0, "Background"),
        (1, "Lesion 1 (left)"),
    ]


@pytest.mark.parametrize("grid", ["axial", "sagittal from left to right", "oblique"])
def test_the_breast_has_an_object_of_its_own_with_all_of_its_glands(grid: str, tmp_path: Path) -> None:
    study = scored_study(grid)
    found = read_back(segmentation(study, Kind.BREAST_SEGMENTATION), tmp_path)
    assert found.keys() == {1, 2}
    for number, label, mask in (
        (1, "Breast", study.regions.breast),
        (2, "Fibroglandular tissue, whole", study.regions.fgt),
    ):
        assert found[number].facts["SegmentLabel"] == label
        np.testing.assert_array_equal(sitk.GetArrayFromImage(found[number].on(mask)), sitk.GetArrayFromImage(mask))


def test_segments_say_what_they_are_and_on_which_side(tmp_path: Path) -> None:
    study = scored_study(laterality=Laterality.RIGHT)
    found = read_back(segmentation(study, Kind.TISSUE_SEGMENTATION), tmp_path / "tissue")
    lesion, fgt = read_back(segmentation(study), tmp_path / "lesions")[1].facts, found[1].facts
    assert lesion["SegmentLabel"] == "Lesion 1 (right)"
    assert lesion["SegmentedPropertyCategoryCodeSequence"]["CodeValue"] == "49755003"
    assert lesion["SegmentedPropertyTypeCodeSequence"]["CodeValue"] == "52988006"
    assert lesion["AnatomicRegionSequence"]["CodeValue"] == "76752008"
    assert lesion["AnatomicRegionModifierSequence"]["CodeMeaning"] == "Right"
    assert lesion["SegmentAlgorithmType"] == "AUTOMATIC"
    assert lesion["recommendedDisplayRGBValue"] == [255, 122, 0]
    assert fgt["SegmentLabel"] == "Fibroglandular tissue"
    assert fgt["SegmentedPropertyTypeCodeSequence"]["CodeValue"] == "85756007"
    assert "whole, as it is measured, in the segmentation of the breast" in fgt["SegmentDescription"]
    ring = found[2].facts
    assert ring["SegmentLabel"] == "Peritumoral ring of 5 mm around lesion 1 (right)"
    assert ring["SegmentedPropertyCategoryCodeSequence"]["CodeValue"] == "309825002"
    assert ring["SegmentedPropertyTypeCodeSequence"]["CodeValue"] == "PERITUMORAL_RING"


def test_the_source_is_the_early_phase_and_nothing_else() -> None:
    study = scored_study()
    obj = segmentation(study)
    (referenced,) = obj.ReferencedSeriesSequence
    listed = {item.ReferencedSOPInstanceUID for item in referenced.ReferencedInstanceSequence}
    assert listed == set(study.source.early.instance_uids)
    for frame in obj.PerFrameFunctionalGroupsSequence:
        (source,) = frame.DerivationImageSequence[0].SourceImageSequence
        assert source.ReferencedSOPInstanceUID in listed
    assert obj.FrameOfReferenceUID == study.source.early.headers[0].FrameOfReferenceUID


def test_each_frame_names_the_very_slice_it_lies_on() -> None:
    study = scored_study("axial from head to foot")
    position = {h.SOPInstanceUID: list(h.ImagePositionPatient) for h in study.source.early.headers}
    for frame in segmentation(study).PerFrameFunctionalGroupsSequence:
        source = frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        assert list(frame.PlanePositionSequence[0].ImagePositionPatient) == pytest.approx(position[source], abs=1e-4)


@pytest.mark.parametrize("kind", [Kind.SEGMENTATION, Kind.TISSUE_SEGMENTATION], ids=lambda kind: kind.name)
def test_tissues_in_one_object_do_not_overlap_and_no_frame_is_empty(kind: Kind) -> None:
    obj = segmentation(scored_study(), kind)
    assert obj.SegmentsOverlap == "NO"
    assert obj.SegmentationType == "BINARY"
    assert obj.pixel_array.reshape(obj.NumberOfFrames, -1).any(axis=1).all()


def test_a_breast_without_fibroglandular_tissue_gets_no_segment_for_it(tmp_path: Path) -> None:
    found = read_back(segmentation(scored_study(with_fgt=False), Kind.TISSUE_SEGMENTATION), tmp_path)
    assert [one.facts["SegmentLabel"] for one in found.values()] == ["Peritumoral ring of 5 mm around lesion 1 (left)"]


def test_the_object_that_viewers_open_holds_lesions_and_nothing_else() -> None:
    made = build_results(*scored_study().parts)
    assert [one.SegmentLabel for one in made.segmentation.SegmentSequence] == ["Lesion 1 (left)", "Lesion 2 (left)"]
    assert made.segmentation.SeriesDescription == "TILscope_lesions_left"
    nothing = scored_study(with_fgt=False, finding=Finding.CANDIDATES, signatures=())
    assert build_results(*nothing.parts).tissue_segmentation is None, "an empty segmentation is never written"


def test_one_lesion_and_nothing_else_is_one_segment(tmp_path: Path) -> None:
    study = scored_study(with_fgt=False)
    lesions = study.regions.lesions[:1]
    alone = replace(study, regions=replace(study.regions, lesions=lesions, breast=lesions[0].mask))
    found = read_back(segmentation(alone), tmp_path)
    np.testing.assert_array_equal(
        sitk.GetArrayFromImage(found[1].on(study.regions.breast)),
        sitk.GetArrayFromImage(study.regions.index_lesion.mask),
    )


def test_an_empty_segmentation_is_never_written() -> None:
    study = scored_study()
    empty = replace(study, regions=replace(study.regions, breast=study.regions.breast * 0))
    empty = replace(empty, regions=replace(empty.regions, fgt=study.regions.fgt * 0))
    with pytest.raises(ValueError, match="every mask is empty"):
        segmentation(empty, Kind.BREAST_SEGMENTATION)


def test_slices_in_another_order_than_the_mask_are_noticed() -> None:
    study = scored_study()
    turned = tuple(SourcePhase(phase.headers[::-1], phase.time_s) for phase in study.source.phases)
    source = DceSource(turned, study.source.roles, study.source.laterality, study.source.time_zero)
    with pytest.raises(ValueError, match=r"slice 0 of the mask lies at .* its image at"):
        segmentation(replace(study, source=source))


def test_a_mask_on_another_grid_is_noticed() -> None:
    study = scored_study()
    short = replace(study.regions, breast=study.regions.breast[:, :, :-1])
    with pytest.raises(ValueError, match="the mask has 10 slices of 44x52, the early phase 11"):
        segmentation(replace(study, regions=short), Kind.BREAST_SEGMENTATION)


def test_the_slice_distance_is_the_volumes_not_the_headers_gap() -> None:
    measures = segmentation(scored_study()).SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert float(measures.SpacingBetweenSlices) == 2.5
    assert float(measures.SliceThickness) == 2.0


def test_images_without_slice_thickness_are_no_obstacle(tmp_path: Path) -> None:
    study = scored_study(tags={"SliceThickness": None, "SpacingBetweenSlices": None})
    assert dicom_readers.conformance_errors(dicom_readers.saved(segmentation(study), tmp_path)) == []
