"""An empty ledger, and the time in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kept_results import Clock

from service.ledger import Ledger
from service.ledger.reading import Reader


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
