"""The published signatures. Adding one is adding a file here and a line to `SIGNATURES`."""

from __future__ import annotations

from collections.abc import Mapping

from models.preparation import PreparedSeries
from models.reference import Reference
from models.regions import Regions
from models.result import SignatureResult
from models.settings import PipelineSettings
from models.signatures.base import Case, Signature, evaluate
from models.signatures.wu2018 import WU_2018

SIGNATURES: tuple[Signature, ...] = (WU_2018,)


def evaluate_all(
    prepared: PreparedSeries,
    regions: Regions,
    settings: PipelineSettings,
    references: Mapping[str, Reference] | None = None,
) -> tuple[SignatureResult, ...]:
    """Every signature for the index lesion. `references` are those installed, by signature id."""
    installed = references or {}
    case = Case(prepared, regions)
    return tuple(evaluate(s, case, settings, installed.get(s.id)) for s in SIGNATURES)
