"""The published signatures. Adding one is adding a file here and a line to `SIGNATURES`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tilscope.models.features import compute
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.result import SignatureResult
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import NOTHING, Installed, Signature, SignatureCase, evaluate
from tilscope.models.signatures.fan2023 import FAN_2023
from tilscope.models.signatures.han2024 import HAN_2024
from tilscope.models.signatures.qian2024 import QIAN_2024
from tilscope.models.signatures.su2022 import SU_2022
from tilscope.models.signatures.wu2018 import WU_2018

SIGNATURES: tuple[Signature, ...] = (WU_2018, SU_2022, QIAN_2024, FAN_2023, HAN_2024)


def evaluate_all(
    prepared: PreparedSeries,
    regions: Regions,
    settings: PipelineSettings,
    installed: Mapping[str, Installed] | None = None,
    signatures: Sequence[Signature] = SIGNATURES,
) -> tuple[SignatureResult, ...]:
    """Every signature for the index lesion. `installed` is what each may use, by signature id."""
    there = {s.id: (installed or {}).get(s.id, NOTHING) for s in signatures}
    cases = {s.id: SignatureCase(prepared, regions, there[s.id].forest) for s in signatures}
    values = compute(prepared, regions, {wanted for s in signatures for wanted in s.needs(cases[s.id])})
    return tuple(evaluate(s, cases[s.id], values, settings, there[s.id]) for s in signatures)
