"""Whether files of the site can be read: what another user has installed, such as root under umask 077, may be shut to us."""

from __future__ import annotations

import stat
from pathlib import Path


def is_file(path: Path) -> bool:
    """True also where nobody but others may look: then it is taken to be there, and cannot be read."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except PermissionError:
        return True
    except OSError:
        return False


def why_unreadable(path: Path) -> str:
    """The system's words, such as 'Permission denied'; '' where the file, or the folder, can be read or is not there."""
    try:
        if path.is_dir():
            next(path.iterdir(), None)
        else:
            with path.open("rb") as file:
                file.read(1)
    except FileNotFoundError:
        return ""
    except OSError as problem:
        return problem.strerror or type(problem).__name__
    return ""
