"""The same study scored by an earlier version, in turns with this one: its own program, from a checkout of its tag."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import one_study
from benchmarks.growth import written
from benchmarks.plan import in_words
from validation.kept import ROOT

from tilscope.phantom.spec import PhantomSpec

TAG = "v0.2.0"


def figures_of_earlier_version(spec: PhantomSpec, pairs: int) -> dict[str, Any] | None:
    """Seconds from the start of a fresh process to its result; None where the tag is not there, as in an archive of sources."""
    known = subprocess.run(["git", "rev-parse", "--quiet", "--verify", TAG], cwd=ROOT, capture_output=True, check=False)
    if known.returncode:
        return None
    ours, theirs = [], []
    with written(spec) as folder, _checked_out() as checkout:
        for _ in range(pairs):
            ours.append(_seconds(one_study.measure([folder])))
            theirs.append(_seconds(one_study.measure([folder], program=checkout / "tests/benchmarks/one_study.py")))
    return {
        "size": in_words(spec),
        "version": TAG.removeprefix("v"),
        "seconds": ours,
        "earlier_seconds": theirs,
        "ratio": median(theirs) / median(ours),
    }


def _seconds(found: list[dict[str, Any]]) -> float:
    (one,) = found
    return float(one["ended"] - one["begun"])


@contextmanager
def _checked_out() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        checkout = Path(folder) / TAG
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", checkout, TAG], cwd=ROOT, check=True)
        try:
            yield checkout
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", checkout], cwd=ROOT, check=True)
