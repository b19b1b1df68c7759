"""A plugin of pytest: which functions of models/ each test calls, and how long it takes.

Calls are seen by Python's own profiler, so nothing needs to be installed. What a fixture of a whole module calls is seen
in the test that asks for it first.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

#: The file that the answer is written to.
VARIABLE = "MUTATION_REACH"

#: Where models/ is imported from: as itself for the examples in docstrings, as a part of the package else.
_PLACES = (str(Path.cwd()), str(Path.cwd() / ".cache" / "package" / "tilscope"))

_seen: set[CodeType] = set()
_tests: dict[str, dict[str, Any]] = {}


def _called(frame: FrameType, event: str, _: object) -> None:
    if event == "call":
        _seen.add(frame.f_code)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    _seen.clear()
    began = time.perf_counter()
    threading.setprofile(_called)
    sys.setprofile(_called)
    try:
        return (yield)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
        told = _tests.setdefault(item.nodeid, {"passed": False})
        told |= {"seconds": round(time.perf_counter() - began, 2), "calls": sorted(_owners())}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call":
        _tests.setdefault(report.nodeid, {})["passed"] = report.passed


def pytest_sessionfinish() -> None:
    Path(os.environ[VARIABLE]).write_text(json.dumps(_tests, indent=1), encoding="utf-8")


def _owners() -> set[str]:
    """`models/...py:Class.method` of what was called; a function within another is the other."""
    names = set()
    for code in _seen:
        here, found, inside = code.co_filename.rpartition("/models/")
        if found and here in _PLACES:
            names.add(f"models/{inside}:{code.co_qualname.partition('.<locals>')[0]}")
    return names
