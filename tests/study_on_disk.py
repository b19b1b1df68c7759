"""A phantom, and the folder in which it lies as DICOM."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tilscope.phantom import PhantomStudy


@dataclass(frozen=True)
class StudyOnDisk:
    patient: PhantomStudy
    folder: Path
    """Of its DICOM files alone."""
