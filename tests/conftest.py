"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from order_of_tests import TogetherScheduling, longest_first

ROOT = Path(__file__).resolve().parent.parent

# What a property takes depends on what else the machine does. In CI the examples are the same each time, so that a change is
# judged and not the luck of the draw; elsewhere new ones are tried.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    longest_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> TogetherScheduling:
    return TogetherScheduling(config, log)


def there(folder: Path) -> Path:
    """What may not be part of the repository need not lie beside it either."""
    if not folder.is_dir():
        pytest.skip(f"reference data absent: {folder} (set REFERENCE_DATA)")
    return folder


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of reference exams and baselines; it lies beside the repository and is never part of it."""
    return there(Path(os.environ.get("REFERENCE_DATA", ROOT.parent / "shared" / "data")))


@pytest.fixture(scope="session")
def a03m(reference_data: Path) -> Path:
    """The folder of the real exam TCGA-AO-A03M, as volumes."""
    return there(reference_data / "tcga_ao_a03m")


@pytest.fixture
def dynamic_series(reference_data: Path) -> Callable[[str], Path]:
    """The folder of a real dynamic series by its name."""

    def find(name: str) -> Path:
        return there(reference_data / "dynamic" / name)

    return find
