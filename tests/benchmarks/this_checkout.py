"""`tilscope` as it stands in this checkout, whichever is installed: what is measured is what is looked at.

Its subpackages are the folders beside it. An editable install of another checkout would answer for them.
"""

from __future__ import annotations

from pathlib import Path

import tilscope

ROOT = Path(__file__).resolve().parents[2]


def use() -> None:
    """Before any of its subpackages is imported; the checkout's root is first on the path."""
    if Path(tilscope.__file__).parent != ROOT / "tilscope":
        raise RuntimeError(f"{tilscope.__file__} would be measured, which is not part of {ROOT}")
    tilscope.__path__.append(str(ROOT))
