"""What several threads ask for at the same time is made by the first of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tilscope.models.preparation.made_once import MadeOnce


def test_threads_that_ask_at_once_get_the_same() -> None:
    together, made = Barrier(8), []

    def make(key: str) -> object:
        made.append(key)
        return object()

    once = MadeOnce(make)

    def ask(_: int) -> object:
        together.wait()
        return once("level")

    with ThreadPoolExecutor(max_workers=8) as pool:
        found = set(pool.map(ask, range(8)))
    assert len(found) == 1
    assert made == ["level"]
    assert once("other") not in found
