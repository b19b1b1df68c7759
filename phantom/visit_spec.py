"""One date of a patient who is imaged again and again: what is not hers but that day's.

The defaults change nothing: a patient who comes once is the same to the last bit as one from before there were dates.
"""

from __future__ import annotations

from dataclasses import dataclass

from tilscope.phantom.grid import Vector


@dataclass(frozen=True)
class VisitSpec:
    number: int = 0
    """Each has noise of its own."""
    places: tuple[Vector, ...] = ()
    """Centre of each lesion of the spec, patient LPS in mm: where it was found once it stays. Empty: drawn."""
    shift_mm: Vector = (0.0, 0.0, 0.0)
    """How far the field of view lies from its usual place: nobody lies down twice in the same way."""
