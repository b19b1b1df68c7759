"""The stages of a run: reported as they begin, and timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

#: Called with the stage that begins and the fraction of the whole that is done.
Report = Callable[[str, float], None]


@dataclass(frozen=True)
class _Begun:
    stage: str
    wall: float
    cpu: float

    @classmethod
    def now(cls, stage: str) -> _Begun:
        return cls(stage, time.perf_counter(), time.process_time())


class StageClock:
    """Reports the stages, and keeps how long each took: by the clock, and in seconds of the processors by all threads."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._begun: list[_Begun] = []
        self._low, self._high, self._about = 0.0, 1.0, ""

    def share(self, low: float, high: float, about: str) -> StageClock:
        """The same clock for a part of the work: its fractions run from `low` to `high`, its stages end in `about`."""
        part = StageClock(self._report)
        part._begun, part._low, part._high, part._about = self._begun, low, high, about
        return part

    def begin(self, stage: str, fraction: float) -> None:
        self._begun.append(_Begun.now(stage + self._about))
        self._report(stage + self._about, self._placed(fraction))

    def within(self, low: float, high: float) -> Callable[[int, int], None]:
        """Progress inside the stage that runs."""
        stage = self._begun[-1].stage
        return lambda done, total: self._report(stage, self._placed(low + (high - low) * done / max(total, 1)))

    def seconds(self) -> dict[str, float]:
        """Of every stage that has begun, by the clock."""
        return {begun.stage: round(end.wall - begun.wall, 3) for begun, end in self._stages()}

    def cpu_seconds(self) -> dict[str, float]:
        """The same in seconds of the processors; a process that scores two studies at once could not tell them apart."""
        return {begun.stage: round(end.cpu - begun.cpu, 3) for begun, end in self._stages()}

    def _stages(self) -> Iterator[tuple[_Begun, _Begun]]:
        return ((begun, end) for begun, end in pairwise([*self._begun, _Begun.now("")]) if begun.stage != "done")

    def _placed(self, fraction: float) -> float:
        return self._low + (self._high - self._low) * fraction
