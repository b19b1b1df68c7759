"""The table of the papers' elements: current, and every test that it names exists."""

from __future__ import annotations

from pathlib import Path

import pytest
from papers.element import SIGNATURE, Element
from papers.elements import ELEMENTS
from papers.elements_page import page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "papers.md"
FOUND = "docs/test_papers.py::test_the_page_is_current"


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda one: f"{one.paper}: {one.what}")
def test_what_an_element_names_exists(element: Element) -> None:
    assert element.problems == []


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make reproduction"


@pytest.mark.parametrize(
    ("element", "problem"),
    [
        (Element("P", "w", (SIGNATURE,), ("docs/test_papers.py::test_that_is_none",)), "no test"),
        (Element("P", "w", (SIGNATURE,), ("docs/no_file.py::test_x",)), "no test"),
        (Element("P", "w", (SIGNATURE,), ()), "has a test"),
        (Element("P", "w", (), (FOUND,), "all"), "has none"),
        (Element("P", "w", (), ()), "nothing is said"),
    ],
)
def test_a_row_that_claims_too_much_fails(element: Element, problem: str) -> None:
    assert problem in " ".join(element.problems)


def test_a_row_tells_its_state() -> None:
    assert Element("P", "w", (SIGNATURE,), (FOUND,)).state == "there"
    assert Element("P", "w", (SIGNATURE,), (FOUND,), "half").state == "partly: half"
    assert Element("P", "w", (), (), "all").state == "**not there**: all"
