"""What every worker process does when it starts."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from pathlib import Path
from typing import Any

from distributed import WorkerPlugin

from tilscope.service.import_for_good import TABLES_OF_OBJECTS, import_for_good
from tilscope.service.monitoring.logs import log_to_stderr
from tilscope.service.workers.parent_death import die_with_parent

_PREFIX = "files-of-"


class WorkerSetup(WorkerPlugin):  # type: ignore[misc]  # distributed is untyped
    """Logs like the service, and dies with it.

    Dask's own watch over the parent is a Python thread, which C code that holds the interpreter's lock keeps from
    running; the kernel is not kept from anything (prctl(2), PR_SET_PDEATHSIG).
    """

    name = "tilscope"

    def __init__(self, log_level: str, parent: int, warm_up: str, scratch: str) -> None:
        """`scratch` is empty for workers elsewhere: their site decides where temporary files lie."""
        self._log_level = log_level
        self._parent = parent
        self._scratch = scratch
        self._warm_up = warm_up

    def setup(self, worker: Any) -> None:
        log_to_stderr(self._log_level)
        if self._parent:
            die_with_parent(self._parent)
            # Ctrl-C goes to every process of a terminal; when workers end is for the parent to decide.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        if self._scratch:
            _temporary_files_in(_folder_of(Path(self._scratch), os.getpid()))
        # The first study need not wait for seconds of imports.
        modules = (self._warm_up, TABLES_OF_OBJECTS)
        threading.Thread(target=import_for_good, args=modules, daemon=True).start()


# A process that is killed removes nothing: what it had fetched of a study is removed by the one that started it.


def _folder_of(scratch: Path, pid: int) -> Path:
    return scratch / f"{_PREFIX}{pid}"


def _temporary_files_in(folder: Path) -> None:
    """This process's temporary files, and those of programs that it starts."""
    shutil.rmtree(folder, ignore_errors=True)  # of an earlier process of that number
    folder.mkdir(mode=0o700)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def remove_files_of_the_dead(scratch: Path) -> None:
    """Temporary files of workers that are no more, however they ended."""
    for folder in scratch.glob(f"{_PREFIX}*"):
        try:
            os.kill(int(folder.name.removeprefix(_PREFIX)), 0)
        except (ProcessLookupError, PermissionError):  # not permitted: the number is somebody else's now
            shutil.rmtree(folder, ignore_errors=True)
