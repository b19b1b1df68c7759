"""docs/objects.md is what the suite's own tables say."""

from __future__ import annotations

from conformance.page import PAGE, SHOWN, page_of
from conformance.written import Cabinet


def test_the_page_in_the_documentation_is_up_to_date(cabinet: Cabinet) -> None:
    how = "run: PYTHONPATH=.:tests python -m conformance.page"
    assert PAGE.read_text(encoding="utf-8") == page_of([cabinet.case(name) for name in SHOWN]), how
