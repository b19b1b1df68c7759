"""The objects of a case as an archive holds them: files, read back, beside the images that they are about."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pydicom
from conformance.answered import objects_in
from conformance.cases import CASES
from conformance.studies import images_in
from pydicom import Dataset
from scored_study import ScoredStudy

from tilscope.dicom_io.identity import Kind
from tilscope.dicom_io.objects.results import build_results
from tilscope.models.imaging.series import Laterality

#: Series numbers are fixed for every kind and breast.
_NUMBERS = {kind.series_number(side): (kind, side) for kind in Kind for side in Laterality}


def kind_of(obj: Dataset) -> Kind:
    return _NUMBERS[int(obj.SeriesNumber)][0]


def side_of(obj: Dataset) -> Laterality:
    return _NUMBERS[int(obj.SeriesNumber)][1]


@dataclass(frozen=True, eq=False)
class WrittenObject:
    dataset: Dataset
    path: Path
    study_or_none: ScoredStudy | None
    """None where it is about no score."""

    @property
    def study(self) -> ScoredStudy:
        assert self.study_or_none is not None, f"{self.name} is about no score"
        return self.study_or_none

    @property
    def is_demo(self) -> bool:
        return self.study_or_none is not None and self.study.result.demo

    @property
    def name(self) -> str:
        return str(self.dataset.get("SeriesDescription", self.path.name))

    @property
    def kind(self) -> Kind:
        return kind_of(self.dataset)


@dataclass(frozen=True, eq=False)
class WrittenCase:
    """One study: what was in it before, and all result objects of all its dynamic series."""

    name: str
    folder: Path
    objects: tuple[WrittenObject, ...]

    @cached_property
    def image_files(self) -> list[Path]:
        return sorted(images_in(self.folder).rglob("*.dcm"))

    @cached_property
    def images(self) -> dict[str, Dataset]:
        """SOP Instance UID -> header."""
        headers = (pydicom.dcmread(path, stop_before_pixels=True) for path in self.image_files)
        return {str(header.SOPInstanceUID): header for header in headers}

    @property
    def instances(self) -> dict[str, Dataset]:
        """Everything that a reference may lead to."""
        return self.images | {str(one.dataset.SOPInstanceUID): one.dataset for one in self.objects}

    def with_damage(self, wanted: Callable[[Dataset], bool], damage: Callable[[Dataset], None]) -> WrittenCase:
        """The same with one object spoilt, the first that is wanted; only in memory."""
        at = next(index for index, one in enumerate(self.objects) if wanted(one.dataset))
        spoilt = copy.deepcopy(self.objects[at].dataset)
        damage(spoilt)
        changed = replace(self.objects[at], dataset=spoilt)
        return replace(self, objects=(*self.objects[:at], changed, *self.objects[at + 1 :]))


class Cabinet:
    """Every case is made once in a session, when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cases: dict[str, WrittenCase] = {}

    def case(self, name: str) -> WrittenCase:
        if name not in self._cases:
            self._cases[name] = write(name, self._folder / str(list(CASES).index(name)))
        return self._cases[name]


def write(name: str, folder: Path) -> WrittenCase:
    """Make the study and store its objects as files below the folder, unless the case has stored them itself."""
    images_in(folder).mkdir(parents=True)
    place = objects_in(folder)
    studies = CASES[name].make(folder)
    if not place.is_dir():
        place.mkdir()
        for study in studies:
            for obj in build_results(*study.parts, objects=CASES[name].objects):
                obj.save_as(place / f"{obj.SeriesNumber}.dcm", enforce_file_format=True)
    of_side = {study.source.laterality: study for study in studies}
    read = sorted(((pydicom.dcmread(path), path) for path in place.iterdir()), key=lambda one: one[0].SeriesNumber)
    objects = (WrittenObject(obj, path, of_side.get(side_of(obj))) for obj, path in read)
    return WrittenCase(name, folder, tuple(objects))
