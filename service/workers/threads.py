"""How many threads a study may use: the processors of this machine are shared among the studies at work.

No number depends on it. Libraries whose sums do keep the count that they were started with (`environment_of_workers`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import SimpleITK as sitk
from dask.system import CPU_COUNT

#: Of this machine; fewer where a control group or an affinity allows fewer.
PROCESSORS = max(1, CPU_COUNT)


def threads_for(running: int, waiting: int, workers: int, processors: int = PROCESSORS) -> int:
    """For the next of `waiting` studies, beside those that run already.

    What waits counts as at work as far as there are workers for it: it will be before this study is done.
    """
    at_work = min(running + waiting, workers)
    return max(1, processors // max(1, at_work))


def environment_of_workers(workers: int) -> dict[str, int]:
    """For processes that are about to start.

    OpenBLAS divides a sum by its threads, so it has one, and numbers are the same however many there are. OpenMP and MKL,
    which only learned segmenters use in earnest, have an equal share each.
    """
    share = max(1, PROCESSORS // workers)
    return {"OPENBLAS_NUM_THREADS": 1, "OMP_NUM_THREADS": share, "MKL_NUM_THREADS": share}


def on_threads(threads: int | None, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call `function`, in a worker, with so many threads for ITK and the kernels; None: as many as this process has."""
    if threads is not None:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
    return function(*arguments)
