"""Fan et al. 2023: tumour-stroma heterogeneity (Journal of Translational Medicine, doi 10.1186/s12967-023-04748-6)."""

from __future__ import annotations

from tilscope.models.signatures.complete_set import same_for_every_study
from tilscope.models.signatures.fan2023.codes import CODES
from tilscope.models.signatures.fan2023.feature_set import fan_572
from tilscope.models.signatures.fan2023.model import FAN_2023
from tilscope.models.signatures.fan2023.wording import CHAPTER
from tilscope.models.signatures.plugin import SignaturePlugin

_COMPLETE = same_for_every_study(
    FAN_2023, "tumour: 14 of shape; tumour and stroma: 93 of each of three images", fan_572()
)

PLUGIN = SignaturePlugin(FAN_2023, CODES, _COMPLETE, CHAPTER)
