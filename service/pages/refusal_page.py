"""What a person sees who asked for something that there is not, or that cannot be given."""

from __future__ import annotations

from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.html import el


def refusal_page(frame: PageFrame, sentence: str) -> str:
    back = el("a", "Back to the studies", href=frame.root or ".")
    return frame.page("Not shown", el("h1", "This cannot be shown"), el("p", el("strong", sentence)), el("p", back))
