"""Qian et al. 2024: radscores of M2 macrophages (BMC Medical Imaging, doi 10.1186/s12880-024-01212-9)."""

from __future__ import annotations

from tilscope.models.signatures.complete_set import same_for_every_study
from tilscope.models.signatures.plugin import SignaturePlugin
from tilscope.models.signatures.qian2024.codes import CODES
from tilscope.models.signatures.qian2024.feature_set import qian_full
from tilscope.models.signatures.qian2024.model import QIAN_2024
from tilscope.models.signatures.qian2024.stock_mr import STOCK_MR
from tilscope.models.signatures.qian2024.wording import CHAPTER

_COMPLETE = same_for_every_study(
    QIAN_2024, "tumour and 5 mm ring: 14 of shape and 93 through each of 13 filters", qian_full()
)

PLUGIN = SignaturePlugin(QIAN_2024, CODES, _COMPLETE, CHAPTER, (STOCK_MR,))
