"""The whole evaluation: every section that the tables allow and somebody asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tilscope.models import PIPELINE_VERSION
from tilscope.models.settings import PipelineSettings
from tilscope.service.research.evaluation.checklist import checklist, left_out_in_words, outcome_in_words
from tilscope.service.research.evaluation.classes import classes
from tilscope.service.research.evaluation.cohort import EvaluatedCohort, bring_together
from tilscope.service.research.evaluation.correlations import correlations
from tilscope.service.research.evaluation.cut_offs import cut_offs
from tilscope.service.research.evaluation.discrimination import discrimination
from tilscope.service.research.evaluation.distributions import distributions, is_of_two
from tilscope.service.research.evaluation.models import scores_named
from tilscope.service.research.evaluation.networks import networks
from tilscope.service.research.evaluation.plan import EvaluationPlan
from tilscope.service.research.evaluation.probabilities import calibration, decisions
from tilscope.service.research.evaluation.report import EvaluationReport, Section
from tilscope.service.research.evaluation.subgroups import subgroups
from tilscope.service.research.evaluation.survival import survival
from tilscope.service.research.evaluation.tables import read_table

Tick = Callable[[int, int], None]


def read_cohort(
    names: Sequence[str], cohort: Path, outcomes: Path, plan: EvaluationPlan, settings: PipelineSettings
) -> EvaluatedCohort:
    """Both tables brought together; the first of the names is evaluated, the others are compared with it.

    A name is a model's folder, a signature, a column of the cohort's table; or, but for the first, of that of outcomes.
    """
    table, known = read_table(cohort), read_table(outcomes)
    beside = [name for name in names[1:] if name in known.columns and name not in table.columns]
    models = [scores_named(name, table, settings) for name in names if name not in beside]
    return bring_together(models, table, known, plan, beside)


def evaluate(cohort: EvaluatedCohort, plan: EvaluationPlan, tick: Tick = lambda done, total: None) -> EvaluationReport:
    steps = list(_steps(cohort, plan))
    sections: list[Section] = []
    for n, step in enumerate(steps):
        tick(n, len(steps))
        sections.append(step())
    tick(len(steps), len(steps))
    return EvaluationReport(
        f"{cohort.models[0].name} on {cohort.scored.path.name}",
        tuple(_facts(cohort, plan)),
        tuple(sections),
        checklist(cohort, plan, sections),
    )


def _steps(cohort: EvaluatedCohort, plan: EvaluationPlan) -> Iterator[Callable[[], Section]]:
    labels, follow_up = cohort.labels, cohort.follow_up
    if labels is not None:
        if is_of_two(labels, plan):
            yield lambda: discrimination(cohort, labels, plan)
            yield lambda: cut_offs(cohort, labels, plan)
            if any(model.is_probability for model in cohort.models):
                yield lambda: calibration(cohort, labels, plan)
                yield lambda: decisions(cohort, labels)
            if plan.subgroups:
                yield lambda: subgroups(cohort, labels, plan)
        if len(labels.classes) > 2:
            yield lambda: classes(cohort, labels, plan)
        yield lambda: distributions(cohort, labels, plan)
    if follow_up is not None:
        yield lambda: survival(cohort, follow_up, plan)
    if plan.correlate:
        yield lambda: correlations(cohort, plan)
    if plan.networks:
        yield lambda: networks(cohort, plan)


def _facts(cohort: EvaluatedCohort, plan: EvaluationPlan) -> Iterator[tuple[str, str]]:
    for model in cohort.models:
        yield "model", f"{model.name}: {model.origin}"
    yield "cohort", f"{cohort.scored.path.name}, {len(cohort)} studies of {cohort.patients_counted} patients"
    yield "outcomes", f"{cohort.outcomes.path.name}: {outcome_in_words(cohort, plan) or 'numbers to correlate with'}"
    yield "left out", left_out_in_words(cohort.left_out)
    yield "made", f"{datetime.now(UTC).isoformat(timespec='seconds')} by TILscope {PIPELINE_VERSION}, seed {plan.seed}"
    yield "use", "Research use only."
