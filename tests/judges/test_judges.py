"""Our statistics agree with R's packages within written tolerances, or differ for a written reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from judges import comparisons_of, recorded, subjects
from judges.page import page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "judges.md"


@pytest.mark.parametrize("subject", subjects())
def test_we_agree_with_r_or_say_why_not(subject: str) -> None:
    rows = comparisons_of(subject)
    assert rows
    unexplained = [row for row in rows if not row.agrees and not row.differs_because]
    assert unexplained == []
    # An explanation of what does not differ would be an excuse kept ready.
    assert [row.statistic for row in rows if row.agrees and row.differs_because] == []


@pytest.mark.parametrize("subject", subjects())
def test_the_versions_that_answered_are_recorded(subject: str) -> None:
    answered = recorded(subject)
    judges = {row.by for row in comparisons_of(subject)}
    assert answered["R"]
    assert judges <= answered["packages"].keys()


def test_the_page_tells_what_was_recorded() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert [line for line in _statements(page()) if line not in _statements(written)] == []


def _statements(text: str) -> set[str]:
    """The statistics with R's answers: our own last digits may differ from one processor to another, and with them which
    of many values is the furthest from R's."""
    rows = (line.split(" | ") for line in text.splitlines() if line.startswith("| "))
    return {" | ".join([cells[0], *cells[3 if "the furthest of" in cells[0] else 2 :]]) for cells in rows}
