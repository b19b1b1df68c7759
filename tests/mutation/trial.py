"""One fault after the other in a copy of the repository, and whether a test sees it."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from mutation.mutants import Mutant
from mutation.reach import VARIABLE

_FOLDERS = ("models", "dicom_io", "phantom", "service", "tilscope", "orthanc", "tests", "docs", "docker")
_FILES = ("pyproject.toml", "setup.py", "Makefile")

#: The quick tests of models, and the examples in its docstrings.
TESTS = ("tests/models", "models", "-m", "not slow")

#: The copy comes before whatever is installed.
_PLACE = ("-n", "0", "-q", "-p", "no:cacheprovider", "-o", "pythonpath=.cache/package tests orthanc")

#: A fault is tried on tests that take at most so long together, the ones that call its function first.
SECONDS = 20.0

#: Imported once and inherited by every trial; nothing of ours among them.
_HEAVY = (
    "numpy", "scipy.ndimage", "scipy.optimize", "SimpleITK", "skimage.feature", "sklearn.ensemble", "skops.io",
    "radiomics", "pywt", "pydicom", "pydantic", "PIL.Image", "highdicom", "hypothesis",
)  # fmt: skip


def copied(root: Path, to: Path) -> Path:
    """A fresh copy of the sources, which faults are put into."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    for name in _FOLDERS:
        shutil.copytree(root / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _FILES:
        shutil.copy(root / name, to / name)
    subprocess.run(["make", "-s", "package-links"], cwd=to, check=True)
    return to


def environment(root: Path, tree: Path) -> dict[str, str]:
    """Of a run in a copy: it imports the copy, writes no bytecode, and finds the reference data beside the original."""
    data = os.environ.get("REFERENCE_DATA", str(root.parent / "shared" / "data"))
    paths = os.pathsep.join([str(tree / ".cache" / "package"), str(tree / "tests")])
    return {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "REFERENCE_DATA": data, "OPENBLAS_NUM_THREADS": "1"}


def reach(root: Path, tree: Path, kept: Path) -> dict[str, Any]:
    """Of every test that passes without a fault: its seconds and what it calls."""
    if not kept.is_file():
        command = [sys.executable, "-m", "pytest", *_PLACE, "-p", "mutation.reach", *TESTS]
        subprocess.run(command, cwd=tree, env=os.environ | environment(root, tree) | {VARIABLE: str(kept)}, check=True)
    told: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return {test: facts for test, facts in told.items() if facts["passed"]}


def tests_for(mutant: Mutant, tests: Mapping[str, Any]) -> list[str]:
    """Those that call its function, quick ones that call little else first; then others of the same files.

    The others may share what those made: a fixture's calls are seen in the test that asked for it first.
    """

    def breadth(test: str) -> float:
        return float(tests[test]["seconds"] + 0.01) * len(tests[test]["calls"])

    def calls(test: str) -> bool:
        owners = tests[test]["calls"]
        wanted = f"{mutant.path}:{mutant.owner}"
        return wanted in owners if mutant.owner else any(one.startswith(wanted) for one in owners)

    direct = {test for test in tests if calls(test)}
    files = {test.partition("::")[0] for test in direct}
    beside = {test for test in tests if test.partition("::")[0] in files} - direct
    # A value of a module or class is used by whoever calls its neighbours, though no function of its file may be called.
    folder = mutant.path.rpartition("/")[0] + "/"
    near = {test for test in tests if any(one.startswith(folder) for one in tests[test]["calls"])} - direct - beside
    groups = (direct, beside) if mutant.owner else (direct | near, beside)
    chosen: list[str] = []
    seconds = 0.0
    for test in (test for group in groups for test in sorted(group, key=breadth)):
        seconds += tests[test]["seconds"]
        if chosen and seconds > SECONDS:
            break
        chosen.append(test)
    return chosen


def run(
    root: Path, tree: Path, mutants: Sequence[Mutant], tests: Mapping[str, Any], asked: str, out: Path, until: float
) -> None:
    """Each fault's outcome as a line of a file: 'seen', 'survived', 'endless' or 'untested'. `asked` names the tests.

    No fault is begun after the time `until`, by the monotonic clock.
    """
    os.environ |= environment(root, tree)
    sys.path[:0] = os.environ["PYTHONPATH"].split(os.pathsep)
    for name in _HEAVY:
        importlib.import_module(name)
    for mutant in mutants:
        if time.monotonic() > until:
            return
        chosen = tests_for(mutant, tests)
        outcome = _tried(tree, mutant, chosen) if chosen else "untested"
        with out.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"mutant": asdict(mutant), "outcome": outcome, "asked": asked}) + "\n")
        print(
            f"{outcome:9} {mutant.path}:{mutant.owner} {mutant.before} -> {mutant.after}", file=sys.stderr, flush=True
        )


def _tried(tree: Path, mutant: Mutant, tests: Sequence[str]) -> str:
    place = tree / mutant.path
    whole = place.read_bytes()
    place.write_bytes(mutant.applied(whole))
    try:
        child = os.fork()
        if child == 0:
            _child(tree, tests)
        return _outcome(child)
    finally:
        place.write_bytes(whole)


def _child(tree: Path, tests: Sequence[str]) -> None:
    code = 2
    try:
        os.setpgid(0, 0)
        os.chdir(tree)
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            code = int(pytest.main(["-x", *_PLACE, *tests]))
    finally:
        os._exit(code)


def _outcome(child: int) -> str:
    until = time.monotonic() + 4 * SECONDS + 60
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return "survived" if os.waitstatus_to_exitcode(status) == 0 else "seen"
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "endless"
