"""Small synthetic studies for the whole way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom
import pytest
from integration.hospital import Hospital
from orthanc_server import eventually

from tilscope.phantom import PhantomSpec, make_study, write_study


@pytest.fixture(scope="session")
def patient() -> object:
    return make_study(PhantomSpec.small())


@pytest.fixture
def new_study(patient, tmp_path: Path) -> Callable[..., tuple[str, list[Path]]]:
    """Writes the same patient as a study of its own each time; gives its UID and its files."""

    def write(name: str, **options: object) -> tuple[str, list[Path]]:
        paths = write_study(patient, tmp_path / name, salt=f"{tmp_path}{name}", **options)
        return str(pydicom.dcmread(paths[0], stop_before_pixels=True).StudyInstanceUID), paths

    return write


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """One for all tests of a file: each sends studies of its own."""
    with Hospital(tmp_path_factory.mktemp("hospital")) as running:
        eventually(running.service_answers, "the service answers behind Orthanc")
        yield running
