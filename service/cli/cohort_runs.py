"""What the commands have in common that go through a cohort: their workers, their lock, and what they say of rows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import typer

from tilscope.service.extras import is_installed
from tilscope.service.single_instance import AlreadyRunning, DataDirectoryLock
from tilscope.service.terminal.exit_codes import cells, err

if TYPE_CHECKING:
    from tilscope.service.research.extraction.worker_pool_settings import WorkerPoolSettings


class CohortRow(Protocol):
    """A study, or a breast of it, in a table."""

    @property
    def study_uid(self) -> str: ...
    @property
    def laterality(self) -> str: ...
    @property
    def state(self) -> StrEnum: ...
    @property
    def code(self) -> str: ...
    @property
    def reason(self) -> str: ...


def pool_of(workers: int | None, worker_memory: str, timeout_minutes: float) -> WorkerPoolSettings:
    """As many workers as there are processors; without the research extra, one study after the other."""
    from tilscope.service.research.extraction.worker_pool_settings import (
        WorkerPoolSettings,  # its limits are slow to import
    )

    usual = (os.cpu_count() or 1) if is_installed("distributed") else 1
    return WorkerPoolSettings(
        workers=usual if workers is None else workers,
        worker_memory=worker_memory,
        timeout_seconds=60 * timeout_minutes,
    )


@contextmanager
def only_run(parts: Path, out_file: Path) -> Iterator[None]:
    """No other run writes the same table meanwhile."""
    try:
        lock = DataDirectoryLock(parts, wait_s=0.0)
    except AlreadyRunning:
        raise typer.BadParameter(f"another run is writing {out_file}", param_hint="--out") from None
    try:
        yield
    finally:
        lock.release()


def others_than(state: str, rows: Iterable[CohortRow]) -> list[dict[str, str]]:
    """Of the rows that have not come so far: which they are, and why."""
    return [
        {"study_uid": row.study_uid, "laterality": row.laterality, "state": row.state.value, "code": row.code, "reason": row.reason}
        for row in rows
        if row.state.value != state
    ]  # fmt: skip


def print_left_out(rows: Sequence[Mapping[str, str]], unreadable: Sequence[str]) -> None:
    for row in rows:
        err.print(*cells(f"{row['state']}: {row['study_uid']} ({row['code']}): {row['reason']}"), soft_wrap=True)
    for path in unreadable:
        err.print(*cells(f"left out, since it cannot be read as DICOM: {path}"), soft_wrap=True)


def counts_in_words(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in rows.items() if count)


def kept_in_words(kept: int) -> str:
    return f", {kept} of the studies kept from an earlier run" if kept else ""
