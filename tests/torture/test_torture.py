"""`make torture` in small: nothing lost, doubled or stuck, whatever is done to the service."""

from __future__ import annotations

from pathlib import Path

import pytest
from torture.parts import PARTS
from torture.plan import TINY

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("part", PARTS)
def test_nothing_is_lost_doubled_or_stuck(part: str, tmp_path: Path) -> None:
    figures = PARTS[part](TINY, tmp_path)
    assert not figures.wrong
    assert figures.done
