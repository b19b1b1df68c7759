"""Many studies, one after the other or side by side; what becomes of one does not touch the others."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from tilscope.service.research.extraction.checkpoints import Checkpoints
from tilscope.service.research.extraction.extract_study import Extracted, ExtractOne, StudyAt, extract_study
from tilscope.service.research.extraction.feature_rows import Row, RowState
from tilscope.service.research.extraction.many_outcomes import outcomes_of
from tilscope.service.research.extraction.request import ExtractionRequest
from tilscope.service.research.extraction.worker_pool_settings import WorkerPoolSettings
from tilscope.service.scoring.stages import Report
from tilscope.service.workers.attempt import Declined, Outcome, ScoredOutcome

if TYPE_CHECKING:
    from tilscope.service.research.extraction.worker_pool import StudyWork


@dataclass(frozen=True)
class CohortProgress:
    """How far a cohort is."""

    total: int
    done: int = 0
    kept: int = 0
    """Of these, finished by an earlier run."""
    states: Counter[StrEnum] = field(default_factory=Counter)
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


@dataclass(frozen=True)
class ExtractFeatures:
    """What is done with each study."""

    request: ExtractionRequest
    checkpoints: Checkpoints
    extract_one: ExtractOne = extract_study

    timed_out = "extraction-timed-out"

    def __call__(self, study: StudyAt, report: Report) -> Extracted:
        return self.extract_one(study, self.request, self.checkpoints, report)


OnProgress = Callable[[CohortProgress], None]


class CohortEntry(Protocol):
    """What becomes of one study."""

    @property
    def states(self) -> tuple[StrEnum, ...]: ...

    @property
    def kept(self) -> bool:
        """Whether an earlier run had finished it."""


Entry = TypeVar("Entry", bound=CohortEntry)


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
    workers = max(1, min(pool.workers, len(studies)))
    shared = replace(request, processes=max(1, pool.workers // workers)) if pool.workers > 1 else request
    work = ExtractFeatures(shared, checkpoints, extract_one)
    return work_through(studies, work, checkpoints.folder, pool, _as_rows, on_progress)


def work_through(
    studies: Sequence[StudyAt],
    work: StudyWork,
    folder: Path,
    pool: WorkerPoolSettings,
    entry_of: Callable[[StudyAt, Outcome], Entry],
    on_progress: OnProgress,
) -> list[Entry]:
    """The same work on each study, told as it goes on; the entries in the order of `studies`."""
    progress = CohortProgress(len(studies))
    begun = time.monotonic()
    entries: dict[str, Entry] = {}

    def doing(what: str) -> None:
        nonlocal progress
        progress = replace(progress, doing=what, seconds=time.monotonic() - begun)
        on_progress(progress)

    doing("starting")
    with closing(outcomes_of(studies, work, folder, pool, doing)) as outcomes:
        for study, outcome in outcomes:
            entry = entries[study.study_uid] = entry_of(study, outcome)
            progress = replace(
                progress,
                done=progress.done + 1,
                kept=progress.kept + entry.kept,
                states=progress.states + Counter(entry.states),
                seconds=time.monotonic() - begun,
            )
            on_progress(progress)
    return [entries[study.study_uid] for study in studies]


def _as_rows(study: StudyAt, outcome: Outcome) -> Extracted:
    """A refusal or a fault that came instead of rows is a row as well."""
    if isinstance(outcome, ScoredOutcome):
        return Extracted.of(outcome.result)
    state = RowState.REFUSED if isinstance(outcome, Declined) else RowState.FAILED
    return Extracted((state,), rows=(Row(study.study_uid, state, outcome.code, outcome.reason),))
