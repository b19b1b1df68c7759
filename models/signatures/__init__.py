"""The published signatures: a folder each, or a package of somebody else's. `registry` finds both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tilscope.models.features import compute
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.result import SignatureResult
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import NOTHING, Installed, Signature, case_of, evaluate
from tilscope.models.signatures.registry import all_plugins, all_signatures, complete_sets, variant_sets
from tilscope.models.signatures.spread import features_nearby

__all__ = ["all_plugins", "all_signatures", "complete_sets", "evaluate_all", "variant_sets"]


def evaluate_all(
    prepared: PreparedSeries,
    regions: Regions,
    settings: PipelineSettings,
    installed: Mapping[str, Installed] | None = None,
    signatures: Sequence[Signature] | None = None,
    spread: bool = False,
) -> tuple[SignatureResult, ...]:
    """Measure and conclude every signature for the index lesion.

    Parameters
    ----------
    prepared : PreparedSeries
        Phases as acquired and with an even field.
    regions : Regions
        On the grid of `prepared`; the first lesion is the index lesion.
    settings : PipelineSettings
        Their hash identifies the features in the result.
    installed : mapping of str to Installed, optional
        What each signature may use, by its id.
    signatures : sequence of Signature, optional
        All that there are where left out.
    spread : bool
        Whether features are measured again with the outline drawn a little otherwise, for `SignatureResult.spread`.

    Returns
    -------
    tuple of SignatureResult
        In the order of the signatures.
    """
    meant = all_signatures() if signatures is None else signatures
    there = {s.id: (installed or {}).get(s.id, NOTHING) for s in meant}
    cases = {s.id: case_of(prepared, regions, there[s.id], settings.extractor) for s in meant}
    wanted = {one for s in meant for one in s.needs(cases[s.id])}
    values = compute(prepared, regions, wanted, extractor=settings.extractor)
    nearby = features_nearby(prepared, regions, meant, there, settings.extractor) if spread else {}
    return tuple(evaluate(s, cases[s.id], values, settings, there[s.id], nearby.get(s.id, ())) for s in meant)
