"""One style of all figures: told apart by line and hatch as well as by shade, quiet, and the same on every machine."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

#: A matplotlib Figure or SubFigure.
Canvas = Any
Draw = Callable[[Canvas], None]


@dataclass(frozen=True)
class Look:
    """How the n-th of several things looks: its shade is another in grey too, its line and its hatch are its own."""

    colour: str
    line: Any
    hatch: str
    marker: str


LOOKS = (
    Look("#12395c", "-", "", "o"),
    Look("#c8500a", (0, (6, 2)), "///", "s"),
    Look("#3f9c8f", (0, (1, 1.2)), "...", "^"),
    Look("#8a6bb8", (0, (5, 1.5, 1, 1.5)), "xxx", "D"),
    Look("#e3b23c", (0, (9, 2, 1, 2, 1, 2)), "\\\\\\", "v"),
    Look("#7a7a7a", (0, (2, 3)), "++", "P"),
)
INK, QUIET, PALE = "#222222", "#767676", "#d9d9d9"

_SETTINGS: Mapping[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.titlesize": 9,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "legend.handlelength": 3.2,
    "lines.linewidth": 1.6,
    "hatch.linewidth": 0.6,
    "figure.facecolor": "white",
    # Letters as outlines: a page shows the same without any font of its own.
    "svg.fonttype": "path",
    "svg.hashsalt": "tilscope",
    "pdf.fonttype": 42,
}


#: By format, what keeps the moment of drawing out.
_UNDATED = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


def look(n: int) -> Look:
    """Of more things than there are looks, the first come again."""
    return LOOKS[n % len(LOOKS)]


@contextmanager
def styled() -> Iterator[None]:
    import matplotlib

    with matplotlib.rc_context(dict(_SETTINGS)):
        yield


def as_svg(draw: Draw, width: float, height: float) -> str:
    """Of so many inches. An `svg` element without the prologue that only a file needs."""
    text = _rendered(draw, width, height, "svg").decode()
    return text[text.index("<svg") :]


def as_png(draw: Draw, width: float, height: float, dpi: int = 110) -> bytes:
    """To be looked at."""
    return _rendered(draw, width, height, "png", dpi=dpi)


def as_pdf(draw: Draw, width: float, height: float) -> bytes:
    """A page of its own, for a paper."""
    return _rendered(draw, width, height, "pdf")


def _rendered(draw: Draw, width: float, height: float, kind: str, **how: Any) -> bytes:
    from matplotlib.figure import Figure

    with styled():
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure)
        held = io.BytesIO()
        # Without a date, equal numbers give equal files.
        figure.savefig(held, format=kind, metadata=_UNDATED.get(kind), **how)
    return held.getvalue()
