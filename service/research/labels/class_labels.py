"""From scores to classes: the column `label` of a table that `tilscope train` takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np

from tilscope.models.refusals import BadInput
from tilscope.service.research.labels.clinical_table import PATIENT, SIDE, STUDY
from tilscope.service.research.labels.cohort_tables import some
from tilscope.service.research.labels.phenotypes import phenotypes
from tilscope.service.research.labels.splits import divided, quantile_borders
from tilscope.service.research.labels.table_with_provenance import TableWithProvenance, made_here
from tilscope.service.research.labels.tumour_stroma import heterogeneity

LABEL = "label"
_IDENTITY = (STUDY, PATIENT, SIDE, "sample")


def split_scores(
    table: TableWithProvenance, path: Path, column: str, borders: Sequence[float], quantiles: Sequence[float],
    names: Sequence[str], without_middle: bool = False, everybody: bool = False,
) -> TableWithProvenance:  # fmt: skip
    """Classes by one column, with one more name than there are borders or quantiles, from the lowest class up."""
    values = table.numbers(column, path)
    known = values[np.isfinite(values)]
    if len(known) == 0 or np.ptp(known) == 0:
        why = "is the same in all patients" if len(known) else "has no value"
        raise BadInput("no-classes", table=path, problem=f"{column} {why}")
    at = sorted(borders) or quantile_borders(values, sorted(quantiles))
    if len(names) != len(at) + 1:
        problem = f"{len(at)} borders make {len(at) + 1} classes, and {len(names)} names are given"
        raise BadInput("no-classes", table=path, problem=problem)
    classes = divided(values, at)
    middle = np.isin(classes, range(1, len(at))) if without_middle else np.zeros(len(classes), bool)
    reasons = {"have no value": classes < 0, "lie in the middle": middle}
    facts = {"column": column, "borders": at, "quantiles": [] if borders else sorted(quantiles)}
    return _labelled(table, path, [names[n] for n in classes], reasons, "split", facts, names, everybody)


def label_phenotypes(
    table: TableWithProvenance, path: Path, patterns: Sequence[str], names: Sequence[str], seed: int,
    everybody: bool = False,
) -> TableWithProvenance:  # fmt: skip
    """Classes by k-means, as many as names, from the coldest up."""
    columns = [name for name in table.columns if any(fnmatchcase(name, pattern) for pattern in patterns)]
    if len(columns) < 2:
        problem = f"{' '.join(patterns)} names {len(columns)} columns, and a pattern of cells needs two or more"
        raise BadInput("no-classes", table=path, problem=f"{problem}; it has {some(table.columns)}")
    scores = np.stack([table.numbers(name, path) for name in columns], axis=1)
    complete = np.isfinite(scores).all(axis=1)
    flat = complete & (np.ptp(np.where(complete[:, None], scores, 0.0), axis=1) == 0)
    usable = complete & ~flat
    if usable.sum() <= len(names):
        problem = f"only {usable.sum()} patients have all of its {len(columns)} scores"
        raise BadInput("no-classes", table=path, problem=problem)
    # A patient's second study is no second patient.
    once = _first_rows(table, usable)
    done = phenotypes(scores[once], len(names), seed)
    group_of = dict(zip(_who(table, once), done.group, strict=True))
    labels = [names[group_of.get(who, 0)] for who in _who(table, range(len(table)))]
    facts = {
        "columns": columns,
        "seed": seed,
        "silhouette": done.silhouette,
        "silhouette_by_count": {str(count): value for count, value in done.silhouette_by_count.items()},
    }
    reasons = {"lack a score": ~complete, "have the same score of all cells": flat}
    return _labelled(table, path, labels, reasons, "phenotypes", facts, names, everybody)


def compare_compartments(
    tumour: TableWithProvenance, stroma: TableWithProvenance, paths: tuple[Path, Path]
) -> TableWithProvenance:
    """Fan's heterogeneity of every population that both tables have, of the patients that both have."""
    of_stroma = dict(zip(_who(stroma, range(len(stroma))), range(len(stroma)), strict=True))
    pairs = [(n, of_stroma[who]) for n, who in enumerate(_who(tumour, range(len(tumour)))) if who in of_stroma]
    if not pairs:
        first, others = (some(_who(one, range(min(3, len(one))))) for one in (stroma, tumour))
        raise BadInput("no-patient-in-common", path=paths[1], patients=first, others=others)
    rows, columns = [n for n, _ in pairs], [name for name in tumour.columns if name.startswith("mcp_")]
    of_tumour = {name: tumour.numbers(name, paths[0])[rows] for name in columns}
    beside = {name: stroma.numbers(name, paths[1])[[n for _, n in pairs]] for name in columns if name in stroma.columns}
    found = heterogeneity(of_tumour, beside)
    if not found:
        raise BadInput("no-classes", table=paths[1], problem="it has no column mcp_ in common with the other")
    alone = len(tumour) + len(stroma) - 2 * len(pairs)
    notes = [f"{alone} patients have one compartment only"] if alone else []
    identity = {name: [tumour.columns[name][n] for n in rows] for name in _IDENTITY[:3] if name in tumour.columns}
    made_from = {"tumour": tumour.provenance, "stroma": stroma.provenance}
    provenance = made_here(
        "heterogeneity", paths, formula="(tumour - stroma) / stroma", notes=notes, made_from=made_from
    )
    return TableWithProvenance({**identity, **{name: values.tolist() for name, values in found.items()}}, provenance)


def _who(table: TableWithProvenance, rows: Sequence[int]) -> list[str]:
    names = table.columns.get(PATIENT) or table.columns.get(STUDY) or [str(n) for n in range(len(table))]
    return [str(names[n]) for n in rows]


def _first_rows(table: TableWithProvenance, usable: Any) -> list[int]:
    rows = np.flatnonzero(usable).tolist()
    first = dict(zip(reversed(_who(table, rows)), reversed(rows), strict=True))
    return sorted(first.values())


def _labelled(
    table: TableWithProvenance, path: Path, labels: Sequence[str], without: dict[str, Any], command: str,
    facts: dict[str, Any], names: Sequence[str], everybody: bool,
) -> TableWithProvenance:  # fmt: skip
    """The rows that have a class; of a table with studies those that have one, as a training looks for studies."""
    if STUDY in table.columns and not everybody:
        without = {**without, "have no study": np.array([not study for study in table.columns[STUDY]])}
    left_out = np.any(list(without.values()), axis=0)
    notes = [f"{reason.sum()} rows {words} and no label" for words, reason in without.items() if reason.any()]
    notes += [f"a column {LABEL} was there before, and is replaced"] if LABEL in table.columns else []
    kept = np.flatnonzero(~left_out).tolist()
    counts = Counter(labels[n] for n in kept)
    if empty := [name for name in dict.fromkeys((names[0], names[-1])) if not counts[name]]:
        raise BadInput("no-classes", table=path, problem=f"nobody would be {' or '.join(empty)}: {dict(counts)}")
    provenance = made_here(
        command, [path], **facts, classes=dict(counts), notes=notes, made_from=dict(table.provenance)
    )
    return TableWithProvenance({**table.columns, LABEL: list(labels)}, provenance).rows(kept)
