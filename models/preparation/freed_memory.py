"""Memory that is free, given back: the C library keeps what threads and images of a few megabytes have freed, for later.

After registration that is some hundred megabytes, which the next stage, with its own few large arrays, has no use for.
"""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Nothing happens where the C library is none of GNU's, which alone has a call for it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
