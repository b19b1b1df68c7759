"""The small studies that the phantom's tests look at; each is imaged once, each layout is written once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread

from tilscope.models.imaging.series import Laterality
from tilscope.phantom import PhantomSpec, PhantomStudy, make_study, write_study


@pytest.fixture(scope="session")
def axial() -> PhantomStudy:
    return make_study(PhantomSpec.small())


@pytest.fixture(scope="session")
def sagittal_right() -> PhantomStudy:
    return make_study(PhantomSpec.small(seed=4).sagittal(Laterality.RIGHT))


@dataclass
class WrittenLayout:
    folder: Path
    files: list[Path]
    truth: dict[str, Any]

    @cached_property
    def phases(self) -> list[list[list[Dataset]]]:
        """The images of each dynamic series, phase by phase, in the order of the slice normal."""
        return [
            [[dcmread(self.folder / name) for name in phase["files"]] for phase in dynamic["phases"]]
            for dynamic in self.truth["dynamic_series"]
        ]


@pytest.fixture(scope="session")
def tiny() -> PhantomStudy:
    """The small patient on half the slices and a quarter of the pixels: for what the tags alone decide."""
    return make_study(replace(PhantomSpec.small(), matrix=(64, 64, 12), spacing_mm=(5.6, 5.6, 10.0)))


@pytest.fixture(scope="session")
def written(tiny: PhantomStudy, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], WrittenLayout]:
    """The dynamic series of the tiny study in the layout named."""
    done: dict[str, WrittenLayout] = {}

    def in_layout(name: str) -> WrittenLayout:
        if name not in done:
            folder = tmp_path_factory.mktemp(name)
            files = write_study(tiny, folder, name, companions=False)
            done[name] = WrittenLayout(folder, files, json.loads((folder / "truth" / "truth.json").read_text()))
        return done[name]

    return in_layout
