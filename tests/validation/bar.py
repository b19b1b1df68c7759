"""A bar, what was found, and the table that shows both: kept or not, it stays in the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    what: str
    wanted: str
    found: float
    kept: bool

    @property
    def row(self) -> str:
        if math.isnan(self.found):
            return f"| {self.what} | {self.wanted} | nothing to measure | |"
        return f"| {self.what} | {self.wanted} | {self.found:.3g} | {'yes' if self.kept else '**no**'} |"


# A figure that could not be measured is no number and keeps no bar.
def at_least(what: str, found: float, wanted: float) -> Bar:
    return Bar(what, f">= {wanted:g}", found, found >= wanted)


def at_most(what: str, found: float, wanted: float) -> Bar:
    return Bar(what, f"<= {wanted:g}", found, found <= wanted)


def table_of(bars: Sequence[Bar]) -> list[str]:
    """In Markdown, with its head."""
    return ["| what | bar | found | kept |", "|---|---|---|---|", *(bar.row for bar in bars)]
