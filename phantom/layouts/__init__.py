"""Every encoding of a dynamic breast series met in practice, as a table with one small entry each."""

from __future__ import annotations

from phantom.layouts.entry import Component, Copy, Frames, Layout, Place, Scaling, Tags, Value, clock, date
from phantom.layouts.ge import GE
from phantom.layouts.multiframe import MULTIFRAME
from phantom.layouts.pairs import PAIRS
from phantom.layouts.philips import PHILIPS
from phantom.layouts.plain import PLAIN
from phantom.layouts.siemens import SIEMENS
from phantom.layouts.trials import TRIALS

__all__ = [
    "LAYOUTS", "Component", "Copy", "Frames", "Layout", "Place", "Scaling", "Tags", "Value", "clock", "date", "layout_named",
]  # fmt: skip

LAYOUTS: dict[str, Layout] = {
    layout.name: layout for layout in (*PLAIN, *GE, *SIEMENS, *PHILIPS, *TRIALS, *PAIRS, *MULTIFRAME)
}


def layout_named(name: str) -> Layout:
    if name not in LAYOUTS:
        raise ValueError(f"no layout is called {name!r}; there are {', '.join(LAYOUTS)}")
    return LAYOUTS[name]
