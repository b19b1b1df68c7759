"""A process that ends when the one that started it does, however that ends (prctl(2), PR_SET_PDEATHSIG)."""

from __future__ import annotations

import ctypes
import os
import signal
from pathlib import Path

_PR_SET_PDEATHSIG = 1
#: The environment's variable that tells a process the number of the one that started it, which may be gone before it can ask.
PARENT = "TILSCOPE_PARENT"


def die_with_parent(parent: int) -> None:
    """This process is killed when the one that started it ends, however that ends.

    A copy of the warm process has that one for its parent, which dies with `parent`.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent and _parent_of(os.getppid()) != parent:  # it died before we asked
        os._exit(1)


def _parent_of(pid: int) -> int | None:
    """proc(5), the second field after the name; None where there is no such process any more."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1])
