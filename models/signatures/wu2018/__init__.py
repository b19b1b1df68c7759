"""Wu et al. 2018: stromal TIL percentage (Breast Cancer Research 20:101)."""

from __future__ import annotations

from tilscope.models.features import NoValue, Values
from tilscope.models.signatures.base import SignatureCase
from tilscope.models.signatures.complete_set import CompleteSet, Table
from tilscope.models.signatures.plugin import SignaturePlugin
from tilscope.models.signatures.wu2018.codes import CODES
from tilscope.models.signatures.wu2018.features import FEATURES, wu_features
from tilscope.models.signatures.wu2018.model import WU_2018
from tilscope.models.signatures.wu2018.wording import CHAPTER


def _table(case: SignatureCase, values: Values) -> Table:
    found = wu_features(case.prepared, case.regions, case.extractor)
    return {f"{WU_2018.id}/{one.id}": NoValue(one.reason) if one.value is None else one.value for one in found}


_COMPLETE = CompleteSet(
    WU_2018,
    "tumour: shape, margin, texture of SER, washout volume; parenchyma: background enhancement",
    tuple(f"{WU_2018.id}/{id}" for id, _, _ in FEATURES),
    lambda case: (),
    _table,
    lambda case: ("pre", "early", "late"),
)

PLUGIN = SignaturePlugin(WU_2018, CODES, _COMPLETE, CHAPTER)
