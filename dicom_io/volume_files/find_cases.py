"""Which volumes below a folder are the phases of which case, and what is told of each.

A case is known by its side file, which lists its phases; or by names that end in `_0000`, `_0001`, ... in order of time, as
nnU-Net has its channels. Data sets that lay out their files in a known way tell more (`data_sets`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from tilscope.dicom_io.files import is_dicom
from tilscope.dicom_io.volume_files.case import VolumeCase
from tilscope.dicom_io.volume_files.data_sets import DATA_SETS
from tilscope.dicom_io.volume_files.facts import SIDE_FILE, CaseFacts
from tilscope.dicom_io.volume_files.reading import name_without_suffix, suffix_of, unusable
from tilscope.dicom_io.volume_files.side_files import SideFile, read_side_file, unusable_facts
from tilscope.models.readable_lists import first_few
from tilscope.models.refusals import BadInput
from tilscope.models.validation_messages import all_faults

_NUMBERED = re.compile(r"(?P<case>.+)_(?P<number>\d{4})")
#: In a folder the first that is there counts.
_SIDE_FILES = (SIDE_FILE, str(Path(SIDE_FILE).with_suffix(".csv")))


def volume_cases(
    folder: Path, about: Path | None = None, files: Collection[Path] | None = None
) -> tuple[VolumeCase, ...]:
    """The cases below a folder, by name; none where it holds DICOM files, which come first, or no volumes.

    Parameters
    ----------
    folder : Path
        With one case or many, at any depth.
    about : Path, optional
        A side file that lies elsewhere; what it tells comes before all else.
    files : collection of Path, optional
        Those of the cases that are wanted, where they are known: no others are looked at.

    Returns
    -------
    tuple of VolumeCase
        Each with all that is told of it.

    Raises
    ------
    BadInput
        `volumes-unordered`: volumes and no way to tell their order; `unusable-facts`; `no-volumes`: none that `about` is about.
    """
    volumes = _volumes_in(folder) if files is None else _volumes_among(files)
    if not volumes:
        if about is not None:
            raise BadInput("no-volumes", place=folder, about=about)
        return ()
    of_folder: dict[Path, list[Path]] = defaultdict(list)
    for path in volumes:
        of_folder[path.parent].append(path)
    given = read_side_file(about) if about is not None else SideFile()
    cases = [
        _with_facts(case, [*_side_files_of(place, folder), given])
        for place, files in sorted(of_folder.items())
        for case in _cases_of(place, files)
    ]
    if not cases:
        names = first_few([str(path.relative_to(folder)) for path in volumes])
        raise BadInput("volumes-unordered", place=folder, names=names, file=SIDE_FILE)
    return tuple(sorted(cases, key=lambda case: case.name))


def _volumes_in(folder: Path) -> list[Path]:
    return _volumes_among(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


def _volumes_among(files: Iterable[Path]) -> list[Path]:
    """In order; none as soon as a DICOM file is met. Hidden files are what systems keep for themselves."""
    volumes = []
    for path in files:
        if path.name.startswith("."):
            continue
        if suffix_of(path):
            volumes.append(path)
        elif is_dicom(path):
            return []
    return sorted(volumes)


def _cases_of(place: Path, files: Sequence[Path]) -> Iterator[VolumeCase]:
    listed = list(_listed_cases(place))
    yield from listed or map(_with_data_set, _numbered_cases(files))


def _listed_cases(place: Path) -> Iterator[VolumeCase]:
    """Those of which the side file in their folder names the phases."""
    for side_file in _side_files_of(place, place):
        for name, told in {place.name: side_file.of_all, **side_file.of_case}.items():
            paths = tuple(place / phase for phase in told.get("phases", ()))
            if absent := [path for path in paths if not path.is_file()]:
                raise unusable(absent[0], f"{side_file.path} lists it, and there is no such file")
            if paths:
                yield VolumeCase(name, paths)


def _numbered_cases(files: Iterable[Path]) -> Iterator[VolumeCase]:
    phases: dict[str, dict[int, Path]] = defaultdict(dict)
    for path in files:
        if found := _NUMBERED.fullmatch(name_without_suffix(path)):
            phases[found["case"]][int(found["number"])] = path
    for name, numbered in sorted(phases.items()):
        # A mask of patient ISPY1_1001 is no phase 1001 of ISPY1: phases are many, and their numbers begin at 0.
        if len(numbered) < 2 or 0 not in numbered:
            continue
        if missing := [number for number in range(max(numbered)) if number not in numbered]:
            raise unusable(numbered[max(numbered)], f"the phase {name}_{missing[0]:04d} before it is missing")
        yield VolumeCase(name, tuple(path for _, path in sorted(numbered.items())))


def _with_data_set(case: VolumeCase) -> VolumeCase:
    for complete in DATA_SETS:
        if (known := complete(case)) is not None:
            return known
    return case


def _side_files_of(place: Path, top: Path) -> list[SideFile]:
    """Of a folder and those above it up to `top`; the nearest one last, for it comes first."""
    above = [place, *(parent for parent in place.parents if parent.is_relative_to(top))]
    found = (next((p / name for name in _SIDE_FILES if (p / name).is_file()), None) for p in reversed(above))
    return [read_side_file(path) for path in found if path is not None]


def _with_facts(case: VolumeCase, side_files: Iterable[SideFile]) -> VolumeCase:
    facts, mask = case.facts, case.mask
    for side_file in side_files:
        told = side_file.told_of(case.name)
        try:
            facts = facts.and_also(told)
        except ValidationError as error:  # each is right by itself
            raise unusable_facts(side_file.path or Path(SIDE_FILE), all_faults(error)) from None
        if told.get("mask") and side_file.path is not None:
            mask = side_file.path.parent / told["mask"]
    return replace(case, facts=CaseFacts.model_validate(facts), mask=mask)
