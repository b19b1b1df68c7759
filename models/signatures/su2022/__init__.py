"""Su et al. 2022: Rad-TILs, in triple-negative cancer (Journal of Translational Medicine 20:471)."""

from __future__ import annotations

from tilscope.models.features import FeatureRequest, NoValue, Values
from tilscope.models.signatures.base import SignatureCase
from tilscope.models.signatures.complete_set import CompleteSet, Table
from tilscope.models.signatures.plugin import SignaturePlugin
from tilscope.models.signatures.su2022.codes import CODES
from tilscope.models.signatures.su2022.feature_set import su_6710, su_spatial
from tilscope.models.signatures.su2022.model import FEWEST_PHASES, PHASE_TIMES_S, SU_2022, phases_used
from tilscope.models.signatures.su2022.wording import CHAPTER


def _needs(case: SignatureCase) -> tuple[FeatureRequest, ...]:
    phases = phases_used(case.prepared.corrected)
    return tuple(su_spatial(phases).values()) if len(phases) >= FEWEST_PHASES else ()


def _table(case: SignatureCase, values: Values) -> Table:
    """With three phases, statistics over three, as the signature has them; with fewer, nothing."""
    phases = phases_used(case.prepared.corrected)
    found = len(phases)
    needed = len(PHASE_TIMES_S) if found >= FEWEST_PHASES else FEWEST_PHASES
    few = NoValue(f"post-contrast phases: {found}, at least {needed} are needed")
    there = su_6710(phases, values) if found >= FEWEST_PHASES else {}
    return {name: there.get(name, few) for name in _COLUMNS}


def _columns() -> tuple[str, ...]:
    phases = [f"post {number}" for number in range(1, len(PHASE_TIMES_S) + 1)]
    # The names do not depend on the values.
    return tuple(su_6710(phases, dict.fromkeys(su_spatial(phases).values(), 0.0)))


_COLUMNS = _columns()
_COMPLETE = CompleteSet(
    SU_2022,
    "tumour: 14 of shape, 837 of each of four phases, four statistics of each over the phases",
    _COLUMNS,
    _needs,
    _table,
    lambda case: phases_used(case.prepared.corrected),
)

PLUGIN = SignaturePlugin(SU_2022, CODES, _COMPLETE, CHAPTER)
