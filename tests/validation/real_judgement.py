"""What a real study's answer is held to, beside what is known of the tumour and beside the answer to the exam as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from validation.bar import Bar, at_least
from validation.real_cases import LEAST_IN_ZONE, RealCase, RealFigures, unpacked

#: A lesion elsewhere that is told with more than this confidence is a false one.
CONFIDENT = 0.5
#: How much volumes may change, in percent.
MOST_CHANGE = 10.0
#: The part of the trial's rule in the lesions that may lie outside its box.
MOST_OUTSIDE = 0.02


@dataclass(frozen=True)
class Judgement:
    """Of one case: what holds, by what was asked."""

    case: RealCase
    figures: RealFigures
    volume_change: float | None
    """Of the lesions where both fields of view show them, percent; None without anything to compare with."""
    fgt_change: float | None
    holds: Mapping[str, bool]

    @property
    def kept(self) -> bool:
        return all(self.holds.values())

    @property
    def broken(self) -> list[str]:
        return [what for what, held in self.holds.items() if not held]


def judged(
    case: RealCase, figures: RealFigures, base: RealFigures, shape: tuple[int, ...], least_dice: float
) -> Judgement:
    """Judge one case.

    Parameters
    ----------
    case : RealCase
        What was done to the exam.
    figures : RealFigures
        What came of it.
    base : RealFigures
        What comes of the exam as it is.
    shape : tuple of int
        Of the packed masks.
    least_dice : float
        Of the index lesion.
    """
    if case.refusal_is_right or (figures.refused and case.may_be_refused):
        return Judgement(case, figures, None, None, {"refused": figures.refused})
    if figures.refused:
        return Judgement(case, figures, None, None, {"answered": False})
    holds = {
        "index lesion right": figures.dice >= least_dice and figures.outside <= MOST_OUTSIDE,
        "no false lesion": not false_lesions(figures),
    }
    if base.refused:
        return Judgement(case, figures, None, None, holds)
    volume, fgt = (change_percent(figures, base, shape, name) for name in ("lesions", "fgt"))
    holds["volume"] = abs(volume) <= MOST_CHANGE
    holds["FGT"] = abs(fgt) <= MOST_CHANGE
    return Judgement(case, figures, volume, fgt, holds)


def false_lesions(figures: RealFigures) -> list[float]:
    """The confidence of every lesion that lies elsewhere and is told as sure."""
    if figures.answer == "candidates":
        return []
    return [one.confidence for one in figures.lesions if one.in_zone < LEAST_IN_ZONE and one.confidence > CONFIDENT]


def change_percent(figures: RealFigures, base: RealFigures, shape: tuple[int, ...], name: str) -> float:
    """Of a region's volume, where both fields of view show it; infinite where it appeared from nothing.

    Parameters
    ----------
    figures : RealFigures
        Of the changed study.
    base : RealFigures
        Of the exam as it is.
    shape : tuple of int
        Of the packed masks.
    name : str
        Of the region's mask.
    """
    seen = unpacked(figures.masks["view"], shape) & unpacked(base.masks["view"], shape)
    now, before = (int((unpacked(one.masks[name], shape) & seen).sum()) for one in (figures, base))
    return 100 * (now / before - 1) if before else (0.0 if now == 0 else float("inf"))


def bars_of_real(judgements: Sequence[Judgement]) -> list[Bar]:
    """Over all cases of all exams: the part in which each holds."""
    asked = [
        ("answered", "cases answered, or refused where that is right"),
        ("index lesion right", "index lesion the right one"),
        ("volume", f"its volume within {MOST_CHANGE:g} %"),
        ("no false lesion", f"no false lesion with a confidence over {CONFIDENT:g}"),
        ("FGT", f"FGT within {MOST_CHANGE:g} %"),
    ]
    bars = []
    for key, what in asked:
        told = [_held(one, key) for one in judgements]
        known = [held for held in told if held is not None]
        bars.append(at_least(f"{what} ({len(known)})", float(np.mean(known)) if known else float("nan"), 1.0))
    return bars


def _held(one: Judgement, key: str) -> bool | None:
    """None where it was not asked. A study that was refused wrongly keeps none of the others either."""
    if key == "answered":
        return one.holds.get("answered", one.holds.get("refused", True))
    if "answered" in one.holds:
        return False
    return one.holds.get(key)
