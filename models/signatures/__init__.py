"""The published signatures. Adding one is adding a file here and a line to `SIGNATURES`."""

from __future__ import annotations

from collections.abc import Mapping

from models.features import compute
from models.preparation import PreparedSeries
from models.regions import Regions
from models.result import SignatureResult
from models.settings import PipelineSettings
from models.signatures.base import NOTHING, Case, Installed, Signature, evaluate
from models.signatures.wu2018 import WU_2018

SIGNATURES: tuple[Signature, ...] = (WU_2018,)


def evaluate_all(
    prepared: PreparedSeries,
    regions: Regions,
    settings: PipelineSettings,
    installed: Mapping[str, Installed] | None = None,
) -> tuple[SignatureResult, ...]:
    """Every signature for the index lesion. `installed` is what each may use, by signature id."""
    case = Case(prepared, regions)
    values = compute(prepared, regions, {wanted for signature in SIGNATURES for wanted in signature.needs(case)})
    there = installed or {}
    return tuple(evaluate(s, case, values, settings, there.get(s.id, NOTHING)) for s in SIGNATURES)
