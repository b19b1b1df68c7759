"""Han 2024: hot or cold at the threshold of an installed forest."""

from __future__ import annotations

import numpy as np
import pytest
from one_tree import OneTree
from textured_study import SHAPE, ball, study

from tilscope.models.result import RADIOMICS_MARK, CalibrationState, SignatureResult
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import evaluate_all
from tilscope.models.signatures.base import Installed, SignatureCase, settings_hash
from tilscope.models.signatures.han2024.feature_set import han_full
from tilscope.models.signatures.han2024.model import GIVEN, HAN_2024
from tilscope.models.signatures.reference import Reference

SETTINGS = PipelineSettings()
TUMOUR = "radiomics:han2024/T/early/original_firstorder_Mean"
RING = "radiomics:han2024/ring/early/log-sigma-3-mm-3D_glszm_ZoneEntropy"


def tree(probability: float, feature: str = TUMOUR, threshold: float = 0.528) -> OneTree:
    return OneTree(feature, 0.0, probability, probability, settings_hash(HAN_2024, SETTINGS), threshold)


def evaluated(
    case: SignatureCase, forest: OneTree | None = None, reference: Reference | None = None
) -> SignatureResult:
    installed = {"han2024": Installed(reference, forest)}
    (result,) = evaluate_all(case.prepared, case.regions, SETTINGS, installed, signatures=(HAN_2024,))
    return result


def test_without_a_forest_brightness_and_homogeneity_are_given_and_no_probability() -> None:
    result = evaluated(study())
    assert result.state is CalibrationState.NO_MODEL
    assert [f.id for f in result.features] == [RADIOMICS_MARK + name for name in GIVEN]
    assert all(f.value is not None for f in result.features)
    assert result.score is not None
    assert result.score.value is None
    assert result.category is None


def test_only_what_the_model_takes_is_computed() -> None:
    assert len(HAN_2024.needs(study())) == 8
    assert len(han_full()) == 958


@pytest.mark.parametrize(
    ("probability", "threshold", "name"),
    [(0.528, 0.528, "hot"), (0.527999, 0.528, "cold"), (0.56, 0.569, "cold"), (0.569, 0.569, "hot")],
)
def test_the_class_changes_at_the_forests_own_threshold(probability: float, threshold: float, name: str) -> None:
    result = evaluated(study(), tree(probability, threshold=threshold))
    assert result.state is CalibrationState.CALIBRATED
    assert result.category == name
    assert f"from a probability of {threshold:g} on" in result.reason


def test_a_forest_may_take_a_filtered_feature_of_the_ring() -> None:
    result = evaluated(study(), tree(0.9, RING))
    assert result.features[-1].id == RING
    assert result.features[-1].value is not None
    assert result.category == "hot"


def test_a_reference_tells_where_the_probability_lies() -> None:
    cohort = Reference("han2024", "t", 4, settings_hash(HAN_2024, SETTINGS), {}, {}, (0.1, 0.2, 0.6, 0.9))
    assert evaluated(study(), tree(0.5), cohort).percentile == 50.0


def test_a_lesion_at_the_skin_has_half_a_ring_and_one_without_breast_only_its_inner_half() -> None:
    breast = np.zeros(SHAPE, bool)
    breast[:, 30:] = True
    for inside in (breast, ball(9.0)):
        result = evaluated(study(breast=inside), tree(0.9, RING))
        assert result.score is not None
        assert result.score.value == 0.9


def test_a_constant_study_says_why_there_is_nothing() -> None:
    result = evaluated(study(phases=[np.full(SHAPE, 100.0)] * 5), tree(0.9))
    assert result.score is not None
    assert result.score.value is None
    assert "one intensity" in result.reason
