"""One study as volume files: which files are its phases, and what is told of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from tilscope.dicom_io.identity import derive_uid
from tilscope.dicom_io.volume_files.facts import CaseFacts

#: Of each file so much is read to name the study: cohorts are terabytes.
_HEAD_BYTES = 65536


@dataclass(frozen=True)
class VolumeCase:
    """The phases in order of time."""

    name: str
    phases: tuple[Path, ...]
    mask: Path | None = None
    facts: CaseFacts = field(default_factory=CaseFacts)

    @cached_property
    def study_uid(self) -> str:
        """The same for the same files anywhere; files of equal names and other contents are another study."""
        return derive_uid("volumes", self.name, *(_mark(path) for path in self.phases))

    @property
    def patient(self) -> str:
        return self.facts.patient or self.name[:64]

    @property
    def files(self) -> tuple[Path, ...]:
        return (*self.phases, *([self.mask] if self.mask else []))

    def told(self, **facts: Any) -> VolumeCase:
        """With these facts, which come before those that are known."""
        return replace(self, facts=self.facts.and_also(facts))


def _mark(path: Path) -> str:
    with path.open("rb") as file:
        head = hashlib.sha256(file.read(_HEAD_BYTES)).hexdigest()
    return f"{path.name} {path.stat().st_size} {head}"
