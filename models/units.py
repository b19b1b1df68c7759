"""The UCUM units that measurements are given in, and how each is called."""

from __future__ import annotations

UNITS: dict[str, str] = {
    "1": "no units", "%": "percent", "{ratio}": "ratio", "mm": "mm", "mm2": "mm2", "mm3": "mm3", "cm3": "cm3",
    "1/mm": "per mm", "/mm": "per mm", "mm-1": "per mm", "s": "s", "min": "min",
}  # fmt: skip
