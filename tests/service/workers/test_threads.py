"""The processors of a machine are shared among the studies at work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import SimpleITK as sitk

from tilscope.service.workers.threads import environment_of_workers, on_threads, threads_for


@pytest.fixture
def usual() -> Iterator[int]:
    threads = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    yield threads
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)


@pytest.mark.parametrize(
    ("running", "waiting", "workers", "processors", "threads"),
    [
        (0, 1, 1, 8, 8),  # alone
        (0, 1, 4, 8, 8),  # alone: what could run beside it is not there
        (0, 2, 4, 8, 4),
        (1, 1, 4, 8, 4),
        (0, 3, 4, 8, 2),
        (0, 99, 4, 8, 2),  # the others of a long queue wait for a worker
        (0, 99, 1, 8, 8),
        (7, 1, 16, 2, 1),  # more studies than processors
        (0, 1, 4, 1, 1),
    ],
)
def test_a_study_gets_its_share(running: int, waiting: int, workers: int, processors: int, threads: int) -> None:
    assert threads_for(running, waiting, workers, processors) == threads


def test_a_worker_takes_what_it_is_told_and_else_keeps_what_it_has(usual: int) -> None:
    def threads() -> int:
        return int(sitk.ProcessObject.GetGlobalDefaultNumberOfThreads())

    assert on_threads(1, threads) == 1
    assert on_threads(None, threads) == 1
    assert on_threads(usual + 1, threads) == usual + 1


@pytest.mark.parametrize("workers", [1, 2, 64])
def test_sums_of_openblas_are_the_same_with_any_number_of_workers(workers: int) -> None:
    environment = environment_of_workers(workers)
    assert environment["OPENBLAS_NUM_THREADS"] == 1
    assert min(environment.values()) >= 1
