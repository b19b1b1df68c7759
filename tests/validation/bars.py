"""The bars that the segmentation is held to, and what it reaches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from validation.bar import Bar, at_least, at_most
from validation.figures_of_a_case import CaseFigures, LesionFigures, Pair

from tilscope.models.finding import Finding

#: Lesions from this size on must be found.
LEAST_LESION_MM = 8.0

#: A confidence from which a wrong organ counts as a confident one.
CONFIDENT = 0.5

#: In percent, the mean difference from the truth.
MOST_BIAS = 5.0


def bars_of(cases: Sequence[CaseFigures]) -> list[Bar]:
    """All bars over the phantoms."""
    lesions = [one for case in cases for one in case.lesions if one.diameter_mm >= LEAST_LESION_MM]
    healthy = [case for case in cases if not case.lesions]
    diffuse = [case.finding == Finding.DIFFUSE for case in cases if case.truth == Finding.DIFFUSE]
    undecided = [case.finding == Finding.CANDIDATES for case in cases]
    false = [one for case in cases for one in case.false]
    organs = [one for one in false if one.organ != "background" and one.confidence >= CONFIDENT]
    dices = [one.dice for one in lesions if one.found]
    bars = [
        _least(
            f"lesions of {LEAST_LESION_MM:g} mm and more found ({len(lesions)})", [one.found for one in lesions], 0.95
        ),
        _least(f"diffuse tumours told as diffuse ({len(diffuse)})", diffuse, 0.95),
        at_most("studies in which a person must decide", float(np.mean(undecided)) if cases else float("nan"), 0.10),
        at_most("false lesions a study", len(false) / max(1, len(cases)), 0.2),
        at_least("median Dice of the lesions found", _percentile(dices, 50), 0.85),
        at_least("10th percentile of that Dice", _percentile(dices, 10), 0.70),
        _least(
            f"studies without a lesion refused as such ({len(healthy)})",
            [case.refused == "no-lesion" for case in healthy],
            0.95,
        ),
        at_least("median Dice of the breast", _percentile([c.breast_dice for c in cases if c.breast_dice], 50), 0.95),
        *(
            at_least(
                f"median Dice of the glands, {words} fat saturation",
                _percentile(_gland_dices(cases, saturated), 50),
                0.85,
            )
            for saturated, words in ((True, "with"), (False, "without"))
        ),
        _least("laterality right", [one.side_right for one in _seen(lesions)], 1.0),
        at_most(f"wrong organs with a confidence of {CONFIDENT:g} and more", len(organs), 0),
    ]
    return bars + [
        at_most(f"bias of {name}, %", abs(bias(pairs)), MOST_BIAS) for name, pairs in pairs_of(cases).items()
    ]


def pairs_of(cases: Sequence[CaseFigures]) -> dict[str, list[Pair]]:
    """Truth and measurement of all cases, by the measurement's id."""
    names = sorted({name for case in cases for name in case.pairs})
    return {name: [case.pairs[name] for case in cases if name in case.pairs] for name in names}


def differences(pairs: Sequence[Pair]) -> np.ndarray:
    """Measured less true, in percent of their mean."""
    values = np.array([pair for pair in pairs if sum(pair) != 0], float).reshape(-1, 2)
    return np.asarray(200 * (values[:, 1] - values[:, 0]) / values.sum(axis=1))


def bias(pairs: Sequence[Pair]) -> float:
    found = differences(pairs)
    return float(found.mean()) if found.size else float("nan")


def _gland_dices(cases: Sequence[CaseFigures], fat_saturated: bool) -> list[float]:
    return [c.fgt_dice for c in cases if c.fgt_dice is not None and c.fat_saturated is fat_saturated]


def _seen(lesions: Sequence[LesionFigures]) -> list[LesionFigures]:
    return [one for one in lesions if one.found]


def _percentile(values: Sequence[float], percent: float) -> float:
    return float(np.percentile(values, percent)) if values else float("nan")


def _least(what: str, told: Sequence[bool], wanted: float) -> Bar:
    return at_least(what, float(np.mean(told)) if told else float("nan"), wanted)
