"""Who reads our objects back: programs and libraries that share no code with what wrote them, and what each must find.

A row is a reader; docs/objects.md and the tests are made from the rows. Only highdicom has also helped to write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import dicom_readers
import highdicom as hd
import numpy as np
import pydicom
import SimpleITK as sitk
from conformance.allowed import unexplained
from conformance.expected import Number, masks_of, numbers_in_tree, numbers_of, segments_of, values_of_map
from conformance.written import WrittenObject
from pydicom import Dataset
from pydicom.uid import (
    EncapsulatedPDFStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    ParametricMapStorage,
    RTStructureSetStorage,
    SegmentationStorage,
)

from tilscope.dicom_io.identity import Kind

#: pydicom 3.0 does not know the class yet.
LABEL_MAP_STORAGE = "1.2.840.10008.5.1.4.1.1.66.7"


@dataclass(frozen=True)
class Reader:
    program: str
    reads: Callable[[Dataset], bool]
    check: Callable[[WrittenObject, Path], None]
    """Fails where what was read is not what was meant. The folder is empty and for its use alone."""
    not_read: str = ""
    """What it cannot read of what it should."""


def anything(obj: Dataset) -> bool:
    return True


def is_tree(obj: Dataset) -> bool:
    return obj.Modality in ("SR", "KO")


def is_measurement_report(obj: Dataset) -> bool:
    """By its root template (PS3.16 TID 1500)."""
    return (
        obj.Modality == "SR" and obj.get("ContentTemplateSequence", [Dataset()])[0].get("TemplateIdentifier") == "1500"
    )


def is_segmentation(obj: Dataset) -> bool:
    return obj.SOPClassUID in (SegmentationStorage, LABEL_MAP_STORAGE)


def is_label_map(obj: Dataset) -> bool:
    return bool(obj.SOPClassUID == LABEL_MAP_STORAGE)


def has_run_lengths(obj: Dataset) -> bool:
    return is_label_map(obj) or is_film(obj)


def names_label_map(obj: Dataset) -> bool:
    """Whether content items, not only the evidence, reference one: dcmtk 3.6.7 allows no segment number of that class."""
    items = obj.get("ContentSequence", ())
    named = [named for item in items for named in item.get("ReferencedSOPSequence", ())]
    return any(n.ReferencedSOPClassUID == LABEL_MAP_STORAGE for n in named) or any(map(names_label_map, items))


def is_map(obj: Dataset) -> bool:
    return bool(obj.SOPClassUID == ParametricMapStorage)


def is_structure_set(obj: Dataset) -> bool:
    return bool(obj.SOPClassUID == RTStructureSetStorage)


def is_picture(obj: Dataset) -> bool:
    return bool(obj.SOPClassUID == MultiFrameTrueColorSecondaryCaptureImageStorage) or is_film(obj)


def is_film(obj: Dataset) -> bool:
    return bool(obj.SOPClassUID == MultiFrameGrayscaleByteSecondaryCaptureImageStorage)


def is_presentation_state(obj: Dataset) -> bool:
    return bool(obj.SOPClassUID == GrayscaleSoftcopyPresentationStateStorage)


def is_page(obj: Dataset) -> bool:
    return bool(obj.SOPClassUID == EncapsulatedPDFStorage)


# --------------------------------------------------------------------------------------------------------------- dcmtk


def by_dcmdump(one: WrittenObject, folder: Path) -> None:
    assert unexplained("dcmdump", dicom_readers.dump_complaints(one.path)) == []


def by_dcm2json(one: WrittenObject, folder: Path) -> None:
    told = dicom_readers.as_json(one.path)
    assert told["00080018"]["Value"] == [one.dataset.SOPInstanceUID]
    assert told["00080005"]["Value"] == ["ISO_IR 192"]
    name = told["00100010"].get("Value", [{}])[0]
    groups = [name[key] for key in ("Alphabetic", "Ideographic", "Phonetic") if key in name]
    assert "=".join(groups) == str(one.dataset.PatientName)


def by_dsrdump(one: WrittenObject, folder: Path) -> None:
    assert unexplained("dsrdump", dicom_readers.report_complaints(one.path)) == []
    assert Counter(dicom_readers.dumped_numbers(one.path)) == Counter(n.value for n in numbers_in_tree(one.dataset))


def by_dcm2pdf(one: WrittenObject, folder: Path) -> None:
    page = dicom_readers.page_inside(one.path, folder)
    assert page.read_bytes().rstrip(b"\0") == one.dataset.EncapsulatedDocument.rstrip(b"\0")
    assert int(dicom_readers.pdf_facts(page)["Pages"]) >= 1
    assert "RESEARCH USE ONLY" in dicom_readers.pdf_text(page)


def by_drtdump(one: WrittenObject, folder: Path) -> None:
    told = dicom_readers.dumped_plan_object(one.path)
    assert "RT Structure Set object" in told
    assert f"{one.dataset.SeriesDescription}, #{one.dataset.SeriesNumber}" in told


def by_dcmj2pnm(one: WrittenObject, folder: Path) -> None:
    frames = dicom_readers.frames_of_picture(one.path, folder)
    if is_film(one.dataset):
        frames = [frame[..., 0] for frame in frames]
    np.testing.assert_array_equal(np.stack(frames), one.dataset.pixel_array.reshape(len(frames), *frames[0].shape))


# --------------------------------------------------------------------------------------------------------------- dcmqi


def by_tid1500reader(one: WrittenObject, folder: Path) -> None:
    """Every number of the result with its code and unit; where there is none, that there is none."""
    read = dicom_readers.read_report(one.path, folder)
    found = Counter(
        Number(
            item["quantity"]["CodeValue"],
            float(item["value"]) if item["value"] else None,
            item["units"]["CodeValue"] or None,
        )
        for group in read["Measurements"]
        for item in group["measurementItems"]
    )
    expected = Counter(numbers_of(one.study.result) if one.kind is Kind.REPORT else numbers_in_tree(one.dataset))
    if found != expected:
        raise AssertionError(f"{found - expected} in the report, {expected - found} in the result")


def by_segimage2itkimage(one: WrittenObject, folder: Path) -> None:
    """Every segment to the voxel in its place in the patient, and nothing beside it."""
    found = dicom_readers.read_segments(one.path, folder)
    expected = masks_of(one)
    assert found.keys() == expected.keys()
    for number, mask in expected.items():
        ours, theirs = sitk.GetArrayFromImage(mask) != 0, sitk.GetArrayFromImage(found[number].on(mask)) != 0
        np.testing.assert_array_equal(theirs, ours, err_msg=f"segment {number}")
        everywhere = sitk.GetArrayFromImage(found[number].image)
        assert np.count_nonzero(everywhere) == np.count_nonzero(ours), f"segment {number} has voxels off the grid"


def by_paramap2itkimage(one: WrittenObject, folder: Path) -> None:
    read = dicom_readers.read_map(one.path, folder)
    grid = one.study.series.grid
    on_the_images = sitk.Resample(read, grid, sitk.Transform(), sitk.sitkNearestNeighbor, -1.0, sitk.sitkFloat32)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(on_the_images), values_of_map(one))


# ----------------------------------------------------------------------------------------------------------- highdicom


def by_segread(one: WrittenObject, folder: Path) -> None:
    read = hd.seg.segread(one.path)
    assert list(read.segment_numbers) == [int(segment.SegmentNumber) for segment in segments_of(one.dataset)]
    assert set(read.get_tracking_ids()) == {(s.TrackingID, s.TrackingUID) for s in segments_of(one.dataset)}


def by_srread(one: WrittenObject, folder: Path) -> None:
    """highdicom 0.27 stops at a number without a value (see `test_highdicom_cannot_read_an_empty_number`): it gets a 0 there."""
    filled = pydicom.dcmread(one.path)
    fill_empty_numbers(filled)
    filled.save_as(folder / "filled.dcm")
    content = hd.sr.srread(folder / "filled.dcm").content
    groups = [*content.get_volumetric_roi_measurement_groups(), *content.get_image_measurement_groups()]
    groups += content.get_planar_roi_measurement_groups()
    found = Counter((m.name.value, m.unit.value) for group in groups for m in group.get_measurements())
    wanted = Counter((n.code, n.unit) for n in numbers_in_tree(filled))
    assert found == wanted


def fill_empty_numbers(item: Dataset) -> None:
    if item.get("ValueType") == "NUM" and not item.MeasuredValueSequence:
        value = Dataset()
        value.NumericValue = 0
        value.MeasurementUnitsCodeSequence = [hd.sr.CodedConcept("1", "UCUM", "no units")]
        item.MeasuredValueSequence = [value]
    for child in item.get("ContentSequence", ()):
        fill_empty_numbers(child)


def by_imread(one: WrittenObject, folder: Path) -> None:
    """Where the frames lie; highdicom 0.27 turns no floats into a volume. Its slices run against ours."""
    geometry = hd.imread(one.path).get_volume_geometry()
    grid = one.study.series.grid
    columns, rows, slices = grid.GetSize()
    assert geometry.spatial_shape == (slices, rows, columns)
    last, right, lower = np.array(geometry.affine)[:3, 3], (0, 0, columns - 1), (0, rows - 1, 0)
    corners = [
        last,
        *(geometry.map_indices_to_reference(np.array([index]))[0] for index in (right, lower, (slices - 1, 0, 0))),
    ]
    ours = [(0, 0, slices - 1), (columns - 1, 0, slices - 1), (0, rows - 1, slices - 1), (0, 0, 0)]
    np.testing.assert_allclose(corners, [grid.TransformIndexToPhysicalPoint(index) for index in ours], atol=0.01)


# ---------------------------------------------------------------------------------------------------------- matplotlib


def by_filled_paths(one: WrittenObject, folder: Path) -> None:
    """The voxels whose centres lie inside the contours are those of the masks, and no others."""
    regions, grid = one.study.regions, one.study.series.grid
    masks = [*(lesion.mask for lesion in regions.lesions), regions.breast]
    read = pydicom.dcmread(one.path)
    assert len(read.ROIContourSequence) == len(masks)
    for roi, mask in zip(read.ROIContourSequence, masks, strict=True):
        np.testing.assert_array_equal(dicom_readers.filled(roi, grid), sitk.GetArrayFromImage(mask) != 0)


def by_key_objects(one: WrittenObject, folder: Path) -> None:
    read = hd.ko.KeyObjectSelectionDocument.from_dataset(pydicom.dcmread(one.path))
    assert read.content.get_references()


def by_dcmpschk(one: WrittenObject, folder: Path) -> None:
    """It checks the whole; that the contours are those of the masks is a test of their own."""
    assert dicom_readers.presentation_complaints(one.path) == []
    lines = [item for note in one.dataset.GraphicAnnotationSequence for item in note.GraphicObjectSequence]
    assert len(lines) >= len(one.study.regions.lesions)


READERS: tuple[Reader, ...] = (
    Reader("dcmtk dcmdump", anything, by_dcmdump),
    Reader("dcmtk dcm2json", lambda obj: not has_run_lengths(obj), by_dcm2json, "run lengths, of a label map or a film"),
    Reader("dcmtk dsrdump", lambda obj: is_tree(obj) and not names_label_map(obj), by_dsrdump, "a report whose segments are those of label maps"),
    Reader("dcmtk dcm2pdf and poppler", is_page, by_dcm2pdf),
    Reader("dcmtk dcmj2pnm", is_picture, by_dcmj2pnm),
    Reader("dcmtk dcmpschk", is_presentation_state, by_dcmpschk),
    Reader("dcmtk drtdump", is_structure_set, by_drtdump),
    Reader("pydicom and matplotlib", is_structure_set, by_filled_paths),
    Reader("dcmqi tid1500reader", is_measurement_report, by_tid1500reader),
    Reader("dcmqi segimage2itkimage", is_segmentation, by_segimage2itkimage),
    Reader("dcmqi paramap2itkimage", is_map, by_paramap2itkimage),
    Reader("highdicom segread", is_segmentation, by_segread),
    Reader("highdicom srread", is_measurement_report, by_srread, "a number without a value"),
    Reader("highdicom imread", is_map, by_imread),
    Reader("highdicom KeyObjectSelectionDocument", lambda o: o.SOPClassUID == KeyObjectSelectionDocumentStorage, by_key_objects),
)  # fmt: skip
