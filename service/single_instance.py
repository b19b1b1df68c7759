"""One service per data directory: two would score every study twice."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

#: In the data directory.
LOCK_FILE = "service.lock"


class AlreadyRunning(Exception):
    """Another service holds the data directory."""


class DataDirectoryLock:
    """Held until the process ends; the kernel lets go of it even after a kill -9."""

    def __init__(self, folder: Path, wait_s: float = 15.0, start_id: str = "") -> None:
        """Waits for a predecessor that is still dying. `start_id` names this start of the service for its successor."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / LOCK_FILE
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    holder = (path.read_text(errors="replace").split() or ["unknown"])[0]
                    os.close(self._file)
                    raise AlreadyRunning(
                        f"Another TILscope service (process {holder}) uses {folder}. Stop it, or give this one another DataDirectory."
                    ) from None
                time.sleep(0.1)
        words = os.pread(self._file, 256, 0).decode(errors="replace").split()
        self.predecessor = words[1] if len(words) > 1 else ""
        """The start that held it before us, and has ended; '' where that is not known."""
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()} {start_id}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._file)
