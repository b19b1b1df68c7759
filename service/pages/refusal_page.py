"""What a person sees who asked for something that there is not, or that cannot be given."""

from __future__ import annotations

from dataclasses import dataclass

from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.rendering import render


@dataclass(frozen=True)
class RefusalView:
    sentence: str


def refusal_page(frame: PageFrame, sentence: str) -> str:
    return render("refusal.html", frame, RefusalView(sentence))
