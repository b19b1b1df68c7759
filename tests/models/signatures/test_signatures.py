"""All signatures: what each declares, that adding one is small, and that nothing is computed twice or for nobody."""

from __future__ import annotations

import pytest
from textured_study import study

from tilscope.models.features import FeatureRequest, ImageKey, Intensity, Region
from tilscope.models.features.domain import NativeVoxels
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import all_signatures, evaluate_all
from tilscope.models.signatures.base import Installed, Signature, settings_hash
from tilscope.models.signatures.linear import LinearModel, LinearSignature
from tilscope.models.signatures.radiomic import RadiomicFeature
from tilscope.models.signatures.reference import Reference

SETTINGS = PipelineSettings()


def test_a_sixth_signature_takes_ten_lines() -> None:
    brightness = FeatureRequest(
        ImageKey("early", Intensity.AS_MEASURED), "original", Region.TUMOUR, "firstorder", "Mean"
    )
    sixth = LinearSignature(
        id="nobody2026",
        title="Brightness (Nobody 2026)",
        citation="Nobody A. Journal of Examples 2026;1:1",
        version="1",
        published="Published nowhere.",
        parameters="Early phase as measured, 1 mm isotropic.",
        radiomics=(RadiomicFeature("B1", "Mean brightness of the tumour", brightness),),
        models=(LinearModel("brightness", "Estimated brightness", {"B1": 2.0}, intercept=1.0),),
    )
    case = study()
    (plain,) = evaluate_all(case.prepared, case.regions, SETTINGS, signatures=(sixth,))
    (mean,) = plain.features
    assert mean.value == pytest.approx(230, rel=0.1)  # the ball early, 250 - 0.1 * 90, and its blurred surface

    own = Reference(sixth.id, "t", 30, settings_hash(sixth, SETTINGS), {"B1": 200.0}, {"B1": 10.0}, (0.0, 1.0))
    installed = {sixth.id: Installed(own)}
    *_, result = evaluate_all(case.prepared, case.regions, SETTINGS, installed, (*all_signatures(), sixth))
    assert result.score is not None
    assert result.score.value == pytest.approx(1.0 + 2.0 * ((mean.value or 0) - 200) / 10, rel=1e-5)
    assert (result.category, result.percentile) == ("high", 100.0)


def test_ids_and_feature_ids_are_nobody_elses() -> None:
    ids = [s.id for s in all_signatures()]
    assert ids == ["wu2018", "su2022", "qian2024", "fan2023", "han2024"]
    features = [id for s in all_signatures() for id in s.model_features]
    assert len(set(features)) == len(features)


@pytest.mark.parametrize("signature", all_signatures(), ids=lambda s: s.id)
def test_what_the_model_takes_is_measured_and_what_it_depends_on_is_said(signature: Signature) -> None:
    case = study()
    (result,) = evaluate_all(case.prepared, case.regions, SETTINGS, signatures=(signature,))
    assert set(signature.model_features) <= {f.id for f in result.features}
    assert all(f.value is not None for f in result.features), result.features
    assert result.parameters.startswith(signature.parameters)
    assert "1 mm isotropic" in result.parameters or "0.8 x 0.8 x 2 mm" in result.parameters
    assert result.published.startswith("Published")
    assert result.score is not None
    assert result.score.name.startswith("Estimated")


def test_signatures_together_have_the_values_of_each_alone() -> None:
    case = study()
    together = evaluate_all(case.prepared, case.regions, SETTINGS)
    alone = tuple(evaluate_all(case.prepared, case.regions, SETTINGS, signatures=(s,))[0] for s in all_signatures())
    assert together == alone


def test_other_parameters_make_another_settings_hash() -> None:
    assert len({settings_hash(s, SETTINGS) for s in all_signatures()}) == len(all_signatures())


def test_features_come_from_the_lesions_surroundings_only() -> None:
    """What lies further than 20 mm from the lesion's box changes nothing that is measured as it is."""
    case = study()
    around = NativeVoxels(case.prepared, case.regions)
    for axis, part in enumerate(around.box):
        step = case.prepared.series.grid.GetSpacing()[::-1][axis]
        assert part.stop - part.start <= 2 * 9 / step + 1 + 2 * (20 / step + 1)
