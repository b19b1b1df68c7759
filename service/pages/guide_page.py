"""The reading guide as a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup

from tilscope.models.signatures.guide import with_further_chapters
from tilscope.service.package_files import reading_guide
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.rendering import render


@dataclass(frozen=True)
class GuideView:
    article: Markup


def guide_page(frame: PageFrame) -> str:
    return render("guide.html", frame, GuideView(_guide()))


@cache
def _guide() -> Markup:
    return html_of(with_further_chapters(reading_guide().read_text(encoding="utf-8")))


def html_of(markdown: str) -> Markup:
    """Raw HTML in it is shown as text; headings can be linked to, tables are those of every other page.

    >>> print(html_of("# A < B\\n\\n<i>one</i>"))
    <h1 id="a-b">A &lt; B</h1>
    <p>&lt;i&gt;one&lt;/i&gt;</p>
    <BLANKLINE>
    """
    return Markup(_MARKDOWN.render(markdown))


def _for_everybody(state: StateCore) -> None:
    """What the other pages' headings and tables have, and Markdown has no word for."""
    state.tokens = list(_accessible(state.tokens))


def _accessible(tokens: list[Token]) -> Iterator[Token]:
    heading = ""
    for token, following in zip(tokens, [*tokens[1:], Token("end", "", 0)], strict=True):
        if token.type == "heading_open":
            heading = following.content
            token.attrSet("id", re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-"))
        elif token.type == "th_open":
            token.attrSet("scope", "col")
        elif token.type == "table_open":
            yield _opening("div", {"class": "wide", "tabindex": 0, "role": "region", "aria-label": heading})
        yield token
        if token.type == "table_open":
            yield from (
                _opening("caption", {"class": "unseen"}),
                Token("text", "", 0, content=heading),
                _closing("caption"),
            )
        elif token.type == "table_close":
            yield _closing("div")


def _opening(tag: str, attributes: dict[str, str | int | float]) -> Token:
    return Token(f"{tag}_open", tag, 1, attrs=attributes)


def _closing(tag: str) -> Token:
    return Token(f"{tag}_close", tag, -1)


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_MARKDOWN.core.ruler.push("for everybody", _for_everybody)
