"""Every encoding of a dynamic breast series met in practice, as a table with one small entry each."""

from __future__ import annotations

from tilscope.phantom.layouts.entry import (
    Component,
    Copy,
    InstanceFrames,
    Layout,
    Place,
    StoredScaling,
    Tags,
    Value,
    clock,
    date,
)
from tilscope.phantom.layouts.ge import GE
from tilscope.phantom.layouts.multiframe import MULTIFRAME
from tilscope.phantom.layouts.pairs import PAIRS
from tilscope.phantom.layouts.philips import PHILIPS
from tilscope.phantom.layouts.plain import PLAIN
from tilscope.phantom.layouts.siemens import SIEMENS
from tilscope.phantom.layouts.trials import TRIALS

__all__ = [
    "LAYOUTS", "Component", "Copy", "InstanceFrames", "Layout", "Place", "StoredScaling", "Tags", "Value", "clock", "date", "layout_named",
]  # fmt: skip

LAYOUTS: dict[str, Layout] = {
    layout.name: layout for layout in (*PLAIN, *GE, *SIEMENS, *PHILIPS, *TRIALS, *PAIRS, *MULTIFRAME)
}


def layout_named(name: str) -> Layout:
    if name not in LAYOUTS:
        raise ValueError(f"no layout is called {name!r}; there are {', '.join(LAYOUTS)}")
    return LAYOUTS[name]
