"""Progress on stderr: a bar on a terminal, a line now and then elsewhere, nothing with --json."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tilscope.service.terminal.exit_codes import cells, err

if TYPE_CHECKING:
    from tilscope.service.research.extraction.extract_cohort import CohortProgress

#: States of a cohort's rows that need no word: what is done is counted anyway.
_DONE = ("measured", "scored")


@contextmanager
def stages(quiet: bool) -> Iterator[Callable[[str, float], None]]:
    """Yields `report(stage, fraction)` for the stages of one study."""
    if quiet:
        yield lambda stage, fraction: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("starting", total=1.0)
        yield lambda stage, fraction: progress.update(task, description=stage, completed=fraction)


@contextmanager
def counting(what: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Yields `tick(done, total)` for one long count."""
    if quiet:
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def with_time_left(what: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Yields `tick(done, total)` for a few long pieces: with the time left, by those that this run has done."""
    if quiet:
        yield lambda done, total: None
        return
    begun, first = time.monotonic(), -1

    def words(done: int, total: int) -> str:
        nonlocal first
        first = done if first < 0 else first  # what an earlier run had finished took none of our time
        left = (time.monotonic() - begun) * (total - done) / (done - first) if done > first else None
        told = f"{what}: {done} of {total}"
        return told if left is None or done == total else f"{told}, about {duration(left)} left"

    if not err.is_terminal:
        yield lambda done, total: err.print(*cells(words(done, total)), soft_wrap=True)
        return
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total, description=words(done, total))


@contextmanager
def of_cohort(quiet: bool) -> Iterator[Callable[[CohortProgress], None]]:
    """Yields `tell(standing)`: studies done and to go, the time left, and what goes on."""
    if quiet:
        yield lambda standing: None
        return
    if not err.is_terminal:
        said = -1

        def tell(standing: CohortProgress) -> None:
            nonlocal said
            if standing.done != said:
                said = standing.done
                err.print(*cells(in_words(standing)), soft_wrap=True)

        yield tell
        return
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("starting", total=None)
        yield lambda standing: progress.update(
            task,
            completed=standing.done,
            total=standing.total,
            description=f"{in_words(standing)} · {standing.doing}"[: max(20, err.width - 50)],
        )


def in_words(standing: CohortProgress) -> str:
    counts = [f"{standing.done} of {standing.total} studies", f"{standing.to_go} to go"]
    counts += [f"{standing.kept} kept"] if standing.kept else []
    counts += [f"{n} {state.value}" for state, n in sorted(standing.states.items()) if state.value not in _DONE]
    if standing.to_go and standing.seconds_left is not None:
        counts.append(f"about {duration(standing.seconds_left)} left")
    return ", ".join(counts)


def duration(seconds: float) -> str:
    """
    >>> duration(41), duration(150), duration(9000)
    ('41 s', '2 min', '2.5 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
