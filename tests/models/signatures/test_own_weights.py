"""A site's own weights in the place of the published ones: what they take is measured, and the score is their sum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from textured_study import study

from tilscope.models.features import compute
from tilscope.models.features.compute import Values
from tilscope.models.result import CalibrationState, Measurement
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import Installed, conclude, settings_hash
from tilscope.models.signatures.qian2024.model import QIAN_2024
from tilscope.models.signatures.reference import Reference
from tilscope.models.signatures.su2022.model import SU_2022
from tilscope.models.signatures.trained_linear import TakesLinear, TrainedLinear, Weights
from tilscope.models.signatures.wu2018.model import WU_2018

SETTINGS = PipelineSettings()
SPATIAL = "radiomics:su2022/T/P2/original_firstorder_Mean"
OVER_PHASES = "radiomics:su2022/T/Mean/original_firstorder_Mean"
SHAPE = "radiomics:su2022/T/original_shape_Sphericity"


def model(signature: str, made_under: str, weights: dict[str, Weights], **facts: tuple[float, ...]) -> TrainedLinear:
    ids = tuple(dict.fromkeys(id for one in weights.values() for id in one.coefficients))
    flat = dict.fromkeys(ids, 2.0)
    reference = Reference(signature, "paper and pencil", 98, made_under, dict.fromkeys(ids, 1.0), flat, **facts)
    return TrainedLinear("ours 1", reference, weights, ids)


def test_what_su_takes_is_measured_and_weighed() -> None:
    own = model(
        "su2022", settings_hash(SU_2022, SETTINGS),
        {"rad_tils": Weights({SPATIAL: 0.02, OVER_PHASES: -0.01, SHAPE: 0.5}, 0.25)}, scores=(0.1, 0.5, 0.9),
    )  # fmt: skip
    case = replace(study(), linear=own)
    values = compute(case.prepared, case.regions, SU_2022.needs(case))
    features = SU_2022.measure(case, values)
    by_id = {one.id: one for one in features}
    course = [by_id_of(values, f"su2022/T/P{n}/original_firstorder_Mean") for n in range(1, 5)]
    assert by_id[SPATIAL].value == pytest.approx(course[1], rel=1e-5)
    assert by_id[OVER_PHASES].value == pytest.approx(np.mean(course), rel=1e-5)
    assert 0.5 < float(by_id[SHAPE].value or 0) <= 1
    concluded = conclude(SU_2022, features, SETTINGS, Installed(linear=own))
    z = {id: (float(by_id[id].value or 0) - 1) / 2 for id in own.features}
    expected = float(expit(0.25 + 0.02 * z[SPATIAL] - 0.01 * z[OVER_PHASES] + 0.5 * z[SHAPE]))
    assert concluded.score is not None
    assert concluded.score.value == pytest.approx(expected, rel=1e-5)
    assert concluded.state is CalibrationState.CALIBRATED
    assert "By the site's own model ours 1, trained on 98 studies" in concluded.reason
    assert concluded.category == ("high" if expected > 0.5 else "low")
    assert concluded.readings == (), "of the published formula alone"


def by_id_of(values: Values, name: str) -> float:
    from tilscope.models.signatures.su2022.feature_set import su_spatial

    wanted = su_spatial([f"post {n}" for n in range(1, 5)])[name]
    value = values[wanted]
    assert isinstance(value, float)
    return value


def test_three_phases_have_no_fourth_and_the_reason_is_told() -> None:
    fourth = "radiomics:su2022/T/P4/original_firstorder_Mean"
    own = model("su2022", settings_hash(SU_2022, SETTINGS), {"rad_tils": Weights({fourth: 1.0})})
    case = replace(study(posts_s=(90.0, 180.0, 270.0)), linear=own)
    features = SU_2022.measure(case, compute(case.prepared, case.regions, SU_2022.needs(case)))
    concluded = conclude(SU_2022, features, SETTINGS, Installed(linear=own))
    assert concluded.score is not None
    assert concluded.score.value is None
    assert "no such phase" in concluded.reason


def test_qian_gives_the_scores_that_the_site_has_trained() -> None:
    ring, tumour = "radiomics:qian2024/ring/P1/square_firstorder_Minimum", "radiomics:qian2024/T/P1/original_glcm_Idm"
    own = model(
        "qian2024", "-", {"qian_peritumoral": Weights({ring: 2.0}, 0.5), "qian_intratumoral": Weights({tumour: -1.0})},
        scores=(0.0, 1.0, 2.0),
    )  # fmt: skip
    given = {id: Measurement(id, id, 2.0, "1") for id in (ring, tumour)}
    concluded = QIAN_2024.conclude(given, Installed(linear=own))
    assert concluded.score is not None
    assert (concluded.score.value, concluded.category) == (1.5, "high")
    assert [(one.id, one.value) for one in concluded.further_scores] == [("qian_intratumoral", -0.5)]


def test_wus_classes_are_those_of_the_training() -> None:
    own = model("wu2018", "-", {"til_percent": Weights({"M2": 4.0}, 20.0)}, cut_offs=(15.0, 21.0))
    concluded = WU_2018.conclude({"M2": Measurement("M2", "", 3.0, "1")}, Installed(linear=own))
    assert concluded.score is not None
    assert (concluded.score.value, concluded.category) == (24.0, "high")


def test_a_model_of_other_settings_is_never_combined() -> None:
    own = model("wu2018", "0" * 16, {"til_percent": Weights({"M2": 4.0})})
    with pytest.raises(ValueError, match="does not apply"):
        conclude(WU_2018, (), SETTINGS, Installed(linear=own))


@pytest.mark.parametrize("signature", [WU_2018, SU_2022, QIAN_2024])
def test_the_three_weighted_sums_say_what_they_may_take(signature: TakesLinear) -> None:
    assert isinstance(signature, TakesLinear)
    assert not signature.may_take("radiomics:han2024/T/early/original_firstorder_Mean")
    assert signature.linear_scores[0] in {"til_percent", "rad_tils", "qian_peritumoral"}
