"""A paper's complete feature set as a table of fixed columns: what a cohort is measured for before a model is trained.

A column is there in every row. What a study cannot give, such as a fourth phase, has no value there, and the reason why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tilscope.models.features import FeatureRequest, NoValue, Values
from tilscope.models.features.images import phase_index
from tilscope.models.features.sets import FeatureSet
from tilscope.models.signatures.base import Signature, SignatureCase

Table = Mapping[str, float | NoValue]


@dataclass(frozen=True, eq=False)
class CompleteSet:
    """All that a paper computed, whether its model takes it or not."""

    signature: Signature
    """Its parameters and its settings hash hold for the whole set."""
    meaning: str
    columns: tuple[str, ...]
    """Each begins with the signature's id and a slash."""
    needs: Callable[[SignatureCase], tuple[FeatureRequest, ...]]
    """What the engine shall compute of a case."""
    table: Callable[[SignatureCase, Values], Table]
    """Every column of a case, from what it needed."""
    phases: Callable[[SignatureCase], tuple[str, ...]]
    """The names of the phases that the numbers come from."""

    @property
    def name(self) -> str:
        return self.signature.id

    def phase_numbers(self, case: SignatureCase) -> tuple[int, ...]:
        """Which of the series' phases were used, from 1 on, in time order."""
        indices = (phase_index(case.prepared.corrected, name) for name in self.phases(case))
        return tuple(sorted({index + 1 for index in indices if index is not None}))


def same_for_every_study(signature: Signature, meaning: str, features: FeatureSet) -> CompleteSet:
    """A set that asks for the same features whatever phases a study has."""
    wanted = tuple(features.values())
    phases = tuple(dict.fromkeys(name for one in wanted for name in one.image.phase.split(" - ")))
    return CompleteSet(
        signature,
        meaning,
        tuple(features),
        lambda case: wanted,
        lambda case, values: {name: values[one] for name, one in features.items()},
        lambda case: phases,
    )
