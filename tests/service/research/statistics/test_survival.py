"""Survival with planted hazards, and without any. R's word on the numbers is in tests/judges."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tilscope.service.research.statistics.concordance import concordance, concordance_with_interval
from tilscope.service.research.statistics.cox import NotEstimable, added_value, cox, proportional_hazards
from tilscope.service.research.statistics.survival_curves import log_rank, survival_curve, survival_curves


def cohort(seed: int = 1, log_hazard: float = 0.7, n: int = 150) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A score of which one unit multiplies the hazard; times; whether the event was seen."""
    random = np.random.default_rng(seed)
    score = random.normal(size=n)
    time, end = random.exponential(np.exp(-log_hazard * score)), random.exponential(2.0, n)
    return score, np.minimum(time, end), (time <= end).astype(int)


@cache
def fitted(seeds: int = 40) -> list[tuple[bool, bool]]:
    """Of each cohort, whether the hazard ratio's interval holds what was planted, and whether hazards pass for proportional."""
    found = []
    for seed in range(seeds):
        score, time, event = cohort(seed)
        model = cox({"score": score}, time, event)
        tests = proportional_hazards({"score": score}, model, time, event)
        found.append((model.hazard_ratio("score").holds(np.exp(0.7)), tests["score"].p >= 0.05))
    return found


def test_the_interval_holds_the_planted_hazard_ratio() -> None:
    assert sum(holds for holds, _ in fitted()) >= 34


def test_hazards_that_are_proportional_pass_for_it() -> None:
    assert sum(proportional for _, proportional in fitted()) >= 34


def test_an_effect_that_ends_is_not_proportional() -> None:
    random = np.random.default_rng(1)
    group = np.repeat([0.0, 1.0], 200)
    time = random.exponential(1.0, 400)
    early = random.exponential(0.15, 400)
    time = np.where((group == 1) & (early < 0.15), early, time)
    model = cox({"group": group}, time, np.ones(400))
    assert proportional_hazards({"group": group}, model, time, np.ones(400))["all"].p < 0.001


def test_a_score_adds_to_age_what_noise_does_not() -> None:
    score, time, event = cohort()
    noise = np.random.default_rng(2).normal(size=(2, len(time)))
    age = cox({"age": noise[0]}, time, event)
    assert added_value(age, cox({"age": noise[0], "score": score}, time, event)).p < 1e-4
    assert added_value(age, cox({"age": noise[0], "noise": noise[1]}, time, event)).p > 0.01


@pytest.mark.parametrize(
    ("covariates", "why"),
    [
        ({"age": np.full(150, 50.0)}, "age is the same in all"),
        ({"one": cohort()[0], "again": cohort()[0] * 2}, "tell each other"),
        ({f"x{n}": np.random.default_rng(n).normal(size=150) for n in range(140)}, "too few"),
    ],
)
def test_what_cannot_be_estimated_says_why(covariates: dict[str, np.ndarray], why: str) -> None:
    _, time, event = cohort()
    with pytest.raises(NotEstimable, match=why):
        cox(covariates, time, event)


def test_the_unit_of_a_covariate_changes_its_hazard_ratio_alone() -> None:
    score, time, event = cohort()
    one, thousand = cox({"x": score}, time, event), cox({"x": 1000 * score}, time, event)
    assert thousand.log_hazard["x"] * 1000 == pytest.approx(one.log_hazard["x"])
    assert thousand.p("x") == pytest.approx(one.p("x"))


def test_kaplan_and_meier_by_hand() -> None:
    curve = survival_curve(np.array([1.0, 2.0, 2.0, 3.0, 4.0]), np.array([1, 1, 0, 0, 1]))
    assert curve.at(np.array([0.5, 1.0, 2.5, 4.0])) == pytest.approx([1.0, 0.8, 0.6, 0.0])
    assert curve.at_risk(np.array([0.0, 2.0, 3.0, 5.0])).tolist() == [5, 4, 2, 0]
    assert (curve.events, curve.median, curve.censored.tolist()) == (3, 4.0, [2.0, 3.0])


def test_more_than_half_without_an_event_have_no_median() -> None:
    assert np.isnan(survival_curve(np.array([1.0, 2.0, 3.0]), np.array([1, 0, 0])).median)


def test_the_log_rank_test_finds_a_planted_difference_and_no_other() -> None:
    score, time, event = cohort()
    assert log_rank(time, event, score > 0).p < 0.01
    assert log_rank(time, event, np.arange(len(time)) % 3).degrees == 2
    by_chance = [log_rank(*cohort(seed, 0.0)[1:], cohort(seed, 0.0)[0] > 0).p < 0.05 for seed in range(40)]
    assert sum(by_chance) <= 6
    assert set(survival_curves(time, event, np.where(score > 0, "high", "low"))) == {"high", "low"}


def test_one_group_cannot_be_compared() -> None:
    assert np.isnan(log_rank(np.array([1.0, 2.0]), np.array([1, 1]), np.array(["a", "a"])).p)


def test_c_counts_ties_half_and_leaves_out_what_cannot_be_compared() -> None:
    # The second was last seen at the time of the first one's event: hers came later. The third cannot be compared with her.
    assert concordance(np.array([2.0, 2.0, 1.0]), np.array([1.0, 1.0, 3.0]), np.array([1, 0, 1])) == 0.75
    assert np.isnan(concordance(np.array([1.0, 2.0]), np.array([1.0, 2.0]), np.array([0, 0])))


def test_the_interval_of_c_lies_about_it_and_is_wider_where_patients_come_twice() -> None:
    score, time, event = cohort()
    own, shared = (np.arange(150).astype(str), np.repeat(np.arange(75), 2).astype(str))
    alone = concordance_with_interval(score, time, event, own, seed=1, draws=300)
    twice = concordance_with_interval(
        np.repeat(score[:75], 2), np.repeat(time[:75], 2), np.repeat(event[:75], 2), shared, seed=1, draws=300
    )
    assert alone.low < alone.value < alone.high
    assert twice.high - twice.low > alone.high - alone.low
