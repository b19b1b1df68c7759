"""Many studies, one after the other or side by side; what becomes of one does not touch the others."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from tilscope.service.research.extraction.checkpoints import Checkpoints
from tilscope.service.research.extraction.extract_study import Extracted, ExtractOne, StudyAt, extract_study
from tilscope.service.research.extraction.feature_rows import Row, RowState
from tilscope.service.research.extraction.request import ExtractionRequest
from tilscope.service.research.extraction.worker_pool_settings import WorkerPoolSettings
from tilscope.service.workers.attempt import Declined, Outcome, ScoredOutcome, attempt


@dataclass(frozen=True)
class CohortProgress:
    """How far a cohort is."""

    total: int
    done: int = 0
    kept: int = 0
    """Of these, finished by an earlier run."""
    states: Counter[RowState] = field(default_factory=Counter)
    """Of the rows so far."""
    seconds: float = 0.0
    doing: str = ""

    @property
    def to_go(self) -> int:
        return self.total - self.done

    @property
    def seconds_left(self) -> float | None:
        """By the studies that this run has computed; None before the first."""
        computed = self.done - self.kept
        return self.seconds * self.to_go / computed if computed else None


OnProgress = Callable[[CohortProgress], None]


def extract_cohort(
    studies: Sequence[StudyAt],
    request: ExtractionRequest,
    checkpoints: Checkpoints,
    pool: WorkerPoolSettings,
    on_progress: OnProgress = lambda progress: None,
    extract_one: ExtractOne = extract_study,
) -> list[Extracted]:
    """Every study's rows, in the order of `studies`. A pool of one works in this process.

    `extract_one` is what is done with each; it travels to the workers.
    """
    progress = CohortProgress(len(studies))
    begun = time.monotonic()
    extracted_from: dict[str, Extracted] = {}

    def doing(what: str) -> None:
        nonlocal progress
        progress = replace(progress, doing=what, seconds=time.monotonic() - begun)
        on_progress(progress)

    doing("starting")
    with closing(_outcomes(studies, request, checkpoints, pool, doing, extract_one)) as outcomes:
        for study, outcome in outcomes:
            extracted = extracted_from[study.study_uid] = _as_rows(study, outcome)
            progress = replace(
                progress,
                done=progress.done + 1,
                kept=progress.kept + extracted.kept,
                states=progress.states + Counter(extracted.states),
                seconds=time.monotonic() - begun,
            )
            on_progress(progress)
    return [extracted_from[study.study_uid] for study in studies]


def _outcomes(
    studies: Sequence[StudyAt],
    request: ExtractionRequest,
    checkpoints: Checkpoints,
    pool: WorkerPoolSettings,
    doing: Callable[[str], None],
    extract_one: ExtractOne,
) -> Generator[tuple[StudyAt, Outcome], None, None]:
    if pool.workers <= 1:
        for study in studies:
            yield study, _here(study, request, checkpoints, doing, extract_one)
        return
    from tilscope.service.research.extraction.worker_pool import WorkerPool  # Dask, which one process does without

    workers = min(pool.workers, len(studies))
    shared = replace(request, processes=max(1, pool.workers // workers))
    with WorkerPool(checkpoints, replace(pool, workers=workers)) as team:
        yield from team.run(studies, shared, doing, extract_one)


def _here(
    study: StudyAt,
    request: ExtractionRequest,
    checkpoints: Checkpoints,
    doing: Callable[[str], None],
    extract_one: ExtractOne,
) -> Outcome:
    return attempt(
        lambda report: extract_one(study, request, checkpoints, report), lambda stage, fraction: doing(stage)
    )


def _as_rows(study: StudyAt, outcome: Outcome) -> Extracted:
    """A refusal or a fault that came instead of rows is a row as well."""
    if isinstance(outcome, ScoredOutcome):
        return Extracted.of(outcome.result)
    state = RowState.REFUSED if isinstance(outcome, Declined) else RowState.FAILED
    return Extracted((state,), rows=(Row(study.study_uid, state, outcome.code, outcome.reason),))
