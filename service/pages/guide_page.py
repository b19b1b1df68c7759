"""The reading guide as a page. It holds headings, paragraphs and tables only, and a test keeps it so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import groupby

from tilscope.service.package_files import reading_guide
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.html import Html, el
from tilscope.service.pages.words import table


def guide_page(frame: PageFrame) -> str:
    return frame.page("Reading guide", el("article", *_guide(), class_="guide"), here="guide")


@cache
def _guide() -> tuple[Html, ...]:
    return tuple(rendered(reading_guide().read_text(encoding="utf-8")))


def rendered(text: str) -> Iterable[Html]:
    """
    >>> "".join(rendered("# A < B\\n\\none\\n\\n## C"))
    '<h1 id="a-b">A &lt; B</h1><p>one</p><h2 id="c">C</h2>'
    """
    heading = ""
    for kind, lines in groupby(text.splitlines(), key=_kind):
        if kind == "heading":
            for line in lines:
                marks, _, heading = line.partition(" ")
                yield el(f"h{len(marks)}", heading, id=re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-"))
        elif kind == "table":
            head, _, *rows = (_cells(line) for line in lines)
            whole = table(heading, head, rows, said_above=True)
            yield whole if whole is not None else Html()
        elif kind == "text":
            yield from (el("p", line) for line in lines)


def _kind(line: str) -> str:
    return "heading" if line.startswith("#") else "table" if line.startswith("|") else "text" if line.strip() else ""


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]
