"""What holds for RT structure sets: where contours lie, and what a region is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from conformance.readers import is_structure_set
from conformance.rule import code_of, rule
from conformance.written import WrittenCase, WrittenObject
from pydicom import Dataset

Faults = Iterator[str]


@rule("PS3.3 C.8.8.6: closed, planar, and on the image that it names", about=is_structure_set)
def every_contour_is_closed_and_lies_on_its_image(one: WrittenObject, case: WrittenCase) -> Faults:
    for contour in (c for roi in one.dataset.ROIContourSequence for c in roi.ContourSequence):
        points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
        if contour.ContourGeometricType != "CLOSED_PLANAR" or len(points) < 3:
            yield f"a contour of {len(points)} points, {contour.ContourGeometricType}"
        if contour.NumberOfContourPoints != len(points):
            yield f"{contour.NumberOfContourPoints} points are told, {len(points)} are there"
        (image,) = contour.ContourImageSequence
        off = np.abs(_distances(points, _header(one, case, image))).max()
        if off > 0.02:
            yield f"a contour lies {off:.2f} mm beside its image"


def _header(one: WrittenObject, case: WrittenCase, named: Dataset) -> Dataset:
    """Of the image, or of the frame of an image of many."""
    found = case.instances[str(named.ReferencedSOPInstanceUID)]
    if "ReferencedFrameNumber" not in named:
        return found
    groups = found.PerFrameFunctionalGroupsSequence[int(named.ReferencedFrameNumber) - 1]
    shared = found.SharedFunctionalGroupsSequence[0]
    orientation = groups.get("PlaneOrientationSequence") or shared.PlaneOrientationSequence
    flat = Dataset()
    flat.ImageOrientationPatient = orientation[0].ImageOrientationPatient
    flat.ImagePositionPatient = groups.PlanePositionSequence[0].ImagePositionPatient
    return flat


def _distances(points: np.ndarray, image: Dataset) -> np.ndarray:
    along_row, along_column = np.array(image.ImageOrientationPatient, dtype=float).reshape(2, 3)
    found: np.ndarray = (points - np.array(image.ImagePositionPatient, dtype=float)) @ np.cross(along_row, along_column)
    return found


@rule("PS3.3 C.8.8.5 and C.8.8.8: every region has a name, contours, a code and an algorithm", about=is_structure_set)
def every_region_says_what_it_is_and_who_drew_it(one: WrittenObject, case: WrittenCase) -> Faults:
    obj = one.dataset
    numbers = [roi.ROINumber for roi in obj.StructureSetROISequence]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"regions {numbers}"
    for sequence in (obj.ROIContourSequence, obj.RTROIObservationsSequence):
        if [item.ReferencedROINumber for item in sequence] != numbers:
            yield "a region without contours or observation"
    for roi in obj.StructureSetROISequence:
        by_hand = one.study.regions.has_manual_rois and roi.ROIName.startswith("Lesion 1")
        if roi.ROIGenerationAlgorithm != ("SEMIAUTOMATIC" if by_hand else "AUTOMATIC") or not roi.ROIName:
            yield f"{roi.ROIName!r} is {roi.ROIGenerationAlgorithm}"
    for item in obj.RTROIObservationsSequence:
        if code_of(item.RTROIIdentificationCodeSequence) is None:
            yield f"region {item.ReferencedROINumber} has no code"
