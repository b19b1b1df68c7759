"""docs/validation.md, from figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from validation.bar import Bar, at_least, at_most, table_of
from validation.bars import differences, pairs_of
from validation.figures_of_a_case import LEAST_DICE, SHARED, CaseFigures
from validation.speed import MOST_GB, MOST_SECONDS

INTRODUCTION = f"""# Validation of the segmentation

Written by `make validate`, never by hand. Bars that are not kept stay here as such. Phantoms are drawn by
`phantom.cases.validation_case` over geometries, vendors' matrices, densities, background enhancement, kinds of lesion
and what can be taken for one. No limit was fitted to these seeds, but they are no longer unseen: that foci under 6 mm are
not told unasked was decided on other seeds after seed 9 had failed here. The truth of a measurement is what the same
formula gives on the images without noise inside the true masks; the breast's truth is taken without its skin. A lesion
counts as found by a region that shares {SHARED:.0%} of the smaller of both with it, at a Dice of {LEAST_DICE:g} at least; a
region of which less than {SHARED:.0%} is lesion is a false one.
"""


def page_of(
    cases: Sequence[CaseFigures],
    bars: Sequence[Bar],
    real: dict[str, Any] | None,
    moved: dict[str, Any],
    speed: dict[str, Any],
) -> str:
    lines = [INTRODUCTION, f"## {len(cases)} phantoms", "", *table_of(bars)]
    lines += [
        "",
        *_failures(cases),
        "",
        *_agreement(cases),
        "",
        *_real(real),
        "",
        *_stability(moved),
        "",
        *_speed(speed),
    ]
    return "\n".join(lines) + "\n"


def _failures(cases: Sequence[CaseFigures]) -> list[str]:
    organs = Counter(one.organ for case in cases for one in case.false)
    told = ", ".join(f"{name} {count}" for name, count in organs.most_common()) or "none"
    lines = [f"False lesions by what they lie in: {told}.", "", "| seed | patient | what went wrong |", "|---|---|---|"]
    lines += [f"| {case.seed} | {case.what} | {case.in_words()} |" for case in cases if case.failed]
    return lines


def _agreement(cases: Sequence[CaseFigures]) -> list[str]:
    lines = [
        "## Agreement with the truth",
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


def _real(real: dict[str, Any] | None) -> list[str]:
    lines = ["## The real exam (UCSF-BR-06, TCIA Breast-MRI-NACT-Pilot)", ""]
    if real is None:
        return [*lines, "Not measured: the reference data are absent."]
    return [
        *lines,
        *table_of(
            [
                at_least("the trial's rule inside the lesions, Dice with its tumour", real["ftv_dice"], 0.93),
                Bar("part of it outside the trial's box", "< 0.02", real["outside"], real["outside"] < 0.02),
            ]
        ),
        "",
        f"The lesions themselves ({real['lesions']}) overlap the trial's tumour with a Dice of {real['region_dice']:.3f}: "
        "they hold dark cores and what enhances by less than the trial asks for.",
    ]


def _stability(moved: dict[str, Any]) -> list[str]:
    lines = [
        "## The same study, changed",
        "",
        "| change | volume, cm3 | change, % | side | kept |",
        "|---|---|---|---|---|",
    ]
    first = next(iter(moved.values()))
    for name, found in moved.items():
        if "refused" in found:
            lines.append(f"| {name} | refused: {found['refused']} | | | **no** |")
            continue
        percent = 100 * (found["cc"] / first["cc"] - 1)
        kept = abs(percent) <= 10 and found["side"] == first["side"]
        lines.append(
            f"| {name} | {found['cc']:.2f} | {percent:+.1f} | {found['side']} | {'yes' if kept else '**no**'} |"
        )
    return lines


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
