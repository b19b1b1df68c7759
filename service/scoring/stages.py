"""The stages of a run: reported as they begin, and timed."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Called with the stage that begins and the fraction of the whole that is done.
Report = Callable[[str, float], None]


class StageClock:
    """Reports the stages, and keeps how long each took."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._begun: list[tuple[str, float]] = []
        self._low, self._high, self._about = 0.0, 1.0, ""

    def share(self, low: float, high: float, about: str) -> StageClock:
        """The same clock for a part of the work: its fractions run from `low` to `high`, its stages end in `about`."""
        part = StageClock(self._report)
        part._begun, part._low, part._high, part._about = self._begun, low, high, about
        return part

    def begin(self, stage: str, fraction: float) -> None:
        self._begun.append((stage + self._about, time.perf_counter()))
        self._report(stage + self._about, self._placed(fraction))

    def within(self, low: float, high: float) -> Callable[[int, int], None]:
        """Progress inside the stage that runs."""
        stage = self._begun[-1][0]
        return lambda done, total: self._report(stage, self._placed(low + (high - low) * done / max(total, 1)))

    def seconds(self) -> dict[str, float]:
        """Of every stage that has ended."""
        ends = [*(t for _, t in self._begun[1:]), time.perf_counter()]
        pairs = zip(self._begun, ends, strict=True)
        return {stage: round(end - begun, 3) for (stage, begun), end in pairs if stage != "done"}

    def _placed(self, fraction: float) -> float:
        return self._low + (self._high - self._low) * fraction
