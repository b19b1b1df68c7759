"""Whole studies from DICOM files to result objects: one by stage, several as something grows, and by more workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.one_study import measure
from benchmarks.plan import in_words

from tilscope.phantom.dicom import write_study
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.study import make_study

WORKERS = (1, 2)


@contextmanager
def written(spec: PhantomSpec) -> Iterator[Path]:
    """The study as DICOM files, as long as it is looked at."""
    with TemporaryDirectory() as folder:
        write_study(make_study(spec), Path(folder))
        yield Path(folder) / "dicom"


def figures_of_one_study(spec: PhantomSpec) -> dict[str, Any]:
    with written(spec) as folder:
        (found,) = measure([folder])
    return {"size": in_words(spec)} | found


def figures_of_growth(growth: Mapping[str, tuple[PhantomSpec, ...]]) -> dict[str, list[dict[str, Any]]]:
    """Equal studies are measured once."""
    known: dict[PhantomSpec, dict[str, Any]] = {}
    found: dict[str, list[dict[str, Any]]] = {}
    for what, specs in growth.items():
        for spec in specs:
            if spec not in known:
                known[spec] = figures_of_one_study(spec)
            lesion_mm = spec.lesion.diameter_mm if spec.lesion else 0.0
            phases = len(spec.phase_starts_s)
            voxels = prod(spec.matrix) * phases / 1e6
            sizes = {"slices": spec.matrix[2], "phases": phases, "lesion, mm": lesion_mm, "million voxels": voxels}
            found.setdefault(what, []).append({"value": sizes[what]} | known[spec])
    return found


def figures_of_workers(spec: PhantomSpec, studies: int) -> dict[str, Any]:
    """So many studies, dealt out to one worker and to two. Each has one thread, as where studies wait."""
    found: dict[str, Any] = {"size": in_words(spec), "studies": studies, "seconds": {}}
    with written(spec) as folder:
        for workers in WORKERS:
            shares = [[folder] * (studies // workers)] * workers
            with ThreadPoolExecutor(workers) as pool:
                done = [one for share in pool.map(partial(measure, threads=1), shares) for one in share]
            # From the first study's begin to the last one's end: a worker of the engine is there already.
            begun = min(one["begun"] + one["seconds"]["starting"] for one in done)
            found["seconds"][str(workers)] = max(one["ended"] for one in done) - begun
    return found
