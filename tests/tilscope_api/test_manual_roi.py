"""Lesions drawn elsewhere and given to `tilscope.score`: a mask in memory or in a file, a Segmentation, a structure set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from dicom_readers import conformance_errors, report_lines
from foreign_outlines import Painted, Traced, contours_of, segmentation, structure_set
from study_on_disk import StudyOnDisk

import tilscope
from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import assemble
from tilscope.models.imaging.voxels import image_of, mask_of


@pytest.fixture(scope="module")
def drawn(small_study: StudyOnDisk) -> sitk.Image:
    """A slab of the lesion, which no segmenter would find."""
    lesion = small_study.patient.truth.lesion
    assert lesion is not None
    voxels = mask_of(lesion).copy()
    middle = int(np.argwhere(voxels)[:, 0].mean())
    voxels[: middle - 1] = voxels[middle + 2 :] = False
    return image_of(voxels, lesion)


@pytest.fixture(scope="module")
def by_mask(small_study: StudyOnDisk, drawn: sitk.Image) -> tilscope.Result:
    return tilscope.score(small_study.folder, manual_roi=drawn)


def headers(study: StudyOnDisk) -> list[pydicom.Dataset]:
    archive = FolderArchive(study.folder)
    (source,) = assemble(archive.headers(archive.only_study()))
    return list(source.early.headers)


def equal(a: sitk.Image, b: sitk.Image) -> bool:
    return bool((sitk.GetArrayFromImage(a) == sitk.GetArrayFromImage(b)).all())


def test_a_mask_replaces_the_automatic_lesion_voxel_by_voxel(
    by_mask: tilscope.Result, drawn: sitk.Image, result: tilscope.Result
) -> None:
    assert equal(by_mask.mask("lesion 1"), drawn)
    assert not equal(result.mask("lesion 1"), drawn)
    assert (by_mask.lesion_source.source, by_mask.lesion_source.tool) == ("drawn", "mask image")
    assert len(by_mask.lesions) == 1


def test_the_object_that_the_report_names_is_saved_with_it(by_mask: tilscope.Result, tmp_path: Path) -> None:
    saved = by_mask.save(tmp_path)
    assert conformance_errors(saved / "drawn_mask.dcm") == []
    uid = pydicom.dcmread(saved / "drawn_mask.dcm").SOPInstanceUID
    assert by_mask.lesion_source.sop_instance_uid == uid
    assert any(
        "The lesions were drawn by a person (mask image)." in line
        for line in report_lines(saved / "tilscope_report.dcm")
    )


def mirrored(mask: sitk.Image) -> sitk.Image:
    """The same mask with its voxels stored from the other end of each axis."""
    voxels = sitk.GetArrayFromImage(mask)[::-1, ::-1, ::-1]
    image = sitk.GetImageFromArray(np.ascontiguousarray(voxels))
    image.SetOrigin(mask.TransformIndexToPhysicalPoint([n - 1 for n in mask.GetSize()]))
    image.SetDirection([-v for v in mask.GetDirection()])
    image.SetSpacing(mask.GetSpacing())
    return image


def as_it_is(mask: sitk.Image) -> sitk.Image:
    return mask


def floating(mask: sitk.Image) -> sitk.Image:
    return sitk.Cast(mask, sitk.sitkFloat64) * 3


@pytest.mark.parametrize(
    ("name", "change"),
    [("mask.nii.gz", as_it_is), ("mask.nrrd", floating), ("mask.mha", mirrored)],
)
def test_a_file_is_the_same_mask(
    name: str,
    change: Callable[[sitk.Image], sitk.Image],
    by_mask: tilscope.Result,
    small_study: StudyOnDisk,
    drawn: sitk.Image,
    tmp_path: Path,
) -> None:
    sitk.WriteImage(change(drawn), str(tmp_path / name))
    again = tilscope.score(small_study.folder, manual_roi=tmp_path / name)
    assert equal(again.mask("lesion 1"), drawn)
    assert again.value("volume", "lesion 1") == by_mask.value("volume", "lesion 1")


def turned(mask: sitk.Image) -> sitk.Image:
    """The same mask on a grid of its own: finer, and turned by 17 degrees around the patient's long axis."""
    cosine, sine = np.cos(np.deg2rad(17)), np.sin(np.deg2rad(17))
    axes = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    z, y, x = np.argwhere(mask_of(mask)).mean(axis=0)
    centre = np.array(mask.TransformContinuousIndexToPhysicalPoint((x, y, z)))
    grid = sitk.Image([120, 120, 120], sitk.sitkUInt8)
    grid.SetSpacing([0.5] * 3)
    grid.SetDirection(axes.ravel().tolist())
    grid.SetOrigin((centre - axes @ np.full(3, 30.0)).tolist())
    return sitk.Resample(mask, grid, sitk.Transform(), sitk.sitkNearestNeighbor)


def test_a_mask_may_have_a_grid_of_its_own_and_the_images_may_be_multi_frame(
    small_study: StudyOnDisk, drawn: sitk.Image, tmp_path: Path
) -> None:
    tilscope.phantom.write_study(small_study.patient, tmp_path, "philips-enhanced")
    found = mask_of(tilscope.score(tmp_path, manual_roi=turned(drawn)).mask("lesion 1"))
    wanted = mask_of(drawn)
    assert 2 * (found & wanted).sum() > 0.97 * (found.sum() + wanted.sum())


def test_the_same_mask_gives_the_same_objects(
    by_mask: tilscope.Result, small_study: StudyOnDisk, drawn: sitk.Image
) -> None:
    again = tilscope.score(str(small_study.folder), manual_roi=sitk.Cast(drawn, sitk.sitkInt32))
    assert [o.SOPInstanceUID for o in again.objects] == [o.SOPInstanceUID for o in by_mask.objects]


def test_a_segmentation_outside_the_study_counts_as_one_in_it(
    small_study: StudyOnDisk, drawn: sitk.Image, by_mask: tilscope.Result, tmp_path: Path
) -> None:
    obj = segmentation([Painted(drawn)], headers(small_study))
    obj.save_as(tmp_path / "drawn.dcm", enforce_file_format=True)
    result = tilscope.score(small_study.folder, manual_roi=tmp_path / "drawn.dcm")
    assert equal(result.mask("lesion 1"), drawn)
    assert (result.lesion_source.by, result.lesion_source.sop_instance_uid) == ("Reader Rita", obj.SOPInstanceUID)
    assert obj.SOPInstanceUID not in {o.SOPInstanceUID for o in result.objects}, "it is the caller's own"


def test_a_structure_set_outside_the_study_counts_too(
    small_study: StudyOnDisk, drawn: sitk.Image, tmp_path: Path
) -> None:
    obj = structure_set([Traced(contours_of(drawn))], headers(small_study)[0])
    obj.save_as(tmp_path / "drawn.dcm", enforce_file_format=True)
    result = tilscope.score(small_study.folder, manual_roi=tmp_path / "drawn.dcm")
    assert result.lesion_source.sop_instance_uid == obj.SOPInstanceUID
    assert equal(result.mask("lesion 1"), drawn)


def test_each_number_is_a_lesion_and_the_largest_comes_first(small_study: StudyOnDisk, drawn: sitk.Image) -> None:
    voxels = sitk.GetArrayFromImage(drawn)
    z, y, _ = np.argwhere(voxels).min(axis=0)
    voxels[z, : y + 4][voxels[z, : y + 4] == 1] = 7
    labels = sitk.GetImageFromArray(voxels)
    labels.CopyInformation(drawn)
    result = tilscope.score(small_study.folder, manual_roi=labels)
    assert result.mask_names[-2:] == ("lesion 1", "lesion 2")
    assert mask_of(result.mask("lesion 2")).sum() == (voxels == 7).sum() < (voxels == 1).sum()


@pytest.mark.parametrize(
    ("problem", "spoil"),
    [
        ("it is empty", lambda mask: mask * 0),
        ("its voxels are no whole numbers", lambda mask: sitk.Cast(mask, sitk.sitkFloat32) * 0.5),
        ("no three-dimensional image", lambda mask: mask[:, :, 0]),
        ("different numbers, and is no mask", lambda mask: sitk.GetImageFromArray(np.arange(8**3).reshape(8, 8, 8))),
    ],
)
def test_an_image_that_is_no_mask_is_bad_input(
    problem: str, spoil: Callable[[sitk.Image], sitk.Image], small_study: StudyOnDisk, drawn: sitk.Image
) -> None:
    with pytest.raises(tilscope.BadInput, match=problem):
        tilscope.score(small_study.folder, manual_roi=spoil(drawn))


def test_a_file_that_is_no_mask_is_bad_input(small_study: StudyOnDisk, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no mask")
    image = next(small_study.folder.rglob("*.dcm"))
    for path, problem in (
        (tmp_path / "nowhere.nii.gz", "there is no such file"),
        (tmp_path / "notes.txt", "neither DICOM nor an image"),
        (image, "in which a person has drawn a lesion"),
    ):
        with pytest.raises(tilscope.BadInput, match=problem) as raised:
            tilscope.score(small_study.folder, manual_roi=path)
        assert raised.value.code == "unusable-mask"


def test_a_mask_beside_the_images_is_refused(small_study: StudyOnDisk, drawn: sitk.Image) -> None:
    moved = sitk.Image(drawn)
    moved.SetOrigin([v + 500 for v in drawn.GetOrigin()])
    with pytest.raises(tilscope.Refused) as raised:
        tilscope.score(small_study.folder, manual_roi=moved)
    assert raised.value.code == "outline-outside"


def test_a_seed_steers(small_study: StudyOnDisk) -> None:
    lesion = small_study.patient.truth.lesion
    assert lesion is not None
    z, y, x = np.argwhere(mask_of(lesion)).mean(axis=0)
    result = tilscope.score(small_study.folder, seed_mm=lesion.TransformContinuousIndexToPhysicalPoint((x, y, z)))
    assert result.lesion_source.source == "steered"
