"""Fan 2023: six features, a forest's probability and its class at one half."""

from __future__ import annotations

import numpy as np
import pytest
from one_tree import OneTree
from textured_study import ball, distance_mm, study

from tilscope.models.result import RADIOMICS_MARK, CalibrationState, Measurement, Missing, SignatureResult
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import evaluate_all
from tilscope.models.signatures.base import Installed, SignatureCase, settings_hash
from tilscope.models.signatures.fan2023.feature_set import FAN_BIN_WIDTH, FAN_SPACING
from tilscope.models.signatures.fan2023.model import FAN_2023, OTHER_READING, SIX

SETTINGS = PipelineSettings()
FLATNESS = "radiomics:fan2023/T/original_shape_Flatness"
STROMA = "radiomics:fan2023/stroma/SI/original_glcm_Idmn"
#: Not among the six.
ENERGY = "radiomics:fan2023/stroma/SL/original_firstorder_Energy"
MEAN_SI = "radiomics:fan2023/T/SI/original_firstorder_Mean"


def tree(feature: str = FLATNESS, split: float = 0.5, below: float = 0.8, above: float = 0.2, **more) -> OneTree:
    return OneTree(feature, split, below, above, settings_hash(FAN_2023, SETTINGS), **more)


def evaluated(case: SignatureCase, forest: OneTree | None = None) -> SignatureResult:
    (result,) = evaluate_all(
        case.prepared, case.regions, SETTINGS, {"fan2023": Installed(forest=forest)}, signatures=(FAN_2023,)
    )
    return result


def features(result: SignatureResult) -> dict[str, Measurement]:
    return {f.id: f for f in result.features}


GIVEN = [RADIOMICS_MARK + name for name in (*SIX, *OTHER_READING)]


def test_without_a_forest_the_six_features_are_given_and_no_probability() -> None:
    result = evaluated(study())
    assert result.state is CalibrationState.NO_MODEL
    assert list(features(result)) == GIVEN
    assert all(f.value is not None for f in result.features)
    assert result.score is not None
    assert result.score.missing is Missing.NOT_ATTEMPTED
    assert result.category is None


def test_the_six_are_what_the_paper_names_on_its_own_voxels() -> None:
    """Figure 7a: 'IDMN features in precontrast images'; of the tumour, 'extracted from the postcontrast image'."""
    wanted = FAN_2023.needs(study())
    assert [(w.region, w.image.phase, w.feature) for w in wanted] == [
        ("tumour", "pre", "Flatness"),
        ("tumour", "pre", "Sphericity"),
        ("tumour", "pre", "LongRunHighGrayLevelEmphasis"),
        ("tumour", "middle - pre", "Idmn"),
        ("20 mm stroma", "pre", "Idmn"),
        ("20 mm stroma", "pre", "GrayLevelNonUniformity"),
        ("20 mm stroma", "middle - pre", "Idmn"),
        ("20 mm stroma", "middle - pre", "GrayLevelNonUniformity"),
    ]
    assert {w.image.spacing_mm for w in wanted} == {FAN_SPACING}
    assert {w.bin_width for w in wanted[2:]} == {FAN_BIN_WIDTH}


def test_a_ball_is_neither_flat_nor_rough_and_a_disc_is() -> None:
    whole = features(evaluated(study()))
    disc = features(evaluated(study(tumour=ball(9.0) & (abs(np.indices(distance_mm().shape)[0] - 12) <= 1))))
    assert whole[FLATNESS].value == pytest.approx(1.0, abs=0.1)
    assert (disc[FLATNESS].value or 1) < 0.5


def test_intensities_are_in_units_of_the_parenchyma_before_contrast() -> None:
    # Tissue 100 before contrast; the ball 100, and 300 in all phases after it: an enhancement of 2.
    lesion = ball(9.0)
    noise = np.random.default_rng(3).normal(0, 1, lesion.shape)
    phases = [100 + noise, *([np.where(lesion, 300, 100) + noise[::-1]] * 2)]
    result = evaluated(study(posts_s=(150, 450), tumour=lesion, phases=phases), tree(MEAN_SI))
    # The ball's surface is mixed with its surroundings by the resampling.
    assert features(result)[MEAN_SI].value == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize(("probability", "name"), [(0.5, "good"), (0.499999, "poor"), (1.0, "good"), (0.0, "poor")])
def test_the_class_is_good_from_one_half_on_whatever_the_forest_says(probability: float, name: str) -> None:
    result = evaluated(study(), tree(below=probability, above=probability, threshold=0.9))
    assert result.state is CalibrationState.CALIBRATED
    assert result.score is not None
    assert (result.score.value, result.category) == (probability, name)


def test_a_forest_may_take_any_feature_of_the_papers_set() -> None:
    result = evaluated(study(), tree(ENERGY, split=-1.0))
    assert features(result)[ENERGY].value is not None
    assert list(features(result))[: len(GIVEN)] == GIVEN
    assert result.category == "poor"  # above the split: 0.2
    (part,) = result.contributions
    assert (part.feature, part.amount) == (ENERGY, pytest.approx(-0.3))


def test_a_forest_that_takes_an_unknown_feature_gives_no_probability() -> None:
    result = evaluated(study(), tree(others=("radiomics:fan2023/T/original_shape_Beauty",)))
    assert result.score is not None
    assert result.score.value is None
    assert "none of this signature's features" in result.score.reason
    assert result.category is None


def test_a_forest_made_under_other_settings_is_never_used() -> None:
    with pytest.raises(ValueError, match="does not apply"):
        evaluated(study(), OneTree(FLATNESS, 0.5, 0.1, 0.9, settings_hash="0123456789abcdef"))


def test_a_tumour_that_fills_the_breast_has_no_stroma_and_no_probability_from_it() -> None:
    lesion = ball(9.0)
    case = study(tumour=lesion, breast=lesion)
    assert "no parenchyma" in features(evaluated(case))[STROMA].reason  # of the image, before the region
    result = evaluated(case, tree(STROMA))
    assert result.score is not None
    assert result.score.value is None
    assert features(result)[FLATNESS].value is not None
