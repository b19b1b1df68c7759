"""In which order the files run: those that take longest first, so that at the end no process waits for another's last file."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: From the longest on, by `make test`'s durations. A file that is not here comes after these: first those that hold slow tests.
LONGEST = (
    "tests/browser/test_results_in_the_viewer.py",
    "tests/browser/test_page_in_chromium.py",
    "tests/integration/test_planted_truth.py",
    "tests/integration/test_features_of_a_cohort.py",
    "tests/benchmarks/test_bench.py",
    "tests/integration/test_asking_from_the_command_line.py",
    "tests/integration/test_dicomweb_queries.py",
    "tests/integration/test_demo.py",
    "tests/integration/test_a_new_reference.py",
    "tests/integration/test_the_whole_way.py",
    "tests/integration/test_accidents.py",
    "tests/orthanc/test_plugin_in_orthanc.py",
    "tests/service/test_service_process.py",
    "tests/conformance/test_rules.py",
)
_MISSING = [path for path in LONGEST if not (ROOT / path).is_file()]
assert not _MISSING, f"longest_first.py names files that are not there: {_MISSING}"


def longest_first(items: list[pytest.Item]) -> None:
    """Sorts whole files; within a file the order stays, for its tests share what was set up for them."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    places = {ROOT / path: place for place, path in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(LONGEST) + (item.path not in slow)))
