"""What every worker process does when it starts."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from importlib import import_module
from typing import Any

from distributed import WorkerPlugin

from service.logs import log_to_stderr

_PR_SET_PDEATHSIG = 1


class WorkerSetup(WorkerPlugin):  # type: ignore[misc]
    """Logs like the service, and dies with it.

    Dask's own watch over the parent is a Python thread, which C code that holds the interpreter's lock keeps from
    running; the kernel is not kept from anything (prctl(2), PR_SET_PDEATHSIG).
    """

    name = "tilscope"

    def __init__(self, log_level: str, parent: int, warm_up: str) -> None:
        self._log_level = log_level
        self._parent = parent
        self._warm_up = warm_up

    def setup(self, worker: Any) -> None:
        log_to_stderr(self._log_level)
        if self._parent:
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != self._parent:  # it died before we asked
                os._exit(1)
        # The first study need not wait for seconds of imports.
        threading.Thread(target=import_module, args=(self._warm_up,), daemon=True).start()
