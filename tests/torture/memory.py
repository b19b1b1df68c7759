"""Memory of a family of processes over time: does it grow?"""

from __future__ import annotations

import threading
from statistics import median
from types import TracebackType
from typing import Self

import psutil
from torture.figures import Figures

_EVERY_S = 1.0
#: A cache that fills is no leak: growth counts beyond a quarter and so many megabytes.
_ALLOWED_SHARE, _ALLOWED_MB = 1.25, 150.0
#: Fewer samples say nothing about growth.
_ENOUGH = 40


class MemoryWatch:
    """Use as a context manager around what may leak; writes the first and the last of it into the figures."""

    def __init__(self, process: psutil.Process, figures: Figures) -> None:
        self._process, self._figures = process, figures
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._samples: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        if not self._samples:
            return
        quarter = max(1, len(self._samples) // 4)
        first, last = median(self._samples[:quarter]), median(self._samples[-quarter:])
        self._figures.done |= {"MB in the first quarter": round(first), "MB in the last quarter": round(last)}
        if len(self._samples) >= _ENOUGH and last > first * _ALLOWED_SHARE + _ALLOWED_MB:
            self._figures.wrong.append(f"memory grew from {first:.0f} to {last:.0f} MB")

    def _watch(self) -> None:
        while not self._over.wait(_EVERY_S):
            try:
                self._samples.append(self._process.memory_info().rss / 1e6)
            except psutil.NoSuchProcess:
                return
