"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of reference exams and baselines; it lies beside the repository and is never part of it."""
    folder = Path(os.environ.get("REFERENCE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"reference data absent: {folder} (set REFERENCE_DATA)")
    return folder


@pytest.fixture
def dynamic_series(reference_data: Path) -> Callable[[str], Path]:
    """The folder of a real dynamic series by its name."""

    def find(name: str) -> Path:
        folder = reference_data / "dynamic" / name
        if not folder.is_dir():
            pytest.skip(f"reference series absent: {folder}")
        return folder

    return find
