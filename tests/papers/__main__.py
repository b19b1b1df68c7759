"""`make reproduction`: the five papers' numbers and elements beside ours; writes docs/reproduction.md and docs/papers.md."""

from __future__ import annotations

from pathlib import Path

from papers.elements_page import page as page_of_elements
from papers.reproduction_page import all_numbers
from papers.reproduction_page import page as page_of_numbers

DOCS = Path(__file__).resolve().parents[2] / "docs"


def main() -> None:
    (DOCS / "reproduction.md").write_text(page_of_numbers(all_numbers()), encoding="utf-8")
    (DOCS / "papers.md").write_text(page_of_elements(), encoding="utf-8")


if __name__ == "__main__":
    main()
