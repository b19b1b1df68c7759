"""What is known of how features change: shipped for every signature, and said of every feature that is fragile."""

from __future__ import annotations

import pytest
import textured_study

from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import evaluate_all
from tilscope.models.signatures.registry import BUILT_IN
from tilscope.models.signatures.sensitivity import KnownChange, Sensitivity, sensitivity_of

CHANGES = {
    "reversed": KnownChange("rows, columns and slices in reverse", True),
    "halved": KnownChange("half the signal", True),
    "wider": KnownChange("an outline one voxel wider", False),
    "turned": KnownChange("a patient rolled by 5 degrees", False),
}


@pytest.mark.parametrize("id", [entry.name for entry in BUILT_IN])
def test_every_feature_of_every_signature_was_measured(id: str) -> None:
    case = textured_study.study()
    (result,) = (r for r in evaluate_all(case.prepared, case.regions, PipelineSettings()) if r.id == id)
    known = sensitivity_of(id)
    assert {feature.id for feature in result.features} == set(known.features)
    for feature, figures in known.features.items():
        assert set(figures) == set(known.changes), feature
        assert all(0 <= median <= greatest for median, greatest in figures.values()), feature


@pytest.mark.parametrize("id", [entry.name for entry in BUILT_IN])
@pytest.mark.parametrize("change", ["reversed", "plane", "elsewhere"])
def test_storage_and_place_change_no_feature_of_a_real_exam(id: str, change: str) -> None:
    known = sensitivity_of(id)
    assert known.changes[change].identical
    assert {
        feature: figures[change][1] for feature, figures in known.features.items() if figures[change][1] > 1.0
    } == {}


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({"reversed": (0.0, 0.9), "wider": (19.0, 90.0)}, ""),
        ({"reversed": (0.0, 1.2)}, "changes by 1.2 % with rows, columns and slices in reverse"),
        ({"wider": (31.0, 90.0)}, "changes by 31 % with an outline one voxel wider"),
        ({"turned": (40.0, 50.0), "wider": (31.0, 90.0)}, "changes by 40 % with a patient rolled by 5 degrees"),
        # Half the signal may change nothing, an outline a fifth: the same figure weighs more.
        ({"halved": (30.0, 30.0), "wider": (31.0, 90.0)}, "changes by 30 % with half the signal"),
    ],
)
def test_a_feature_is_fragile_by_rule(figures: dict[str, tuple[float, float]], expected: str) -> None:
    assert Sensitivity(CHANGES, {"M1": figures}).why_fragile("M1") == expected


def test_nothing_is_said_of_a_feature_that_was_not_measured() -> None:
    assert Sensitivity(CHANGES, {}).why_fragile("M1") == ""
    assert sensitivity_of("somebody2030").why_fragile("M1") == ""


def test_a_result_says_which_of_its_features_are_fragile() -> None:
    case = textured_study.study()
    for result in evaluate_all(case.prepared, case.regions, PipelineSettings()):
        known = sensitivity_of(result.id)
        for feature in result.features:
            expected = "" if feature.value is None else known.why_fragile(feature.id)
            assert feature.fragile == expected
