"""Su 2022: the model worked on paper, its phases by time, its class by a reference's median and the receptor status."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import textured_study
from textured_study import SHAPE, study

from tilscope.models.features import compute
from tilscope.models.result import CalibrationState, Measurement, Missing
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import evaluate_all
from tilscope.models.signatures.base import Installed, Molecular, conclude, settings_hash
from tilscope.models.signatures.reference import Reference
from tilscope.models.signatures.su2022.model import COEFFICIENTS, SU_2022, nearest, phases_used

SETTINGS = PipelineSettings()


def measured(x1: float = 0.0, x2: float = 0.0, x3: float = 0.0, phases: int = 4) -> dict[str, Measurement]:
    values = {"X1": x1, "X2": x2, "X3": x3, "su_phases": phases}
    return {id: Measurement.of(id, id, value, "1") for id, value in values.items()}


def reference(*scores: float) -> Reference:
    flat = dict.fromkeys(COEFFICIENTS, 1.0)
    return Reference("su2022", "paper and pencil", 98, "-", flat, flat, tuple(sorted(scores)))


def probability(features: dict[str, Measurement]) -> float:
    score = SU_2022.conclude(features, Installed()).score
    assert score is not None
    assert score.value is not None
    return score.value


# -------------------------------------------------------------------------------------------------------- the model


def test_features_of_zero_have_the_intercept() -> None:
    # 1 / (1 + exp(-0.9123828)): exp(-0.9123828) = 0.401566, 1 / 1.401566 = 0.713488
    assert probability(measured()) == pytest.approx(0.713488, abs=1e-6)


@pytest.mark.parametrize(
    ("features", "logit"),
    [
        (measured(x1=1.0), 0.9123828 - 0.6522518),  # 0.2601310
        (measured(x2=1.0), 0.9123828 - 0.9434133),  # -0.0310305
        (measured(x3=1.0), 0.9123828 - 1.5792121),  # -0.6668293
        # 0.9123828 + 0.6522518 * 0.5 - 0.9434133 * 0.2 + 1.5792121 * 0.4 = 0.9123828 + 0.3261259 - 0.1886827 + 0.6316848
        (measured(-0.5, 0.2, -0.4), 1.6815108),
    ],
)
def test_a_case_worked_on_paper(features: dict[str, Measurement], logit: float) -> None:
    assert probability(features) == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-6)


def test_the_features_are_taken_raw_even_where_a_reference_could_z_score_them() -> None:
    with_reference = SU_2022.conclude(measured(x1=2.0), Installed(reference(0.5))).score
    assert with_reference is not None
    assert with_reference.value == probability(measured(x1=2.0))


def test_extreme_features_give_a_probability() -> None:
    assert probability(measured(x1=1e4)) == 0.0
    assert probability(measured(x1=-1e4)) == 1.0


def test_contributions_are_the_terms_of_the_logit() -> None:
    parts = SU_2022.conclude(measured(-0.5, 0.2, -0.4), Installed()).contributions
    assert [p.amount for p in parts] == pytest.approx([0.3261259, -0.1886827, 0.6316848], abs=1e-7)


# ------------------------------------------------------------------------------------------------ state and class


def test_without_a_reference_the_probability_is_given_and_marked() -> None:
    conclusion = SU_2022.conclude(measured(), Installed())
    assert conclusion.state is CalibrationState.UNCALIBRATED
    assert conclusion.score is not None
    assert conclusion.score.value is not None
    assert conclusion.category is None
    assert conclusion.percentile is None
    assert "there is no class" in conclusion.reason


@pytest.mark.parametrize(
    ("others", "triple_negative", "caveat"),
    [
        ((), None, "not calibrated, population not known (receptor status not supplied)"),
        ((), True, "not calibrated"),
        ((0.2, 0.3), None, "population not known (receptor status not supplied)"),
        ((0.2, 0.3), False, "outside its population (not triple-negative)"),
        ((0.2, 0.3), True, ""),
    ],
)
def test_a_value_outside_its_population_is_no_result_and_withheld_where_a_site_wants_that(
    others: tuple[float, ...], triple_negative: bool | None, caveat: str
) -> None:
    usual = PipelineSettings()
    made = replace(reference(*others), settings_hash=settings_hash(SU_2022, usual)) if others else None
    installed = Installed(made, molecular=Molecular(triple_negative=triple_negative))
    features = tuple(measured().values())
    given = conclude(SU_2022, features, usual, installed)
    assert (given.caveat, given.value is not None) == (caveat, True)
    strict = replace(usual, withhold_doubtful_scores=True)
    withheld = conclude(SU_2022, features, strict, installed)
    assert (withheld.value is None, withheld.category is None) == (bool(caveat), bool(caveat) or given.category is None)
    assert caveat in withheld.reason
    assert withheld.caveat == "", "of what is not given nothing need be said"
    assert usual.digest() == strict.digest(), "its features can be compared with those of before"


@pytest.mark.parametrize(("others", "name"), [((0.2, 0.7), "high"), ((0.8, 0.9), "low")])
def test_the_class_is_the_side_of_the_references_median(others: tuple[float, ...], name: str) -> None:
    conclusion = SU_2022.conclude(measured(), Installed(reference(*others)))  # probability 0.713
    assert conclusion.state is CalibrationState.CALIBRATED
    assert conclusion.category == name


def test_the_median_itself_is_low() -> None:
    own = probability(measured())
    conclusion = SU_2022.conclude(measured(), Installed(reference(0.1, own, 0.9)))
    assert (conclusion.category, conclusion.percentile) == ("low", 50.0)
    just_above = SU_2022.conclude(measured(), Installed(reference(0.1, own - 1e-6, 0.9)))
    assert just_above.category == "high"


@pytest.mark.parametrize(
    ("triple_negative", "category", "said"),
    [
        (True, "high", "Calibrated on 98"),
        (None, "high", "receptor status was not supplied"),
        (False, None, "not triple-negative"),
    ],
)
def test_the_receptor_status_gates_the_class(triple_negative: bool | None, category: str | None, said: str) -> None:
    installed = Installed(reference(0.2, 0.3), molecular=Molecular(triple_negative=triple_negative))
    conclusion = SU_2022.conclude(measured(), installed)
    assert conclusion.category == category
    assert said in conclusion.reason
    assert conclusion.score is not None
    assert conclusion.score.value is not None


def test_a_reference_without_scores_has_no_median_and_gives_no_class() -> None:
    conclusion = SU_2022.conclude(measured(), Installed(reference()))
    assert conclusion.category is None
    assert "no median" in conclusion.reason


@pytest.mark.parametrize("installed", [Installed(), Installed(reference(0.5)), Installed(reference())])
@pytest.mark.parametrize("phases", [2, 3, 4])
def test_every_answer_says_for_whom_it_is_valid(installed: Installed, phases: int) -> None:
    features = measured(phases=phases)
    if phases < 3:
        features["X2"] = Measurement("X2", "X2", None, "1", Missing.CALCULATION_FAILURE, "too few phases")
    assert "Validated in triple-negative cancer only." in SU_2022.conclude(features, installed).reason


# ------------------------------------------------------------------------------------------- what the paper leaves open


def test_both_estimators_of_the_skewness_are_shown_ours_first() -> None:
    """Of four values the unbiased one is 3 / sqrt(3) = 1.7320508 times the biased one."""
    conclusion = SU_2022.conclude(measured(-0.5, 0.2, -0.4), Installed())
    biased, unbiased = conclusion.readings
    assert conclusion.score is not None
    assert biased.value == conclusion.score.value
    # 0.9123828 + 0.3261259 + 1.7320508 * (-0.1886827 + 0.6316848) = 2.0058109
    assert unbiased.value == pytest.approx(1 / (1 + math.exp(-2.0058109)), abs=1e-6)
    assert (biased.name, unbiased.name) == ("skewness over phases biased", "skewness over phases unbiased")


def test_each_reading_has_the_class_that_it_would_have() -> None:
    conclusion = SU_2022.conclude(measured(-0.5, 0.2, -0.4), Installed(reference(0.86)))  # 0.843 and 0.881
    assert [one.category for one in conclusion.readings] == ["low", "high"]


def test_where_there_is_no_score_there_is_no_reading_of_one() -> None:
    features = measured(phases=2)
    features["X2"] = Measurement("X2", "X2", None, "1", Missing.CALCULATION_FAILURE, "too few phases")
    assert SU_2022.conclude(features, Installed()).readings == ()


# ------------------------------------------------------------------------------------------------------- the phases


@pytest.mark.parametrize(
    ("times", "used"),
    [
        ((90, 180, 270, 360), ["post 1", "post 2", "post 3", "post 4"]),
        (
            (30, 90, 150, 210, 270, 330, 390),
            ["post 2", "post 3", "post 5", "post 6"],
        ),  # 150 and 210 are equally near to 180
        ((60, 120, 180), ["post 1", "post 2", "post 3"]),
        ((150, 450), ["post 1", "post 2"]),
        (tuple(range(10, 600, 10)), ["post 9", "post 18", "post 27", "post 36"]),
    ],
)
def test_the_phases_nearest_to_the_papers(times: tuple[float, ...], used: list[str]) -> None:
    assert list(phases_used(study(posts_s=times).prepared.series)) == used


def test_no_phase_is_used_twice() -> None:
    assert nearest([90, 300, 310, 320]) == [0, 1, 2, 3]


def test_fewer_than_three_phases_and_nothing_is_computed() -> None:
    case = study(posts_s=(150, 450))
    assert SU_2022.needs(case) == ()
    found = {f.id: f for f in SU_2022.measure(case, {})}
    for id in COEFFICIENTS:
        assert found[id].value is None
        assert found[id].reason == "post-contrast phases: 2, at least 3 are needed"
    score = SU_2022.conclude(found, Installed()).score
    assert score is not None
    assert score.missing is Missing.CALCULATION_FAILURE
    assert "at least 3 are needed" in score.reason


def test_a_table_of_the_models_own_features_is_enough() -> None:
    features = measured()
    del features["su_phases"]
    assert probability(features) == probability(measured())


def test_how_many_phases_were_used_is_said() -> None:
    for posts in ((90, 180, 270), (90, 180, 270, 360)):
        case = study(posts_s=posts)
        (result,) = evaluate_all(case.prepared, case.regions, SETTINGS, signatures=(SU_2022,))
        assert f"Computed from {len(posts)} post-contrast phases." in result.reason
        assert result.features[-1].value == len(posts)


# ----------------------------------------------------------------------------------------------------- the features


def test_x1_is_of_the_first_phase_and_x2_and_x3_are_skewnesses_over_all_four() -> None:
    case = study()
    values = compute(case.prepared, case.regions, SU_2022.needs(case))
    found = {f.id: f.value for f in SU_2022.measure(case, values)}

    def biased(feature: str) -> float:
        by_phase = [v for w, v in sorted(values.items()) if w.feature == feature]
        assert len(by_phase) == 4
        away = np.array(by_phase) - np.mean(by_phase)
        return float((away**3).mean() / (away**2).mean() ** 1.5)

    (x1,) = (v for w, v in values.items() if w.feature == "Skewness" and w.image.phase == "post 1")
    assert found["X1"] == pytest.approx(x1, rel=1e-5)
    assert found["X2"] == pytest.approx(biased("Idmn"), rel=1e-5)
    assert found["X3"] == pytest.approx(biased("LowGrayLevelZoneEmphasis"), rel=1e-5)
    assert abs(found["X2"] or 9) <= 2 / math.sqrt(3), "the greatest biased skewness of four values"


def test_a_constant_study_has_no_probability() -> None:
    flat = [np.full(SHAPE, 100.0)] * 5
    case = study(phases=flat)
    (result,) = evaluate_all(case.prepared, case.regions, SETTINGS, signatures=(SU_2022,))
    assert result.score is not None
    assert result.score.value is None
    assert "one intensity" in result.score.reason


def test_a_lesion_of_three_voxels_has_no_probability() -> None:
    tumour = np.zeros(textured_study.SHAPE, bool)
    tumour[12, 30, 30:33] = True
    case = study(tumour=tumour)
    (result,) = evaluate_all(case.prepared, case.regions, SETTINGS, signatures=(SU_2022,))
    assert result.score is not None
    assert "at least 16 are needed" in result.score.reason
