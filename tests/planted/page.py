"""docs/planted-truth.md, from what was measured."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from planted.laws import PLANTINGS
from planted.measurements import REPEATS, TWIN, mean_of

_HEAD = f"""# Planted truth

Written by `make study PAPER=... MEASURE=SEEDS NULL=SEEDS` (tests/planted). Does a paper's way of training give back what was
planted, at the paper's size, and does it find nothing where nothing is?

The features are **drawn, not measured**: names of the papers' complete sets, correlated as such features are (by kind, by image
and filter, by region), every third one skewed. Labels depend on a few of them by a known law (tests/planted/laws.py), survival
too. Recall is the part of the planted features that a model took; "or a twin" counts one that correlates with it by
{TWIN:g} or more. Wu's LASSO is repeated {REPEATS} times a fit here, Fan's search is small (population 12, 6 generations), and Han takes
the 8 features of most weight, so that there is something to find.

`make study PAPER=su2022` runs one paper from end to end: tables, training, evaluation on as many patients of the same law that the
model has not seen, and its report.

## Recall by the number of studies

| paper | studies | of | seeds | features taken | recall | recall, or a twin | on unseen studies (mean) | convinced: interval beyond chance |
|---|---|---|---|---|---|---|---|---|
"""


def write_page(folder: Path, page: Path) -> None:
    groups: dict[tuple[str, int, bool], list[dict[str, Any]]] = defaultdict(list)
    for path in sorted(folder.glob("*.json")):
        paper, studies, _, *null = path.stem.split("-")
        groups[paper, int(studies), bool(null)].append(json.loads(path.read_text(encoding="utf-8")))
    rows = [_row(paper, n, found) for (paper, n, null), found in sorted(groups.items()) if not null]
    nulls = [_null_row(paper, n, found) for (paper, n, null), found in sorted(groups.items()) if null]
    page.write_text(_HEAD + "\n".join(rows) + _NULL + "\n".join(nulls) + "\n", encoding="utf-8")


_NULL = """

## Where nothing is

The same features with labels dealt out anew. A model is convinced where the 95 % interval of its AUC or r on unseen studies
lies above chance; at most about one in forty should be. Others are refused at installation, or not made at all.

| paper | studies | null cohorts | no model | models, of which convinced |
|---|---|---|---|---|
"""


def _row(paper: str, studies: int, found: list[dict[str, Any]]) -> str:
    values = [one["value"] for one in found if "value" in one]
    on_unseen = f"{sum(values) / len(values):.2f}" if values else ""
    own = " (the paper's)" if studies == PLANTINGS[paper].studies else ""
    cells = [
        paper, f"{studies}{own}", "r" if PLANTINGS[paper].numbers else "AUC", len(found), f"{mean_of(found, 'found'):.1f}",
        f"{mean_of(found, 'recall'):.2f}", f"{mean_of(found, 'recall_twins'):.2f}", on_unseen,
        f"{sum(one['beyond_chance'] for one in found)} of {len(found)}",
    ]  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def _null_row(paper: str, studies: int, found: list[dict[str, Any]]) -> str:
    refused = sum("refused" in one for one in found)
    convinced = sum(one["beyond_chance"] for one in found)
    return f"| {paper} | {studies} | {len(found)} | {refused} | {len(found) - refused}, {convinced} |"
