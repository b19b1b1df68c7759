"""Pieces of a training that know nothing of each other: done side by side on cores or machines, kept, and not done twice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilscope.models.refusals import BadInput
from tilscope.service.extras import naming_extras
from tilscope.service.site.atomic_files import write_durably

#: Takes how many are done, of how many.
Tick = Callable[[int, int], None]


@dataclass(frozen=True)
class Unit:
    """`compute(shared, *arguments)` gives JSON values; it is a function of a module, so that other machines find it."""

    name: str
    compute: Callable[..., Any]
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Workplace:
    """Where units are done."""

    workers: int = 1
    """Processes on this machine."""
    scheduler: str = ""
    """The address of a Dask scheduler, whose workers do them instead."""
    parts: Path | None = None
    """Where finished ones are kept."""
    tick: Tick = lambda done, total: None

    def results(self, units: Sequence[Unit], shared: Any) -> dict[str, Any]:
        """By name, as JSON values; what an earlier run has finished is taken from there."""
        found = {unit.name: kept for unit in units if (kept := self._kept(unit.name)) is not None}
        waiting = [unit for unit in units if unit.name not in found]
        self.tick(len(found), len(units))
        for name, result in self._computed(waiting, shared):
            found[name] = result
            if self.parts is not None:
                write_durably(self._path(name), json.dumps({"made": time.time(), "result": result}).encode())
            self.tick(len(found), len(units))
        return found

    def _computed(self, units: Sequence[Unit], shared: Any) -> Iterator[tuple[str, Any]]:
        if self.scheduler:
            yield from _on_machines(self.scheduler, units, shared)
        elif self.workers > 1 and len(units) > 1:
            yield from _on_cores(self.workers, units, shared)
        else:
            yield from (_done(unit, shared) for unit in units)

    def _kept(self, name: str) -> Any:
        if self.parts is None:
            return None
        try:
            return json.loads(self._path(name).read_bytes())["result"]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _path(self, name: str) -> Path:
        assert self.parts is not None
        return self.parts / f"{name.replace('/', '-').replace(' ', '-')}.json"


def _done(unit: Unit, shared: Any) -> tuple[str, Any]:
    # As it would be read again: an interrupted run and a whole one give the same to the bit.
    return unit.name, json.loads(json.dumps(unit.compute(shared, *unit.arguments)))


def _on_cores(workers: int, units: Sequence[Unit], shared: Any) -> Iterator[tuple[str, Any]]:
    with naming_extras():
        from joblib import Parallel, delayed

    jobs = (delayed(_done)(unit, shared) for unit in units)
    yield from Parallel(n_jobs=workers, return_as="generator_unordered")(jobs)


def _on_machines(scheduler: str, units: Sequence[Unit], shared: Any) -> Iterator[tuple[str, Any]]:
    with naming_extras():
        from distributed import as_completed

    with _client(scheduler) as client:
        there = client.scatter(shared, broadcast=True)
        for future in as_completed([client.submit(_done, unit, there, pure=False) for unit in units]):
            yield future.result()


@contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    from distributed import Client

    try:
        client = Client(scheduler, timeout="20s")
    except (OSError, ValueError) as problem:
        raise BadInput("no-scheduler", address=scheduler, problem=str(problem) or type(problem).__name__) from problem
    try:
        yield client
    finally:
        client.close()
