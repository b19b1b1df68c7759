"""An empty ledger, and the time in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kept_results import Clock

from tilscope.service.ledger import Ledger
from tilscope.service.ledger.queries import Reader


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", clock)
    yield ledger
    ledger.close()


@pytest.fixture
def reader(ledger: Ledger) -> Reader:
    return Reader(ledger.reading)
