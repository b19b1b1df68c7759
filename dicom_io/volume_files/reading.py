"""One volume from a file, with its place in the patient (LPS, mm)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tilscope.models.refusals import BadInput

#: What ITK reads and research groups share. The longer ones first: `.nii` is the end of none of the others.
SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha", ".mhd")
_UNPLACED = "NIFTI_XFORM_UNKNOWN"
#: Two volumes lie on one grid where no corner is farther apart: affines are stored in 32 bits, and written by many hands.
SAME_PLACE_MM = 0.01


def suffix_of(path: Path) -> str:
    """The end of the name that tells the format; '' where it is none of these."""
    return next((suffix for suffix in SUFFIXES if path.name.lower().endswith(suffix)), "")


def name_without_suffix(path: Path) -> str:
    """
    >>> name_without_suffix(Path("a/case_1.nii.gz"))
    'case_1'
    """
    return path.name[: len(path.name) - len(suffix_of(path))]


def read_image(path: Path) -> sitk.Image:
    """As it is in the file.

    Parameters
    ----------
    path : Path
        A file of one of `SUFFIXES`.

    Returns
    -------
    SimpleITK.Image
        Of any dimension, in patient space (LPS, mm): ITK turns NIfTI's RAS when it reads.

    Raises
    ------
    BadInput
        `unusable-volume`.
    """
    if not path.is_file():
        raise unusable(path, "there is no such file")
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as problem:  # of ITK, a page of words that name its own source files
        sheared = "orthonormal" in str(problem)
        why = "its axes are not at right angles to each other" if sheared else "it is cut off, or in another format"
        raise unusable(path, why) from None
    if suffix_of(path).startswith(".nii"):
        _check_placed(image, path)
        image.SetSpacing([as_written(v) for v in image.GetSpacing()])
        image.SetOrigin([as_written(v) for v in image.GetOrigin()])
    return image


def read_phases(path: Path) -> Iterator[sitk.Image]:
    """The one volume of a file, or those of a file with a fourth axis, in its order.

    Parameters
    ----------
    path : Path
        Three axes in space, and perhaps one in time.

    Yields
    ------
    SimpleITK.Image
        3D, right-handed, in patient space (LPS, mm).
    """
    image = read_image(path)
    if image.GetNumberOfComponentsPerPixel() != 1 or image.GetDimension() not in (3, 4):
        raise unusable(path, "it is no three-dimensional image of single numbers")
    if image.GetDimension() == 3:
        yield right_handed(image)
        return
    for number in range(image.GetSize()[3]):
        yield right_handed(image[:, :, :, number])


def is_left_handed(image: sitk.Image) -> bool:
    """Whether the slices run against the normal of rows and columns, as in a NIfTI that is stored "radiologically".

    Parameters
    ----------
    image : SimpleITK.Image
        3D, on any grid; its values are not read.

    Returns
    -------
    bool
        DICOM has no such grid: its slices have a place each, and no order.
    """
    return bool(np.linalg.det(np.array(image.GetDirection()).reshape(3, 3)) < 0)


def right_handed(image: sitk.Image) -> sitk.Image:
    """The same voxels at the same places, listed so that slices run along the normal of rows and columns.

    Parameters
    ----------
    image : SimpleITK.Image
        3D, on any grid, in any unit.

    Returns
    -------
    SimpleITK.Image
        Right-handed, patient space (LPS, mm).
    """
    return image[:, :, ::-1] if is_left_handed(image) else image


def lies_on(image: sitk.Image, grid: sitk.Image) -> bool:
    """Whether two images have the same voxels.

    Parameters
    ----------
    image : SimpleITK.Image
        3D, in patient space (LPS, mm); its values are not read.
    grid : SimpleITK.Image
        3D, in patient space (LPS, mm); its values are not read.

    Returns
    -------
    bool
        True where no corner lies more than `SAME_PLACE_MM` from that of the other.
    """
    if image.GetSize() != grid.GetSize():
        return False
    columns, rows, slices = (size - 1 for size in grid.GetSize())
    corners = ((0, 0, 0), (columns, 0, 0), (0, rows, 0), (0, 0, slices), (columns, rows, slices))
    apart = [np.subtract(*(one.TransformIndexToPhysicalPoint(c) for one in (image, grid))) for c in corners]
    return bool(np.abs(apart).max() <= SAME_PLACE_MM)


def as_written(value: float) -> float:
    """The shortest number that NIfTI's 32 bits stand for: 0.7 was stored as 0.699999988, and is 0.7.

    A spacing that is off by such a trifle moves borders between voxels that were computed from it.

    >>> as_written(float(np.float32(0.7)))
    0.7
    """
    return float(str(np.float32(value)))


def unusable(path: Path, problem: str) -> BadInput:
    """The answer to a file that is no volume of a study."""
    return BadInput("unusable-volume", path=path, problem=problem)


def _check_placed(image: sitk.Image, path: Path) -> None:
    """A NIfTI whose two codes are 0 has voxels and no place: left and right would be a guess."""
    codes = {image.GetMetaData(key) for key in ("qform_code_name", "sform_code_name") if image.HasMetaDataKey(key)}
    if codes == {_UNPLACED}:
        raise unusable(
            path,
            "it does not say where in the patient it lies (its qform and sform codes are 0), so that left and right are unknown; "
            "convert the images again with their geometry",
        )
