"""Networks of cell populations in each class, or in patients of high and low scores, as Fan drew them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from tilscope.service.research.evaluation.cohort import EvaluatedCohort
from tilscope.service.research.evaluation.plan import EvaluationPlan
from tilscope.service.research.evaluation.report import Figure, Number, Section
from tilscope.service.research.figures.cell_networks import draw_networks
from tilscope.service.research.statistics.cell_network import EDGE_ABOVE, CellNetwork, cell_network

#: Of a group; a correlation of fewer is above 0.5 too often by chance.
_FEWEST = 10


def networks(cohort: EvaluatedCohort, plan: EvaluationPlan) -> Section:
    groups, by = _groups(cohort)
    numbers: list[Number] = []
    figures: list[Figure] = []
    sentences = [f"Populations are connected where Pearson's r is above {EDGE_ABOVE:g}; groups are {by}."]
    for compartment, patterns in plan.networks.items():
        cells = [name for name in cohort.matching(patterns) if cohort.is_numeric(name)]
        values = np.column_stack([cohort.numbers(name) for name in cells])
        found: dict[str, CellNetwork] = {}
        for group, within in groups.items():
            known = within & np.isfinite(values).all(axis=1)
            if known.sum() < _FEWEST:
                sentences.append(
                    f"{compartment}, {group}: {int(known.sum())} studies with all abundances are too few for a network."
                )
                continue
            found[group] = cell_network(_short(cells), values[known])
            numbers += _numbers(compartment, group, found[group], int(known.sum()))
        if found:
            figures.append(_figure(compartment, found))
    return Section("networks", "Cell networks", tuple(sentences), tuple(numbers), tuple(figures))


def _groups(cohort: EvaluatedCohort) -> tuple[Mapping[str, np.ndarray], str]:
    if cohort.labels is not None:
        labels = cohort.labels
        return {name: labels.of == n for n, name in enumerate(labels.classes)}, "the classes"
    model = cohort.models[0]
    border = model.cut_offs[0] if model.cut_offs else float(np.median(model.values))
    return {
        "high": model.values >= border,
        "low": model.values < border,
    }, f"{model.name} from {border:.3g} on, and below"


def _numbers(compartment: str, group: str, network: CellNetwork, n: int) -> list[Number]:
    return [
        Number(name.replace("_", " "), compartment, float(value), n=n, group=group)
        for name, value in asdict(network.shape).items()
    ]


def _short(cells: list[str]) -> list[str]:
    """Without what all names begin with, as tumour_ in tumour_NK; a single name stays whole."""
    common = cells[0]
    while not all(cell.startswith(common) for cell in cells):
        common = common[:-1]
    cut = max(common.rfind(mark) for mark in "_ :/") + 1 if len(cells) > 1 else 0
    return [cell[cut:] for cell in cells]


def _figure(compartment: str, found: Mapping[str, CellNetwork]) -> Figure:
    caption = (
        f"Cell populations of {compartment}: an edge is the thicker the closer they go together; pale ones have none."
    )
    return Figure(
        f"network-{compartment}", caption, lambda canvas: draw_networks(canvas, found), 3.4 * len(found) + 0.2, 2.8
    )
