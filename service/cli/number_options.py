"""Numbers on a command line: `nan` and `inf` are numbers to Python, and slip through every least and most."""

from __future__ import annotations

from math import isfinite

import typer


def finite(value: float | None) -> float | None:
    """For an option's callback."""
    if value is not None and not isfinite(value):
        raise typer.BadParameter(f"must be a finite number, not {value}")
    return value
