"""How much a signature's features change where they should not, or hardly: measured once, shipped beside the signature.

`make sensitivity` measures it (docs/feature-sensitivity.md). What a report says of one patient's features rests on what the same
small changes did to them in other patients.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

SENSITIVITY_FILE = "sensitivity.json"

#: Percent. Identical content told otherwise (order of storage, plane, place, half the signal): the greatest change over all cases.
MOST_OF_IDENTICAL = 1.0
#: Percent. Small changes of position and outline: the median over the cases.
MOST_OF_SMALL = 20.0


@dataclass(frozen=True)
class KnownChange:
    """Something that was done to studies."""

    words: str
    """After 'with': 'an outline one voxel wider'."""
    identical: bool
    """Whether the content stayed the same."""


@dataclass(frozen=True)
class Sensitivity:
    """What every change did to every feature; empty for a signature that was not measured."""

    changes: Mapping[str, KnownChange] = field(default_factory=dict)
    features: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)
    """By feature and change: median and greatest change over the cases, in percent of the larger value."""

    def why_fragile(self, feature: str) -> str:
        """The change that moves a feature furthest beyond what it may, in words; '' where none does.

        >>> wider = {"wider": KnownChange("an outline one voxel wider", False)}
        >>> Sensitivity(wider, {"M1": {"wider": (31.0, 55.0)}}).why_fragile("M1")
        'changes by 31 % with an outline one voxel wider'
        >>> Sensitivity(wider, {"M1": {"wider": (12.0, 55.0)}}).why_fragile("M1")
        ''
        """
        beyond: list[tuple[float, float, str]] = []
        for id, (median, greatest) in self.features.get(feature, {}).items():
            change = self.changes[id]
            percent, most = (greatest, MOST_OF_IDENTICAL) if change.identical else (median, MOST_OF_SMALL)
            if percent > most:
                beyond.append((percent / most, percent, change.words))
        if not beyond:
            return ""
        _, percent, words = max(beyond)
        return f"changes by {percent:g} % with {words}"


@cache
def sensitivity_of(signature: str) -> Sensitivity:
    """That of a signature of this package; an empty one for somebody else's."""
    shipped = files(__package__).joinpath(signature, SENSITIVITY_FILE)
    if not shipped.is_file():
        return Sensitivity()
    content = json.loads(shipped.read_text(encoding="utf-8"))
    return Sensitivity(
        {id: KnownChange(one["words"], one["identical"]) for id, one in content["changes"].items()},
        {
            feature: {id: (float(median), float(greatest)) for id, (median, greatest) in figures.items()}
            for feature, figures in content["features"].items()
        },
    )
