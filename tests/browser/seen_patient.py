"""A phantom in the archive, and where its true lesion must lie on the screen, whatever the layout of its files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import SimpleITK as sitk
from browser.viewer_in_chromium import Picture, on_screen

from tilscope.models.imaging.voxels import image_of, mask_of


@dataclass(frozen=True)
class SeenSlice:
    """One image of the phase on which lesions are segmented, and what the lesion covers in it."""

    image: pydicom.Dataset
    """With the attributes of a single-frame image."""
    place: int
    """Where the viewer says that it is: its instance number, or its frame in a multi-frame instance."""
    is_frame: bool
    points_mm: npt.NDArray[np.float64]
    """Of the patient: the lesion's voxels."""

    def covered(self, picture: Picture) -> npt.NDArray[np.bool_]:
        """The screen's pixels that these voxels cover."""
        found = np.zeros(picture.shape[:2], bool)
        down, across = (float(mm) for mm in self.image.PixelSpacing)
        scale = min(picture.shape[1] / (self.image.Columns * across), picture.shape[0] / (self.image.Rows * down))
        half = scale * down / 2
        for x, y in on_screen(self.image, self.points_mm, picture):
            found[round(y - half) : round(y + half), round(x - half) : round(x + half)] = True
        return found


class SeenPatient:
    """What `write_study` has left in a folder."""

    def __init__(self, folder: Path, files: list[Path]) -> None:
        self.folder, self.files = folder, files
        self.study_uid = str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)
        truth = json.loads((folder / "truth" / "truth.json").read_text(encoding="utf-8"))
        series = next(one for one in truth["dynamic_series"] if one["lesion"] is not None)
        self._phase: dict[str, Any] = next(phase for phase in series["phases"] if phase["role"] == "early")
        self._lesion = folder / series["masks"]["lesion"]

    @cached_property
    def lesion(self) -> sitk.Image:
        return sitk.ReadImage(str(self._lesion))

    def largest_slice(self, mask: sitk.Image | None = None) -> SeenSlice:
        """Where the lesion, or what a person has drawn of it, is largest."""
        mask = mask or self.lesion
        return self.slice(int(mask_of(mask).sum(axis=(1, 2)).argmax()), mask)

    def slice(self, number: int, mask: sitk.Image | None = None) -> SeenSlice:
        """By its number along the slice normal."""
        mask = mask or self.lesion
        ys, xs = np.nonzero(mask_of(mask)[number])
        indices = [(int(x), int(y), number) for x, y in zip(xs, ys, strict=True)]
        points = np.array([mask.TransformIndexToPhysicalPoint(index) for index in indices]).reshape(-1, 3)
        image, place = self._image(number)
        return SeenSlice(image, place, "frames" in self._phase, points)

    def upper_part(self) -> sitk.Image:
        """The lesion from its largest slice on: what another person might have drawn."""
        part = mask_of(self.lesion).copy()
        part[: int(part.sum(axis=(1, 2)).argmax())] = False
        return image_of(part, self.lesion)

    def early_images(self) -> list[pydicom.Dataset]:
        return [self._read(name) for name in self._phase["files"]]

    def _image(self, number: int) -> tuple[pydicom.Dataset, int]:
        if "frames" not in self._phase:
            image = self._read(self._phase["files"][number])
            return image, int(image.InstanceNumber)
        frame = int(self._phase["frames"][number])
        return _single_frame(self._read(self._phase["files"][0]), frame), frame

    def _read(self, name: str) -> pydicom.Dataset:
        return pydicom.dcmread(self.folder / name, stop_before_pixels=True)


def _single_frame(whole: pydicom.Dataset, frame: int) -> pydicom.Dataset:
    """What the functional groups say of one frame, as a single-frame image says it."""
    own = whole.PerFrameFunctionalGroupsSequence[frame - 1]
    shared = whole.SharedFunctionalGroupsSequence[0]

    def group(name: str) -> pydicom.Dataset:
        return (own if name in own else shared)[name][0]

    image = pydicom.Dataset()
    image.Rows, image.Columns = whole.Rows, whole.Columns
    image.PixelSpacing = group("PixelMeasuresSequence").PixelSpacing
    image.ImageOrientationPatient = group("PlaneOrientationSequence").ImageOrientationPatient
    image.ImagePositionPatient = group("PlanePositionSequence").ImagePositionPatient
    return image
