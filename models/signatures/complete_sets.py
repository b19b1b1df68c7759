"""The papers' complete feature sets as tables of fixed columns: what a cohort is measured for before a model is trained.

A column is there in every row. What a study cannot give, such as a fourth phase, has no value there, and the reason why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tilscope.models.features import FeatureRequest, NoValue, Values
from tilscope.models.features.images import phase_index
from tilscope.models.features.sets import FeatureSet, fan_572, han_full, qian_full, su_6710, su_spatial
from tilscope.models.signatures.base import Signature, SignatureCase
from tilscope.models.signatures.fan2023 import FAN_2023
from tilscope.models.signatures.han2024 import HAN_2024
from tilscope.models.signatures.qian2024 import QIAN_2024
from tilscope.models.signatures.su2022 import FEWEST_PHASES, PHASE_TIMES_S, SU_2022, phases_used
from tilscope.models.signatures.wu2018 import WU_2018
from tilscope.models.signatures.wu2018_features import FEATURES as WU_FEATURES
from tilscope.models.signatures.wu2018_features import wu_features

Table = Mapping[str, float | NoValue]


@dataclass(frozen=True, eq=False)
class CompleteSet:
    """All that a paper computed, whether its model takes it or not."""

    signature: Signature
    """Its parameters and its settings hash hold for the whole set."""
    meaning: str
    columns: tuple[str, ...]
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


def _of_wanted(signature: Signature, meaning: str, features: FeatureSet) -> CompleteSet:
    """A set that is the same for every study."""
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


def _su_needs(case: SignatureCase) -> tuple[FeatureRequest, ...]:
    phases = phases_used(case.prepared.corrected)
    return tuple(su_spatial(phases).values()) if len(phases) >= FEWEST_PHASES else ()


def _su_table(case: SignatureCase, values: Values) -> Table:
    """With three phases, statistics over three, as the signature has them; with fewer, nothing."""
    phases = phases_used(case.prepared.corrected)
    found = len(phases)
    needed = len(PHASE_TIMES_S) if found >= FEWEST_PHASES else FEWEST_PHASES
    few = NoValue(f"post-contrast phases: {found}, at least {needed} are needed")
    there = su_6710(phases, values) if found >= FEWEST_PHASES else {}
    return {name: there.get(name, few) for name in _SU_COLUMNS}


def _su_columns() -> tuple[str, ...]:
    phases = [f"post {number}" for number in range(1, len(PHASE_TIMES_S) + 1)]
    # The names do not depend on the values.
    return tuple(su_6710(phases, dict.fromkeys(su_spatial(phases).values(), 0.0)))


def _wu_table(case: SignatureCase, values: Values) -> Table:
    found = wu_features(case.prepared, case.regions)
    return {f"{WU_2018.id}/{one.id}": NoValue(one.reason) if one.value is None else one.value for one in found}


_SU_COLUMNS = _su_columns()

COMPLETE_SETS: dict[str, CompleteSet] = {
    one.name: one
    for one in (
        CompleteSet(
            WU_2018,
            "tumour: shape, margin, texture of SER, washout volume; parenchyma: background enhancement",
            tuple(f"{WU_2018.id}/{id}" for id, _, _ in WU_FEATURES),
            lambda case: (),
            _wu_table,
            lambda case: ("pre", "early", "late"),
        ),
        CompleteSet(
            SU_2022,
            "tumour: 14 of shape, 837 of each of four phases, four statistics of each over the phases",
            _SU_COLUMNS,
            _su_needs,
            _su_table,
            lambda case: phases_used(case.prepared.corrected),
        ),
        _of_wanted(QIAN_2024, "tumour and 5 mm ring: 14 of shape and 93 through each of 13 filters", qian_full()),
        _of_wanted(FAN_2023, "tumour: 14 of shape; tumour and stroma: 93 of each of three images", fan_572()),
        _of_wanted(HAN_2024, "tumour and 2+2 mm ring: 14 of shape and 93 of each of five images", han_full()),
    )
}
