"""docs/validation.md, from figures: what is real first, then the phantoms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from validation.bar import Bar, at_most, table_of
from validation.bars import differences, pairs_of
from validation.figures_of_a_case import LEAST_DICE, SHARED, CaseFigures
from validation.real_judgement import CONFIDENT, Judgement, bars_of_real, false_lesions
from validation.speed import MOST_GB, MOST_SECONDS

TRIED = Path(__file__).parent / "tried.md"

INTRODUCTION = f"""# Validation of the segmentation

Written by `make validate`, never by hand. Bars that are not kept stay here as such. What real exams show comes first and
outranks any number of phantoms.

## Real exams

Each exam is scored from DICOM files as a user would: in every way in which it is stored, then changed as patients, scanners and
archives change studies. On UCSF-BR-06 the truth is the trial's rule in the trial's box, and of the lesions that part is compared
in which the rule holds; on TCGA-AO-A03M it is a region that the eye sees, no radiologist's outline, so a Dice of 0.5 must do.
Noise is Rician; its SD is in stored values of UCSF-BR-06, where the tumour has 56 before contrast, and in proportion on the
other. Volumes are compared with those of the exam as it is, where both fields of view show them. A false lesion lies elsewhere
and is told with a confidence over {CONFIDENT:g}.
"""

PATIENTS = f"""
Drawn by `phantom.patients.patient_like`, whose docstring says how often what occurs; limits are fitted on other seeds
([the phantom](phantom.md)). The truth of a measurement is what the same formula gives on still images without noise inside the
true masks; the breast's truth is taken without its skin. A lesion counts as found by a region, told as a lesion or shown as a
candidate, that shares {SHARED:.0%} of the smaller of both with it, at a Dice of {LEAST_DICE:g} at least; a region that is told as a
lesion, and of which less than {SHARED:.0%} is one, is a false one.
"""

NO_PHANTOMS = [
    "## Phantoms like patients",
    "",
    "Not measured for this page (`--cases 0`): their seeds are still unseen.",
]

RealJudgements = Mapping[str, tuple[str, Sequence[Judgement]]]
"""By exam: its source, and what was found in each case."""


def page_of(
    real: RealJudgements,
    pictures: Mapping[str, str],
    patients: Sequence[CaseFigures],
    bars: Sequence[Bar],
    speed: dict[str, Any],
) -> str:
    parts = [
        [INTRODUCTION.rstrip()],
        _real(real, pictures),
        *(_phantoms(patients, bars) if patients else [NO_PHANTOMS]),
        _tried(),
        _speed(speed),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _real(real: RealJudgements, pictures: Mapping[str, str]) -> list[str]:
    if not real:
        return ["Not measured: the reference data are absent."]
    lines = table_of(bars_of_real([one for _, judgements in real.values() for one in judgements]))
    for name, (source, judgements) in real.items():
        lines += ["", f"### {name}", "", f"{source}.", ""]
        lines += [f"![Breast blue, gland yellow, lesions orange, the known tumour green]({pictures[name]})", ""]
        lines += [
            "| case | answer | Dice | volume, % | false lesions | FGT, % | s | kept |",
            "|---|---|---|---|---|---|---|---|",
            *(_row(one) for one in judgements),
        ]
    return lines


def _row(one: Judgement) -> str:
    false = len(false_lesions(one.figures))
    dice = "" if one.figures.refused else f"{one.figures.dice:.3f}"
    kept = "yes" if one.kept else f"**no**: {', '.join(one.broken)}"
    cells = [
        one.case.name,
        one.figures.answer,
        dice,
        _percent(one.volume_change),
        "" if one.figures.refused else str(false),
    ]
    return f"| {' | '.join([*cells, _percent(one.fgt_change), f'{one.figures.seconds:.0f}', kept])} |"


def _percent(change: float | None) -> str:
    return "" if change is None else f"{change:+.1f}"


def _phantoms(patients: Sequence[CaseFigures], bars: Sequence[Bar]) -> list[list[str]]:
    return [
        [f"## {len(patients)} phantoms like patients", PATIENTS.rstrip(), "", *table_of(bars)],
        _failures(patients),
        _agreement(patients),
    ]


def _failures(cases: Sequence[CaseFigures]) -> list[str]:
    organs = Counter(one.organ for case in cases for one in case.false)
    told = ", ".join(f"{name} {count}" for name, count in organs.most_common()) or "none"
    lines = [f"False lesions by what they lie in: {told}.", "", "| seed | patient | what went wrong |", "|---|---|---|"]
    lines += [f"| {case.seed} | {case.what} | {case.in_words()} |" for case in cases if case.failed]
    return lines


def _agreement(cases: Sequence[CaseFigures]) -> list[str]:
    lines = [
        "### Agreement with the truth",
        "",
        "![Bland-Altman figures](validation-bland-altman.png)",
        "",
        "| measurement | n | bias, % | limits of agreement, % |",
        "|---|---|---|---|",
    ]
    for name, pairs in pairs_of(cases).items():
        found = differences(pairs)
        middle, spread = float(found.mean()), 1.96 * float(found.std())
        lines.append(f"| {name} | {found.size} | {middle:+.1f} | {middle - spread:+.1f} to {middle + spread:+.1f} |")
    return lines


def _tried() -> list[str]:
    return ["## What was tried and did not work", "", TRIED.read_text(encoding="utf-8").strip()]


def _speed(speed: dict[str, Any]) -> list[str]:
    total = float(np.sum(list(speed["seconds"].values())))
    stages = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in speed["seconds"].items())
    return [
        "## Time and memory, 320 x 320 x 100 x 5",
        "",
        *table_of([at_most("seconds", total, MOST_SECONDS), at_most("peak memory, GB", speed["peak_gb"], MOST_GB)]),
        "",
        f"By stage: {stages}.",
    ]
