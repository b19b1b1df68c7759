"""Han et al. 2024: phenotype of the microenvironment (Breast Cancer Research, doi 10.1186/s13058-024-01776-y)."""

from __future__ import annotations

from tilscope.models.signatures.complete_set import same_for_every_study
from tilscope.models.signatures.han2024.codes import CODES
from tilscope.models.signatures.han2024.feature_set import han_full
from tilscope.models.signatures.han2024.model import HAN_2024
from tilscope.models.signatures.han2024.wording import CHAPTER
from tilscope.models.signatures.plugin import SignaturePlugin

_COMPLETE = same_for_every_study(
    HAN_2024, "tumour and 2+2 mm ring: 14 of shape and 93 of each of five images", han_full()
)

PLUGIN = SignaturePlugin(HAN_2024, CODES, _COMPLETE, CHAPTER)
