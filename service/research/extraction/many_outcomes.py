"""The same work on many studies: one after the other in this process, or side by side in worker processes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tilscope.service.research.extraction.extract_study import StudyAt
from tilscope.service.research.extraction.worker_pool_settings import WorkerPoolSettings
from tilscope.service.workers.attempt import Outcome, attempt

if TYPE_CHECKING:
    from tilscope.service.research.extraction.worker_pool import StudyWork


def outcomes_of(
    studies: Sequence[StudyAt],
    work: StudyWork,
    folder: Path,
    pool: WorkerPoolSettings,
    doing: Callable[[str], None],
) -> Generator[tuple[StudyAt, Outcome], None, None]:
    """The outcome of each study, as they end. Workers keep their files in `folder`; `doing` takes what goes on."""
    if pool.workers <= 1:
        for study in studies:
            yield study, _here(study, work, doing)
        return
    from tilscope.service.research.extraction.worker_pool import WorkerPool  # Dask, which one process does without

    with WorkerPool(folder, replace(pool, workers=max(1, min(pool.workers, len(studies)))), work) as team:
        yield from team.run(studies, doing)


def _here(study: StudyAt, work: StudyWork, doing: Callable[[str], None]) -> Outcome:
    return attempt(lambda report: work(study, report), lambda stage, fraction: doing(stage))
