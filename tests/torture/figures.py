"""What a part of the torture found, in a form that a page can show and a test can hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Figures:
    """One part: what was done to the service, and what became of it."""

    name: str
    done: dict[str, int | float | str] = field(default_factory=dict)
    """What was done, in numbers: 'kills of a worker': 30."""
    wrong: list[str] = field(default_factory=list)
    """Everything that should not have been, a sentence each."""
    seconds: float = 0.0

    @property
    def well(self) -> bool:
        return not self.wrong

    def count(self, what: str, by: int = 1) -> None:
        self.done[what] = int(self.done.get(what, 0)) + by

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))
