"""Qian 2024: three radscores worked on paper, the peritumoral one's class, and the ring that may not be there."""

from __future__ import annotations

import pytest
from textured_study import ball, study

from tilscope.models.features import Region
from tilscope.models.features.feature_request import Intensity
from tilscope.models.result import CalibrationState, Measurement, Missing
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import evaluate_all
from tilscope.models.signatures.base import Conclusion, Installed, SignatureCase
from tilscope.models.signatures.qian2024.model import QIAN_2024, RADIOMICS
from tilscope.models.signatures.reference import Reference

FEATURES = QIAN_2024.model_features
SETTINGS = PipelineSettings()

#: Table 2 of the paper, by the names that stand there.
PERITUMORAL = {
    "square_firstorder_Minimum": -0.481, "wavelet-LLH_firstorder_Skewness": -0.350, "lbp-2D_glszm_ZoneVariance": -0.186,
    "wavelet-LLL_firstorder_10Percentile": -0.098, "squareroot_firstorder_10Percentile": -0.064,
    "wavelet-HLH_gldm_DependenceVariance": 0.071, "wavelet-LLH_firstorder_Kurtosis": 0.093,
    "wavelet-LLH_glrlm_LongRunEmphasis": 0.597,
}  # fmt: skip
COMBINED = {
    "square_firstorder_Minimum": -1.071, "lbp-2D_glszm_ZoneVariance": -0.464, "wavelet-LLH_firstorder_Skewness": -0.409,
    "squareroot_firstorder_10Percentile": -0.168, "wavelet-LLL_firstorder_10Percentile": -0.155,
    "wavelet-HLH_gldm_DependenceVariance": 0.132, "wavelet-HLL_glrlm_RunVariance": 0.231,
    "wavelet-LLH_firstorder_Kurtosis": 0.257, "wavelet-LLH_glrlm_LongRunEmphasis": 0.784,
}  # fmt: skip


def names() -> dict[str, str]:
    """The paper's name of each feature."""
    return {f.id: f"{f.wanted.filter}_{f.wanted.family}_{f.wanted.feature}" for f in RADIOMICS}


def measured(**values: float) -> dict[str, Measurement]:
    return {id: Measurement.of(id, id, values.get(id, 0.0), "1") for id in FEATURES}


def reference(*scores: float, mean: float = 0.0, sd: float = 1.0, **further: tuple[float, ...]) -> Reference:
    return Reference(
        "qian2024", "paper and pencil", 51, "-", dict.fromkeys(FEATURES, mean), dict.fromkeys(FEATURES, sd),
        tuple(sorted(scores)), further,
    )  # fmt: skip


def conclude(features: dict[str, Measurement], *scores: float) -> Conclusion:
    return QIAN_2024.conclude(features, Installed(reference(*scores)))


def three(conclusion: Conclusion) -> list[float | None]:
    assert conclusion.score is not None
    return [m.value for m in (conclusion.score, *conclusion.further_scores)]


# ------------------------------------------------------------------------------------------------------- the models


def test_the_coefficients_are_those_of_the_papers_table() -> None:
    peri, intra, combined = QIAN_2024.models
    said = names()
    assert {said[id]: weight for id, weight in peri.coefficients.items()} == PERITUMORAL
    assert {said[id]: weight for id, weight in intra.coefficients.items()} == {"wavelet-HLL_glrlm_RunVariance": 0.389}
    assert {said[id]: weight for id, weight in combined.coefficients.items()} == COMBINED


def test_every_feature_is_of_its_region_in_the_first_phase_after_contrast() -> None:
    for feature in RADIOMICS:
        assert feature.wanted.region is (Region.TUMOUR if feature.id == "QT1" else Region.RING_5)
        assert feature.wanted.image.phase == "post 1"
        assert feature.wanted.image.intensity is Intensity.AS_MEASURED
        # Ten values from 0 to 9 in bins of 25 would be one.
        assert feature.wanted.bin_width == (1.0 if feature.wanted.filter == "lbp-2D" else 25.0)


def test_an_average_tumour_has_radscores_of_zero_since_there_is_no_intercept() -> None:
    assert three(conclude(measured())) == [0.0, 0.0, 0.0]


def test_a_case_worked_on_paper() -> None:
    # z = (x - 3) / 2: QP1 1, QP3 -1, QP8 2, QT1 0.5, the others 0.
    features = measured(QP1=5, QP2=3, QP3=1, QP4=3, QP5=3, QP6=3, QP7=3, QP8=7, QT1=4)
    conclusion = QIAN_2024.conclude(features, Installed(reference(mean=3, sd=2)))
    # peritumoral -0.481 + 0.186 + 2 * 0.597 = 0.899; intratumoral 0.5 * 0.389 = 0.1945
    # combined -1.071 + 0.464 + 0.5 * 0.231 + 2 * 0.784 = 1.0765
    assert three(conclusion) == pytest.approx([0.899, 0.1945, 1.0765])
    assert [m.id for m in conclusion.further_scores] == ["qian_intratumoral", "qian_combined"]
    assert {p.feature: p.amount for p in conclusion.contributions}["QP8"] == pytest.approx(1.194)


# ------------------------------------------------------------------------------------------------- state and class


def test_without_a_reference_the_features_are_given_and_no_score() -> None:
    conclusion = QIAN_2024.conclude(measured(), Installed())
    assert conclusion.state is CalibrationState.UNCALIBRATED
    assert three(conclusion) == [None, None, None]
    assert conclusion.score is not None
    assert conclusion.score.missing is Missing.NOT_ATTEMPTED
    assert conclusion.category is None


@pytest.mark.parametrize(
    ("scores", "name"),
    [((-1.0, 0.0, 1.0), "low"), ((-1.0, -1e-9, 1.0), "high"), ((-1.0, 1e-9, 1.0), "low"), ((), None)],
)
def test_high_above_the_median_and_low_at_it(scores: tuple[float, ...], name: str | None) -> None:
    assert conclude(measured(), *scores).category == name


def test_each_radscore_has_its_own_percentile() -> None:
    made = reference(-2.0, -1.0, 1.0, 2.0, qian_intratumoral=(-1.0, 1.0, 2.0, 3.0), qian_combined=(5.0, 6.0))
    conclusion = QIAN_2024.conclude(measured(), Installed(made))
    assert conclusion.percentile == 50.0
    assert "(intratumoral): percentile 25." in conclusion.reason
    assert "(combined): percentile 0." in conclusion.reason


# ------------------------------------------------------------------------------------------------- what is missing


def evaluated(case: SignatureCase) -> dict[str, Measurement]:
    (result,) = evaluate_all(case.prepared, case.regions, SETTINGS, signatures=(QIAN_2024,))
    return {f.id: f for f in result.features}


def test_a_study_has_all_nine_features() -> None:
    found = evaluated(study())
    assert list(found) == [f.id for f in RADIOMICS]
    assert all(f.value is not None for f in found.values()), found


def test_patterns_are_counted_in_bins_of_one_and_so_have_a_zone_variance() -> None:
    assert (evaluated(study())["QP3"].value or 0) > 0


def test_a_tumour_that_fills_the_breast_has_an_intratumoral_score_only() -> None:
    found = evaluated(study(breast=ball(9.0)))
    assert found["QP1"].value is None
    assert "the 5 mm ring holds 0 voxels" in found["QP1"].reason
    conclusion = QIAN_2024.conclude(found, Installed(reference(0.0)))
    peri, intra, combined = three(conclusion)
    assert (peri, combined) == (None, None)
    assert intra is not None
    assert conclusion.category is None
    assert "5 mm ring holds 0 voxels" in conclusion.reason
