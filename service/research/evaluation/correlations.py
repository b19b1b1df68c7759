"""What the scores, and the features that they are made of, go along with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tilscope.service.research.evaluation.cohort import EvaluatedCohort
from tilscope.service.research.evaluation.plan import EvaluationPlan
from tilscope.service.research.evaluation.report import Figure, Number, Section
from tilscope.service.research.figures.effects import draw_heat_map, size_of_heat_map
from tilscope.service.research.statistics.correlation import Kind, correlation_table

#: As many features as Han's heat map has.
_MOST_FEATURES = 20
FOUND = 0.05
KINDS: tuple[Kind, ...] = ("pearson", "spearman")
_NAMES = {"pearson": "Pearson's r", "spearman": "Spearman's r"}


def correlations(cohort: EvaluatedCohort, plan: EvaluationPlan) -> Section:
    columns = [name for name in cohort.matching(plan.correlate) if cohort.is_numeric(name)]
    left_out = [name for name in cohort.matching(plan.correlate) if name not in columns]
    if not columns:
        raise cohort.outcomes.unusable(f"none of its columns {', '.join(plan.correlate)} holds numbers")
    ours, values = _ours(cohort)
    theirs = np.column_stack([cohort.numbers(name) for name in columns])
    constant = [name for name, column in zip(columns, theirs.T, strict=True) if np.nanmax(column) == np.nanmin(column)]
    numbers: list[Number] = []
    figures = []
    for kind in KINDS:
        table = correlation_table(values, theirs, kind)
        for (row, column), r in np.ndenumerate(table.r):
            at = row, column
            numbers.append(Number(_NAMES[kind], ours[row], float(r), float(table.low[at]), float(table.high[at]), float(table.p[at]), int(table.n[at]), columns[column]))  # fmt: skip
            numbers.append(Number(f"FDR of {_NAMES[kind]}", ours[row], float(table.fdr[at]), n=int(table.n[at]), group=columns[column], method="Benjamini-Hochberg over all pairs"))  # fmt: skip
        figures.append(_figure(kind, ours, columns, table.r, table.fdr))
    return Section(
        "correlations",
        "Correlations",
        (
            f"Framed in the figures: a false discovery rate below {FOUND:g} over all pairs of the table.",
            *(f"{', '.join(constant)} is the same in all studies and correlates with nothing." for _ in constant[:1]),
            *(f"{', '.join(left_out)} holds no numbers and is left out." for _ in left_out[:1]),
        ),
        tuple(numbers),
        tuple(figures),
    )


def _ours(cohort: EvaluatedCohort) -> tuple[list[str], NDArray[np.float64]]:
    """The scores, and of the first model the features, where the table holds them."""
    rows = {model.name: model.values for model in cohort.models}
    for id, values in list((cohort.models[0].features or {}).items())[:_MOST_FEATURES]:
        rows.setdefault(id.removeprefix("radiomics:"), values)
    return list(rows), np.column_stack(list(rows.values()))


def _figure(
    kind: Kind, ours: list[str], columns: list[str], r: NDArray[np.float64], fdr: NDArray[np.float64]
) -> Figure:
    width, height = size_of_heat_map(ours, columns)
    found = np.nan_to_num(fdr, nan=1.0) < FOUND
    caption = f"{_NAMES[kind]} of scores and features with outcomes; dark is negative, light positive."
    return Figure(
        f"heat-map-{kind}", caption, lambda canvas: draw_heat_map(canvas, ours, columns, r, found), width, height
    )
