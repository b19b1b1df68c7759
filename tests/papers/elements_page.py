"""docs/papers.md: each element of the five papers, the command, the test, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from papers.element import SIGNATURE, Element
from papers.elements import ELEMENTS

HEAD = """# What each paper did, and what does it here

Made by `make reproduction`. One row for each element of the five papers' studies, in our words: the command that does it on your own
cohort (or the signature itself, at every score), the test that proves it, and what is missing. A row whose test vanishes fails the
tests. How far the papers' own numbers are reached stands in [the papers' numbers](reproduction.md), what R says of our statistics in
[judges](judges.md).
"""


def page(elements: Sequence[Element] = ELEMENTS) -> str:
    papers = dict.fromkeys(one.paper for one in elements)
    return "\n".join([HEAD, _counted(elements), "", *(_section(paper, elements) for paper in papers)])


def _counted(elements: Sequence[Element]) -> str:
    there = sum(not one.missing for one in elements)
    nothing = sum(not one.done_by for one in elements)
    return f"{len(elements)} elements: {there} there, {len(elements) - there - nothing} partly, {nothing} not there."


def _section(paper: str, elements: Sequence[Element]) -> str:
    rows = [_line(one) for one in elements if one.paper == paper]
    return "\n".join([f"## {paper}\n", "| element | done by | test | state |", "|---|---|---|---|", *rows, ""])


def _line(one: Element) -> str:
    commands = "<br>".join(name if name == SIGNATURE else f"`{name}`" for name in one.done_by)
    tests = "<br>".join(f"`{test}`" for test in one.tests)
    return f"| {one.what} | {commands} | {tests} | {one.state} |"
