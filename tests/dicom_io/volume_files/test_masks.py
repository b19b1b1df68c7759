"""Masks of lesions from NIfTI and NRRD, with and without names for their numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from volume_study import small_volume

from tilscope.dicom_io.volume_files.masks import read_mask
from tilscope.models.refusals import BadInput


def labels(*boxes: tuple[slice, slice, slice]) -> sitk.Image:
    """Number n in the n-th box."""
    values = np.zeros((10, 24, 30), np.uint8)
    for number, box in enumerate(boxes, start=1):
        values[box] = number
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(small_volume())
    return image


A = (slice(2, 5), slice(3, 8), slice(4, 9))
B = (slice(6, 8), slice(10, 20), slice(10, 20))


def slicer(path: Path, image: sitk.Image, *names: tuple[str, int, int]) -> Path:
    """As 3D Slicer writes a .seg.nrrd."""
    for index, (name, value, layer) in enumerate(names):
        for key, told in (("Name", name), ("LabelValue", str(value)), ("Layer", str(layer))):
            image.SetMetaData(f"Segment{index}_{key}", told)
    sitk.WriteImage(image, str(path), useCompression=True)
    return path


def voxels(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
def test_numbers_without_names_are_all_lesions(tmp_path: Path, suffix: str) -> None:
    written = labels(A, B)
    sitk.WriteImage(written, str(tmp_path / f"mask{suffix}"))
    read = read_mask(tmp_path / f"mask{suffix}")
    np.testing.assert_array_equal(voxels(read), voxels(written))
    assert read.GetOrigin() == written.GetOrigin()


def test_of_slicers_segments_those_that_mean_a_lesion_count(tmp_path: Path) -> None:
    path = slicer(tmp_path / "s.seg.nrrd", labels(A, B), ("fibroglandular tissue", 1, 0), ("Tumor", 2, 0))
    read = voxels(read_mask(path))
    assert set(np.unique(read)) == {0, 1}
    assert np.array_equal(read == 1, voxels(labels(B)) == 1)


def test_slicers_layers_may_overlap(tmp_path: Path) -> None:
    one, other = labels(A), labels((slice(3, 7), slice(3, 8), slice(4, 9)))
    path = slicer(tmp_path / "s.seg.nrrd", sitk.Compose(one, other), ("lesion", 1, 0), ("breast", 1, 1))
    assert np.array_equal(voxels(read_mask(path)), voxels(one))


def test_segments_without_a_lesion_are_refused_by_their_names(tmp_path: Path) -> None:
    path = slicer(tmp_path / "s.seg.nrrd", labels(A, B), ("breast", 1, 0), ("vessel", 2, 0))
    with pytest.raises(BadInput, match=r"none of its segments is named as a lesion: breast, vessel"):
        read_mask(path)


def test_segments_that_nobody_has_named_count(tmp_path: Path) -> None:
    path = slicer(tmp_path / "s.seg.nrrd", labels(A), ("Segment_1", 1, 0))
    assert np.array_equal(voxels(read_mask(path)), voxels(labels(A)))


def test_nnunets_own_names_of_the_labels_are_used(tmp_path: Path) -> None:
    (tmp_path / "labelsTr").mkdir()
    sitk.WriteImage(labels(A, B), str(tmp_path / "labelsTr" / "c.nii.gz"))
    told = {"labels": {"background": 0, "breast": 1, "tumour": 2}}
    (tmp_path / "dataset.json").write_text(json.dumps(told), encoding="utf-8")
    assert np.array_equal(voxels(read_mask(tmp_path / "labelsTr" / "c.nii.gz")) == 1, voxels(labels(B)) == 1)


def test_a_mask_without_a_place_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mask.nii"
    sitk.WriteImage(labels(A), str(path))
    raw = bytearray(path.read_bytes())
    raw[252:256] = bytes(4)
    path.write_bytes(raw)
    with pytest.raises(BadInput, match="left and right are unknown"):
        read_mask(path)
