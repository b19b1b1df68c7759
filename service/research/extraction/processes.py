"""More processes for the features of one study, where there are fewer studies than processors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

import SimpleITK as sitk

from tilscope.models.features import compute as engine
from tilscope.service.workers.parent_death import die_with_parent


@contextmanager
def processes(count: int) -> Iterator[Executor | None]:
    """Started at once, so that they have imported everything when there is something to do. None for a single process."""
    if count <= 1:
        yield None
        return
    # Not forked: this process has threads, of Dask and of ITK.
    context = get_context("spawn")
    with ProcessPoolExecutor(count, context, initializer=_set_up, initargs=(os.getpid(),)) as pool:
        for _ in range(count):
            pool.submit(_begun)
        yield pool


def _set_up(parent: int) -> None:
    """In each of them."""
    die_with_parent(parent)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)


def _begun() -> str:
    """The engine, with all that it imports, is there."""
    return engine.__name__
