"""Which process runs which tests, and when: a file's tests together, and the longest files first.

So that what files set up is set up once, and that at the end no process waits for another's last file.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

#: Files from the longest on, as far as each was measured alone. The others come after these: first those that hold slow tests.
LONGEST = (
    "test_rules.py",
    "test_results_in_the_viewer.py",
    "test_planted_truth.py",
    "test_page_in_chromium.py",
    "test_features_of_a_cohort.py",
    "test_extraction.py",
    "test_bench.py",
    "test_a03m.py",
    "test_asking_from_the_command_line.py",
    "test_dicomweb_queries.py",
    "test_demo.py",
    "test_a_new_reference.py",
    "test_the_whole_way.py",
    "test_accidents.py",
    "test_plugin_in_orthanc.py",
    "test_service_process.py",
    "test_rescoring_from_reports.py",
)
CONFORMANCE = "tests/conformance/"


def longest_first(items: list[pytest.Item]) -> None:
    """Sorts whole files; within a file the order stays, for its tests share what was set up for them."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST) + (item.path not in slow)))


class TogetherScheduling(LoadFileScheduling):  # type: ignore[misc]
    """A file stays together, as with `--dist loadfile`; and the conformance suite, whose files look at the same cases."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        # By how many tests a file holds, which would leave the longest ones for the end: they hold few.
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return CONFORMANCE if file.startswith(CONFORMANCE) else file
