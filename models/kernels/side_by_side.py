"""Pieces of work that have nothing to do with each other, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import SimpleITK as sitk

One = TypeVar("One")
Done = TypeVar("Done")

#: A phase that is compared takes a few hundred megabytes at the largest matrices.
AT_ONCE = 2


def side_by_side(work: Callable[[One], Done], pieces: Iterable[One]) -> list[Done]:
    """`work` of each piece, in their order; on two threads, or on one where ITK may use no more.

    Array work leaves Python's lock. Each piece is worked on by itself, so the number of threads changes no bit.
    """
    threads = min(AT_ONCE, sitk.ProcessObject.GetGlobalDefaultNumberOfThreads())
    if threads == 1:
        return [work(piece) for piece in pieces]
    with ThreadPoolExecutor(max_workers=threads) as pool:
        return list(pool.map(work, pieces))
