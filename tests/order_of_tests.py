"""Which process runs which tests, and when: a file's tests together, and the longest files first.

So that what files set up is set up once, and that at the end no process waits for another's last file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).resolve().parent.parent

#: From the longest on, as far as each was measured alone. The others come after these: first those that hold slow tests.
LONGEST = (
    "tests/conformance/test_rules.py",
    "tests/browser/test_results_in_the_viewer.py",
    "tests/integration/test_planted_truth.py",
    "tests/browser/test_page_in_chromium.py",
    "tests/integration/test_features_of_a_cohort.py",
    "tests/service/test_extraction.py",
    "tests/benchmarks/test_bench.py",
    "tests/integration/test_asking_from_the_command_line.py",
    "tests/integration/test_dicomweb_queries.py",
    "tests/integration/test_demo.py",
    "tests/integration/test_a_new_reference.py",
    "tests/integration/test_the_whole_way.py",
    "tests/integration/test_accidents.py",
    "tests/orthanc/test_plugin_in_orthanc.py",
    "tests/service/test_service_process.py",
    "tests/service/test_rescoring_from_reports.py",
)
CONFORMANCE = "tests/conformance/"
_MISSING = [path for path in LONGEST if not (ROOT / path).is_file()]
assert not _MISSING, f"order_of_tests.py names files that are not there: {_MISSING}"


def longest_first(items: list[pytest.Item]) -> None:
    """Sorts whole files; within a file the order stays, for its tests share what was set up for them."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    places = {ROOT / path: place for place, path in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(LONGEST) + (item.path not in slow)))


class TogetherScheduling(LoadFileScheduling):  # type: ignore[misc]
    """A file stays together, as with `--dist loadfile`; and the conformance suite, whose files look at the same cases."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        # By how many tests a file holds, which would leave the longest ones for the end: they hold few.
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return CONFORMANCE if file.startswith(CONFORMANCE) else file
