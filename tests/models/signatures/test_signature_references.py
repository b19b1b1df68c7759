"""A reference and the features it is applied to belong to the same settings, or nothing is computed from the two."""

from __future__ import annotations

import pytest
from phantom_series import phantom_case

from tilscope.models.imaging.regions import Regions
from tilscope.models.lesions.classical import segment
from tilscope.models.preparation.prepare import prepare
from tilscope.models.result import CalibrationState
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import evaluate_all
from tilscope.models.signatures.base import Installed, SignatureCase, settings_hash
from tilscope.models.signatures.reference import Reference
from tilscope.models.signatures.wu2018.model import COEFFICIENTS, WU_2018
from tilscope.phantom.spec import PhantomSpec

SETTINGS = PipelineSettings()


@pytest.fixture(scope="module")
def case() -> SignatureCase:
    prepared = prepare(phantom_case(PhantomSpec.small()).series, SETTINGS)
    regions: Regions = segment(prepared, SETTINGS)
    return SignatureCase(prepared, regions)


def reference(made_under: str, mean: dict[str, float]) -> Reference:
    flat = dict.fromkeys(COEFFICIENTS, 1.0)
    return Reference("wu2018", "phantoms", 40, made_under, mean, flat, cut_offs=(10.0, 40.0))


def test_a_tumour_at_the_cohorts_mean_has_the_intercept(case: SignatureCase) -> None:
    measured = {f.id: f.value for f in WU_2018.measure(case, {})}
    own = reference(settings_hash(WU_2018, SETTINGS), {id: measured[id] for id in COEFFICIENTS})
    (result,) = evaluate_all(case.prepared, case.regions, SETTINGS, {"wu2018": Installed(own)}, signatures=(WU_2018,))
    assert result.state is CalibrationState.CALIBRATED
    assert result.score is not None
    # Features are rounded once, for reference and score alike.
    assert result.score.value == 13.02
    assert result.category == "intermediate"
    assert own.settings_hash in result.parameters
    assert result.score.name.startswith("Estimated")


def test_a_reference_made_under_other_settings_is_never_combined(case: SignatureCase) -> None:
    foreign = reference("0123456789abcdef", dict.fromkeys(COEFFICIENTS, 0.0))
    with pytest.raises(ValueError, match="made under settings 0123456789abcdef does not apply"):
        evaluate_all(case.prepared, case.regions, SETTINGS, {"wu2018": Installed(foreign)})
