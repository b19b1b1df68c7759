"""docs/followup.md, from what was measured."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence

from followed.judged import Judged
from validation.bar import Bar, at_least, at_most, table_of

from tilscope.models.followup.changes import FOLLOWED, PERCENT
from tilscope.models.followup.fitness import SPOILS
from tilscope.models.followup.matching import BORDER_MM, GATE_MM, MARGIN
from tilscope.models.followup.repeats import LOG_SD, SD

#: Issue's bars: lesions followed rightly, pairs that are wrong, points of FTV change beside the truth.
RIGHTLY_PERCENT, WRONG_PAIRS, FTV_POINTS = 95.0, 0, 5.0

_ABOUT = """# How rightly lesions are followed over time

Made by `make followup`, which goes on where it was. {patients} phantom patients under therapy, four dates each
(`phantom/therapy.py`: days {days}), through the whole pipeline (`tilscope.score`) on small studies. At each date the patient lies up
to 5 mm elsewhere along each axis, and contrast, coil and noise are that day's.

A lesion is followed **rightly** where its fate is the true one at all four dates and each date's region is its own. A **wrong pair** is
a followed lesion that is one true lesion at one date and another at another. What the segmentation did not outline is counted against
the following. The true change of FTV is that of the trial's rule inside the true outlines.

"""

_HOW = """
## How lesions are matched

By place in their own breast: the offset of a lesion's middle from the nipple, scaled by the cube root of the breast's volume to the
first date. A lesion may lie {gate:g} mm elsewhere, and farther by what its radius has changed, since a tumour that shrinks towards
a part of itself moves its middle by so much. The cheapest assignment of all lesions of a breast counts; where another one is less than
{margin:g} gates dearer, what the two tell differently **cannot be matched**. Two or more smaller regions within the old border are its
pieces; a region less than {border:g} mm outside it is neither called a piece nor new.

## When a change is not told

Where a date is refused, needs a reader, is diffuse, or its lesion is in pieces, not found any more or cannot be matched; where the dates
were measured under different settings or outlined by different segmenters; and where a quality gate has warned, at either date, of:

| gate | what it spoils |
|---|---|
{gates}

"""

_REPEATS = """
## What repeating alone changes

{pairs} lesions of patients who were imaged, taken from the table, laid down anew and imaged again on the same day (the first date of a
course, and the same with another position, contrast and noise). The intervals of changes are 1.96 of these standard deviations wide on
either side; so few pairs make them rough. The pipeline uses what `models/followup/repeats.py` names.

| what | pairs | measured | used |
|---|---|---|---|
{rows}
"""


def page_of(patients: Sequence[Judged], repeats: dict[str, tuple[int, float]], days: Sequence[int], asked: int) -> str:
    """The whole page."""
    told = _ABOUT.format(patients=len(patients), days=", ".join(map(str, days)))
    if len(patients) < asked:
        told += f"**{asked - len(patients)} of the {asked} patients have not been measured yet.**\n\n"
    by_kind = ["", *_by_kind(patients)] if patients else []
    lines = [*table_of(bars_of(patients)), *by_kind, "", *_otherwise(patients)]
    gates = "\n".join(f"| {code} | {', '.join(sorted(spoilt))} |" for code, spoilt in SPOILS.items())
    how = _HOW.format(gate=GATE_MM, margin=MARGIN, border=BORDER_MM, gates=gates)
    return told + "\n".join(lines) + "\n" + how.rstrip() + "\n" + _repeats(repeats)


def bars_of(patients: Sequence[Judged]) -> list[Bar]:
    """Kept or not."""
    lesions = [wrong for one in patients for wrong in one.lesions.values()]
    points = [abs(one) for patient in patients for one in patient.ftv_points]
    nothing = float("nan")
    return [
        at_least("lesions followed rightly, %", 100 * lesions.count("") / len(lesions) if lesions else nothing, RIGHTLY_PERCENT),
        at_most("wrong pairs", sum(len(one.wrong_pairs) for one in patients) if lesions else nothing, WRONG_PAIRS),
        at_most("FTV change beside the truth, median, points", statistics.median(points) if points else nothing, FTV_POINTS),
        at_most("FTV change beside the truth, greatest, points", max(points, default=nothing), FTV_POINTS),
    ]  # fmt: skip


def _by_kind(patients: Sequence[Judged]) -> list[str]:
    lines = [
        "| lesions that | patients | lesions | rightly | wrong pairs | untrue | FTV changes told | beside the truth, median (greatest) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind in dict.fromkeys(one.kind for one in patients):
        own = [one for one in patients if one.kind == kind]
        lesions = [wrong for one in own for wrong in one.lesions.values()]
        points = [abs(point) for one in own for point in one.ftv_points]
        beside = f"{statistics.median(points):.1f} ({max(points):.1f})" if points else ""
        wrong, untrue = sum(len(one.wrong_pairs) for one in own), sum(one.untrue for one in own)
        lines.append(
            f"| {kind} | {len(own)} | {len(lesions)} | {lesions.count('')} | {wrong} | {untrue} | {len(points)} | {beside} |"
        )
    return lines


def _otherwise(patients: Sequence[Judged]) -> list[str]:
    """Every lesion that was not followed rightly, and why changes were not told."""
    if not patients:
        return ["No patient has been measured yet: nothing is known of these bars."]
    wrong = [
        f"- {one.name}, {name}: {why}" for one in patients for name, why in one.lesions.items() if why
    ] + [f"- {one.name}, {pair}" for one in patients for pair in one.wrong_pairs]  # fmt: skip
    refused: Counter[str] = sum((one.refused for one in patients), Counter())
    reasons = [f"- {count} x {why}" for why, count in refused.most_common()]
    return [
        "Not followed as in truth:" if wrong else "Every lesion was followed as in truth.",
        *(["", *wrong] if wrong else []),
        *(["", "FTV changes that were not told:", "", *reasons] if reasons else []),
    ]


def _repeats(repeats: dict[str, tuple[int, float]]) -> str:
    if not repeats:
        return "\n## What repeating alone changes\n\n**Not measured yet**: no change has an interval.\n"
    rows = "\n".join(
        f"| {id} ({'of the logarithm' if id in PERCENT else 'in its unit'}) | {repeats[id][0]} | {repeats[id][1]:.3f} "
        f"| {LOG_SD.get(id) or SD.get(id) or 'no interval is told'} |"
        for id in FOLLOWED
        if id in repeats
    )
    return _REPEATS.format(pairs=max((count for count, _ in repeats.values()), default=0), rows=rows)
