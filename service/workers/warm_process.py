"""A process that has imported what workers need, of which the kernel makes each worker as a copy.

Workers that Dask starts afresh import for seconds: at the start of the service, after each study that has killed one, and
when one makes room for the next. A copy is there at once, and shares the memory of what was imported with its siblings.
It is multiprocessing's fork server, begun before the service imports anything itself.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import forkserver

from tilscope.service.workers.parent_death import PARENT

#: In the process that is copied one thread is all there may be: of others a copy has only the locks that they held.
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def begin_warm_process() -> None:
    """Once, by the main thread, for the clusters that this process will start; returns at once.

    Elsewhere than on Linux libraries do not bear being copied, and every worker imports for itself.
    """
    if sys.platform != "linux":
        return
    multiprocessing.get_context("forkserver").set_forkserver_preload(["tilscope.service.workers.imported_beforehand"])
    with _environment({**_ONE_THREAD, PARENT: str(os.getpid())}):
        forkserver.ensure_running()

    import dask

    dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    usual = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            if name in usual:
                os.environ[name] = usual[name]
            else:
                del os.environ[name]
