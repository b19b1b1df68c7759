"""HTML out of plain values: every text is escaped unless it was made here.

A template language would be a dependency for a dozen short pages, and its escaping a setting that can be off.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

_WITHOUT_CONTENT = {"br", "hr", "img", "input", "link", "meta"}


class Html(str):
    """Markup, ready. Only this module makes it."""

    __slots__ = ()


Content: TypeAlias = "str | int | float | Iterable[Content] | None"
Value = str | int | float | bool | None


def join(*content: Content) -> Html:
    """One after the other; what is no markup yet is escaped, and None is nothing.

    >>> join("a < b", el("br"), None)
    'a &lt; b<br>'
    """
    return Html("".join(_markup(part) for part in content))


def el(name: str, /, *content: Content, **attributes: Value) -> Html:
    """One element. `class_` and `for_` are the names that Python keeps for itself, `data_live` is data-live; an attribute
    that is None or False is left out.

    >>> el("a", "A & B", href='x"y', hidden=True)
    '<a href="x&quot;y" hidden>A &amp; B</a>'
    """
    told = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _WITHOUT_CONTENT:
        return Html(f"<{name}{told}>")
    return Html(f"<{name}{told}>{join(*content)}</{name}>")


def _markup(part: Content) -> str:
    if part is None:
        return ""
    if isinstance(part, Html):
        return part
    if isinstance(part, str | int | float):
        return escape(str(part))
    return "".join(_markup(one) for one in part)


def _attribute(key: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
