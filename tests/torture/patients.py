"""Copies of one small patient, each a study of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom

from tilscope.phantom import PhantomSpec, make_study, write_study


class Patients:
    """Writes studies that can be scored in seconds; their files are removed as soon as they have been sent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._study = make_study(PhantomSpec.small())
        self._made = 0

    @contextmanager
    def one_more(self) -> Iterator[tuple[str, list[Path]]]:
        """A new study's UID, and its files for as long as the context lasts."""
        self._made += 1
        folder = self._folder / f"study-{self._made}"
        files = write_study(self._study, folder, salt=str(folder), companions=False)
        try:
            yield str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID), files
        finally:
            shutil.rmtree(folder)
