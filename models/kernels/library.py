"""The shared library of kernels: found beside this file where it could be built, and how work is shared among threads."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ctypes import CDLL
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import SimpleITK as sitk

#: Not `.so` alone: Python would take it for a module of its own kind.
LIBRARY = Path(__file__).with_name("libkernels.so.1")

#: To start a thread takes as long as some work on so many voxels.
WORTH_A_THREAD = 2**17

Kernel = Callable[..., None]

_log = logging.getLogger(__name__)


@cache
def library() -> CDLL | None:
    """The kernels; None where they were not built, which is told once."""
    try:
        return CDLL(str(LIBRARY))
    except OSError as why:
        _log.warning("no compiled kernels, so numpy's slower twins of them are used: %s", why)
        return None


def kernel(name: str, *arguments: Any) -> Kernel | None:
    """A function of the library by its C name, with the ctypes of its arguments; it returns nothing.

    None where there is no library. A library without this function was built from older sources, which is an error.
    """
    compiled = library()
    if compiled is None:
        return None
    function = compiled[name]
    function.argtypes = arguments
    function.restype = None
    return function


def in_parts(count: int, voxels: int, work: Callable[[int, int], None]) -> None:
    """Call `work(first, end)` for parts that make up `range(count)`, on as many threads as ITK may use.

    A call into the library leaves Python's lock. A worker that may use one thread makes no further ones, and little work is
    not shared. The calling thread does its part.
    """
    threads = min(count, voxels // WORTH_A_THREAD, sitk.ProcessObject.GetGlobalDefaultNumberOfThreads())
    if threads <= 1:
        work(0, count)
        return
    ends = [count * part // threads for part in range(threads + 1)]
    with ThreadPoolExecutor(max_workers=threads - 1) as pool:
        others = [pool.submit(work, *part) for part in pairwise(ends[1:])]
        work(0, ends[1])
        for other in others:
            other.result()
