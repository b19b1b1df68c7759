"""What several threads ask for and one makes, while the others wait for it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key")
Made = TypeVar("Made")


class MadeOnce(Generic[Key, Made]):
    """Calls a function once for each argument.

    >>> double = MadeOnce(lambda number: print("made") or 2 * number)
    >>> double(3), double(3)
    made
    (6, 6)
    """

    def __init__(self, make: Callable[[Key], Made]) -> None:
        self._make = make
        self._made: dict[Key, Made] = {}
        self._lock = Lock()

    def __call__(self, key: Key) -> Made:
        with self._lock:
            if key not in self._made:
                self._made[key] = self._make(key)
            return self._made[key]
