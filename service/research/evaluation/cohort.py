"""Scores and outcomes of a cohort brought together: who counts, who does not, and what makes both tables unfit for each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilscope.models.refusals import BadInput
from tilscope.service.research.evaluation.follow_up import SurvivalTimes, follow_up_of
from tilscope.service.research.evaluation.models import ModelScores, of_column
from tilscope.service.research.evaluation.plan import EvaluationPlan
from tilscope.service.research.evaluation.tables import PATIENT, SIDE, STATE, STUDY, CohortTable, Key

Floats = NDArray[np.float64]
_TWO = "series of a study with two, without an outcome of their own"
_MEASURED = ("", "measured", "scored", "done")
_POSITIVE = ("1", "1.0", "true", "yes", "positive")
_MOST_CLASSES = 8
_NEGATIVE = ("0", "0.0", "false", "no", "negative")


@dataclass(frozen=True, eq=False)
class ClassLabels:
    classes: tuple[str, ...]
    """From the lowest to the highest."""
    of: NDArray[np.int_]
    """[study], its class's place in `classes`; -1 where it is not known."""
    positive: int
    """The place of the class that is called positive; of three classes and more the highest, unless one is named."""

    @property
    def is_positive(self) -> NDArray[np.bool_]:
        return np.equal(self.of, self.positive)

    @property
    def known(self) -> NDArray[np.bool_]:
        return np.greater_equal(self.of, 0)

    @property
    def names(self) -> tuple[str, str]:
        """Of the positive class and of the rest."""
        others = [name for n, name in enumerate(self.classes) if n != self.positive]
        return self.classes[self.positive], others[0] if len(others) == 1 else f"not {self.classes[self.positive]}"


@dataclass(frozen=True, eq=False)
class EvaluatedCohort:
    """Every study with a score of the first model and a row of outcomes."""

    models: tuple[ModelScores, ...]
    patients: NDArray[np.str_]
    labels: ClassLabels | None
    follow_up: SurvivalTimes | None
    outcomes: CohortTable
    rows: NDArray[np.int_]
    """[study], its row of outcomes."""
    scored: CohortTable
    scored_rows: NDArray[np.int_]
    """[study], its row of the cohort's table."""
    left_out: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.patients)

    @property
    def patients_counted(self) -> int:
        return len(np.unique(self.patients))

    def numbers(self, column: str) -> Floats:
        """[study], from the table of outcomes or else from the cohort's."""
        table, rows = self._of(column)
        return table.numbers(column)[rows]

    def texts(self, column: str) -> NDArray[np.str_]:
        table, rows = self._of(column)
        return np.array(table.texts(column), dtype=str)[rows]

    def is_numeric(self, column: str) -> bool:
        return self._of(column)[0].is_numeric(column)

    def matching(self, patterns: Sequence[str]) -> list[str]:
        """Columns of both tables; those of outcomes come first, and a pattern that fits none is bad input."""
        found: list[str] = []
        for pattern in patterns:
            try:
                names = self.outcomes.matching([pattern])
            except BadInput:
                names = self.scored.matching([pattern])
            found += [name for name in names if name not in found]
        return found

    def _of(self, column: str) -> tuple[CohortTable, NDArray[np.int_]]:
        if column in self.outcomes.columns:
            return self.outcomes, self.rows
        if column in self.scored.columns:
            return self.scored, self.scored_rows
        raise self.outcomes.unusable(f"neither it nor {self.scored.path.name} has a column {column}")


def bring_together(
    models: Sequence[ModelScores],
    scored: CohortTable,
    outcomes: CohortTable,
    plan: EvaluationPlan,
    beside: Sequence[str] = (),
) -> EvaluatedCohort:
    """`beside`: columns of outcomes that are compared with the models, as a clinical score may be.

    `BadInput` in words where the tables are of other patients, a class is empty, or the first model's scores are all alike.
    """
    left_out: Counter[str] = Counter()
    scored_rows, rows = _matched(scored, outcomes, left_out)
    known = np.isfinite(models[0].values[scored_rows])
    left_out[f"studies without a score of {models[0].name}"] += int((~known).sum())
    if not known.any():
        raise BadInput(
            "no-score-in-cohort", model=models[0].name, table=scored.path, reason="no study with an outcome has one."
        )
    scored_rows, rows = scored_rows[known], rows[known]
    if np.ptp(models[0].values[scored_rows]) == 0:
        raise BadInput("all-scores-alike", model=models[0].name, studies=len(rows))
    cohort = EvaluatedCohort(
        models=(*(_of_rows(one, scored_rows) for one in models), *(of_column(outcomes, name, rows) for name in beside)),
        patients=_patients(scored, outcomes, scored_rows, rows),
        labels=_labels(outcomes, rows, plan, models[0].classes, left_out) if plan.label in outcomes.columns else None,
        follow_up=follow_up_of(outcomes, rows, plan, left_out) if plan.time or plan.event else None,
        outcomes=outcomes,
        rows=rows,
        scored=scored,
        scored_rows=scored_rows,
        left_out={},
    )
    if cohort.labels is None and cohort.follow_up is None and not plan.correlate:
        raise outcomes.unusable(
            f"it has no column {plan.label}; name another by --label, or --time and --event, or --correlate"
        )
    return EvaluatedCohort(**{**vars(cohort), "left_out": {why: n for why, n in left_out.items() if n}})


def _of_rows(model: ModelScores, rows: NDArray[np.int_]) -> ModelScores:
    features = None if model.features is None else {id: values[rows] for id, values in model.features.items()}
    return ModelScores(**{**vars(model), "values": model.values[rows], "features": features})


def _matched(
    scored: CohortTable, outcomes: CohortTable, left_out: Counter[str]
) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Pairs of rows. Of two series under one outcome neither counts: which was meant is not known."""
    by_study = STUDY in outcomes.columns and STUDY in scored.columns
    name = STUDY if by_study else PATIENT
    if name not in outcomes.columns or name not in scored.columns:
        raise outcomes.unusable(f"it must share {STUDY} or {PATIENT} with {scored.path.name}")
    of_key = _rows_by_key(outcomes, name)
    keys = {
        row: (study, side)
        for row, (study, side, state) in enumerate(
            zip(scored.texts(name), scored.texts(SIDE), scored.texts(STATE), strict=True)
        )
        if state in _MEASURED
    }
    left_out["series without features"] += len(scored) - len(keys)
    series = Counter(study for study, _ in keys.values())
    pairs = []
    for row, (study, side) in keys.items():
        outcome = of_key.get((study, side), of_key.get((study, "")) if series[study] == 1 else None)
        if outcome is not None:
            pairs.append((row, outcome))
        else:
            left_out[_TWO if (study, "") in of_key else "studies without an outcome"] += 1
    if not pairs:
        raise BadInput(
            "outcomes-of-others", outcomes=outcomes.path, cohort=scored.path, column=name,
            theirs=next(iter(of_key))[0], ours=next(iter(keys.values()), ("none", ""))[0],
        )  # fmt: skip
    matched = {of_key[key] for key in of_key} - {outcome for _, outcome in pairs}
    left_out["outcomes of studies that the cohort does not hold"] += len(matched)
    first, second = np.array(pairs, int).T
    return first, second


def _rows_by_key(outcomes: CohortTable, name: str) -> dict[Key, int]:
    found: dict[Key, int] = {}
    for row, key in enumerate(zip(outcomes.texts(name), outcomes.texts(SIDE), strict=True)):
        if key in found:
            raise outcomes.unusable(f"it has two rows for {' '.join(key).strip()}")
        found[key] = row
    return found


def _patients(
    scored: CohortTable, outcomes: CohortTable, scored_rows: NDArray[np.int_], rows: NDArray[np.int_]
) -> NDArray[np.str_]:
    """Who is not named is taken for one patient a study; who is named differently twice is somebody else."""
    studies, ours, theirs = scored.texts(STUDY), scored.texts(PATIENT), outcomes.texts(PATIENT)
    found = []
    for row, outcome in zip(scored_rows, rows, strict=True):
        if ours[row] and theirs[outcome] and ours[row] != theirs[outcome]:
            raise BadInput(
                "outcome-of-another", study=studies[row], outcomes=outcomes.path, cohort=scored.path,
                theirs=theirs[outcome], ours=ours[row],
            )  # fmt: skip
        found.append(ours[row] or theirs[outcome] or studies[row])
    return np.array(found, dtype=str)


def _labels(
    outcomes: CohortTable,
    rows: NDArray[np.int_],
    plan: EvaluationPlan,
    of_model: tuple[str, ...],
    left_out: Counter[str],
) -> ClassLabels:
    classes = _classes(outcomes, [text for text in outcomes.texts(plan.label) if text], plan, of_model)
    place = {name: n for n, name in enumerate(classes)}
    texts = outcomes.texts(plan.label)
    of = np.array([place.get(texts[row], -1) for row in rows], dtype=int)
    left_out["studies without a label"] += int((of < 0).sum())
    for n, name in enumerate(classes):
        if not (of == n).any():
            raise BadInput(
                "evaluation-class-empty",
                found=int((of >= 0).sum()),
                name=name,
                label=plan.label,
                outcomes=outcomes.path,
            )
    return ClassLabels(classes, of, classes.index(plan.positive) if plan.positive else len(classes) - 1)


def _classes(
    outcomes: CohortTable, labels: Sequence[str], plan: EvaluationPlan, of_model: tuple[str, ...]
) -> tuple[str, ...]:
    """In the order that was asked for; else in the model's own, if the labels are its words; else as they sort."""
    there = sorted(set(labels), key=_order)
    held = ", ".join(there[:6]) or "nothing"
    if plan.classes and (unknown := [name for name in there if name not in plan.classes]):
        raise outcomes.unusable(f"its column {plan.label} holds {', '.join(unknown)}, which --classes does not name")
    if plan.positive and plan.positive not in there:
        raise outcomes.unusable(f"its column {plan.label} never holds {plan.positive}; it holds {held}")
    if len(there) < 2 and not plan.classes:
        raise outcomes.unusable(f"its column {plan.label} holds {held} alone, and two classes are needed")
    if len(there) > _MOST_CLASSES:
        raise outcomes.unusable(
            f"its column {plan.label} holds {len(there)} different values, which are no classes; --correlate takes numbers"
        )
    if plan.classes:
        return plan.classes
    if set(there) == set(of_model):
        return of_model
    if len(there) > 2 and any(_order(name)[0] for name in there):
        raise outcomes.unusable(
            f"the order of {held} in its column {plan.label} is not known; give it by --classes, the lowest first"
        )
    return tuple(sorted(there, key=lambda name: name == plan.positive) if len(there) == 2 else there)


def _order(name: str) -> tuple[int, float, str]:
    """No before yes, numbers by size, words as they sort."""
    if name.lower() in _NEGATIVE or name.lower() in _POSITIVE:
        return 0, float(name.lower() in _POSITIVE), name
    try:
        return 0, float(name), name
    except ValueError:
        return 1, 0.0, name
