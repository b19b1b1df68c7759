"""What is no lesion and why: vessels, nodes of the armpit, enhancing gland, what goes on outside the breast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tilscope.models.lesions.exclusions import why_not
from tilscope.models.lesions.shape import ball, tubularity
from tilscope.models.lesions.traits import Traits

LESION = Traits(
    diameter_mm=12.0, thickness_mm=10.0, compactness=0.85, tubularity=0.5, beyond=0.0, in_armpit=0.0
)  # fmt: skip
SPACING = np.array([2.0, 1.0, 1.0])


def test_nothing_speaks_against_a_lesion() -> None:
    assert why_not(LESION) is None


@pytest.mark.parametrize(
    ("reason", "otherwise"),
    [
        ("vessel", {"thickness_mm": 3.0, "compactness": 0.25, "tubularity": 0.8}),
        ("vessel", {"thickness_mm": 4.0, "compactness": 0.64, "tubularity": 0.6}),
        ("node of the armpit", {"in_armpit": 0.9}),
        ("vessels", {"thickness_mm": 7.5, "compactness": 0.22}),
        ("goes on outside the breast", {"beyond": 0.5}),
        ("small and not round", {"diameter_mm": 6.6, "thickness_mm": 4.0, "compactness": 0.58}),
        ("focus", {"diameter_mm": 5.5, "thickness_mm": 5.0, "compactness": 0.95}),
    ],
)
def test_each_rule_names_what_it_excludes(reason: str, otherwise: dict[str, float]) -> None:
    assert why_not(replace(LESION, **otherwise)) == reason


def test_a_small_round_lesion_is_no_vessel_though_its_hessian_looks_like_one() -> None:
    assert why_not(replace(LESION, thickness_mm=5.0, diameter_mm=6.0, tubularity=0.69, compactness=0.87)) is None


def test_a_larger_lesion_need_not_be_round() -> None:
    assert why_not(replace(LESION, diameter_mm=9.0, compactness=0.58)) is None


def test_a_tube_is_more_tubular_than_a_ball() -> None:
    tube, sphere = np.zeros((30, 40, 40), np.float32), np.zeros((30, 40, 40), np.float32)
    tube[14:16, 18:21, 4:36] = 100
    shape = ball(6.0, SPACING)
    sphere[tuple(slice(10, 10 + n) for n in shape.shape)] = 100 * shape
    assert tubularity(tube, tube > 0, SPACING) > 0.7
    assert tubularity(sphere, sphere > 0, SPACING) < 0.6
