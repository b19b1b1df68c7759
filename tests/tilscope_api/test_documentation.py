"""Every example in docs/python.md and in the tutorial in Python, from top to end, as a reader would type it."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any

import pytest

from tilscope.service.extras import is_installed

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_examples_give_what_the_page_says() -> None:
    blocks = blocks_of(DOCS / "python.md")
    assert len(blocks) >= 9
    if not is_installed("pandas"):
        blocks = [block for block in blocks if "to_frame" not in block and "to_pandas" not in block]
    run(DOCS / "python.md", blocks)


@pytest.mark.slow
def test_a_signature_is_made_anew_as_the_tutorial_says() -> None:
    page = DOCS / "tutorials" / "signature-anew.md"
    run(page, blocks_of(page))


def blocks_of(page: Path) -> list[str]:
    return re.findall(r"^```pycon\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def run(page: Path, blocks: list[str]) -> None:
    names: dict[str, Any] = {}
    example = doctest.DocTestParser().get_doctest("\n".join(blocks), names, page.name, str(page), 0)
    told: list[str] = []
    doctest.DocTestRunner().run(example, out=told.append)
    assert not told, "".join(told)
