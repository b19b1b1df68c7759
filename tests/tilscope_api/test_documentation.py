"""Every example in docs/python.md, from its top to its end, as a reader would type it."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any

from tilscope.service.extras import is_installed

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"


def test_the_examples_give_what_the_page_says() -> None:
    blocks = re.findall(r"^```pycon\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 9
    if not is_installed("pandas"):
        blocks = [block for block in blocks if "to_frame" not in block and "to_pandas" not in block]
    names: dict[str, Any] = {}
    example = doctest.DocTestParser().get_doctest("\n".join(blocks), names, PAGE.name, str(PAGE), 0)
    told: list[str] = []
    doctest.DocTestRunner().run(example, out=told.append)
    assert not told, "".join(told)
