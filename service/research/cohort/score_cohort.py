"""The studies of a cohort scored, one after the other or side by side; what becomes of one does not touch the others."""

from __future__ import annotations

from collections.abc import Sequence

from tilscope.models.result import RefusedSeries
from tilscope.service.research.cohort.cohort_study import CohortStudy
from tilscope.service.research.cohort.score_study import ScoreStudies
from tilscope.service.research.extraction.extract_cohort import OnProgress, work_through
from tilscope.service.research.extraction.extract_study import StudyAt
from tilscope.service.research.extraction.worker_pool_settings import WorkerPoolSettings
from tilscope.service.workers.attempt import Declined, Outcome, ScoredOutcome


def score_cohort(
    studies: Sequence[StudyAt],
    work: ScoreStudies,
    pool: WorkerPoolSettings,
    on_progress: OnProgress = lambda progress: None,
) -> list[CohortStudy]:
    """What became of each, in the order of `studies`. A pool of one works in this process."""
    return work_through(studies, work, work.kept.folder, pool, _study_of, on_progress)


def _study_of(study: StudyAt, outcome: Outcome) -> CohortStudy:
    """A refusal or a fault that came instead of a result is a row as well."""
    if isinstance(outcome, ScoredOutcome):
        return CohortStudy.of(outcome.result)
    why = RefusedSeries((), "", outcome.code, outcome.reason)
    return CohortStudy(study.study_uid, refused=(why,), failed=not isinstance(outcome, Declined))
