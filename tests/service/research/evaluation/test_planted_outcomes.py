"""What was planted in a cohort is found again, and in a cohort in which nothing was planted nothing is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from planted_cohort import LOG_HAZARD, cohort
from scipy.special import expit

from tilscope.models.settings import PipelineSettings
from tilscope.service.research.evaluation.classes import classes
from tilscope.service.research.evaluation.cohort import EvaluatedCohort, bring_together
from tilscope.service.research.evaluation.correlations import correlations
from tilscope.service.research.evaluation.cut_offs import cut_offs
from tilscope.service.research.evaluation.discrimination import discrimination
from tilscope.service.research.evaluation.models import scores_named
from tilscope.service.research.evaluation.networks import networks
from tilscope.service.research.evaluation.plan import EvaluationPlan
from tilscope.service.research.evaluation.probabilities import calibration, decisions
from tilscope.service.research.evaluation.report import Number, Section
from tilscope.service.research.evaluation.subgroups import subgroups
from tilscope.service.research.evaluation.survival import survival
from tilscope.service.research.evaluation.tables import CohortTable

QUICK = 200


def brought(
    plan: EvaluationPlan, *models: str, studies: int = 160, seed: int = 1, effect: float = 1.0
) -> EvaluatedCohort:
    scored, outcomes = (
        CohortTable(Path(f"{n}.csv"), columns) for n, columns in enumerate(cohort(studies, seed, effect))
    )
    found = [scores_named(name, scored, PipelineSettings()) for name in models or ("fan2023",)]
    return bring_together(found, scored, outcomes, plan)


def number(section: Section, quantity: str, of: str = "", group: str = "", method: str = "") -> Number:
    found = [
        one for one in section.numbers
        if one.quantity == quantity and of in one.of and group in one.group and method in one.method
    ]  # fmt: skip
    assert found, f"no {quantity} of {of} in {group}"
    return found[0]


def planted_auc() -> float:
    """Of an endless cohort: by its pairs."""
    cause = np.random.default_rng(0).normal(size=40_000)
    chance = expit(1.2 * cause)
    good, order = np.random.default_rng(1).random(40_000) < chance, np.argsort(np.argsort(cause))
    return float((order[good].mean() - (good.sum() - 1) / 2) / (~good).sum())


def test_the_intervals_of_the_auc_cover_the_planted_one() -> None:
    planted, plan = planted_auc(), EvaluationPlan(draws=QUICK)
    covered = []
    for seed in range(40):
        whole = brought(plan, studies=100, seed=seed)
        section = discrimination(whole, whole.labels, plan)
        covered.append([one.low <= planted <= one.high for one in section.numbers])
    # 40 trials of 95 %: fewer than 34 by either method have a chance of one in a thousand.
    assert np.sum(covered, axis=0).min() >= 34


def test_of_nothing_the_verdict_is_that_it_may_be_chance() -> None:
    plan = EvaluationPlan(draws=QUICK)
    said = []
    for seed in range(30):
        whole = brought(plan, studies=80, seed=seed, effect=0.0)
        said.append(discrimination(whole, whole.labels, plan).sentences[1])
    assert sum("no better than chance" in sentence for sentence in said) >= 25


def test_two_models_are_compared_on_the_studies_that_have_both() -> None:
    plan = EvaluationPlan(draws=QUICK)
    whole = brought(plan, "fan2023", "cause")
    test = number(discrimination(whole, whole.labels, plan), "difference of AUCs")
    # The one is made of the other: no pair changes its order.
    assert (test.value, test.p, test.n) == (0.0, 1.0, 160)


def test_counts_and_rates_of_a_cut_off_belong_together() -> None:
    plan = EvaluationPlan(cut_offs=(0.5,), draws=QUICK)
    whole = brought(plan)
    section = cut_offs(whole, whole.labels, plan)
    tp, fp, fn, tn = (
        number(section, f"{kind} {sign}", group="given").value
        for kind, sign in (("true", "positives"), ("false", "positives"), ("false", "negatives"), ("true", "negatives"))
    )
    assert tp + fp + fn + tn == 160
    assert number(section, "sensitivity", group="given").value == tp / (tp + fn)
    assert number(section, "positive predictive value", group="given").value == tp / (tp + fp)
    by_patient = number(section, "specificity", group="given", method="bootstrap")
    assert by_patient.low < tn / (tn + fp) < by_patient.high
    assert number(section, "sensitivity", group="Youden").n == 160


def test_true_probabilities_are_calibrated_and_worth_deciding_by() -> None:
    plan = EvaluationPlan(draws=QUICK)
    whole = brought(plan, studies=400)
    section = calibration(whole, whole.labels, plan)
    slope, large = number(section, "calibration slope"), number(section, "calibration in the large")
    assert slope.low < 1 < slope.high
    assert large.low < 0 < large.high
    assert number(section, "Hosmer-Lemeshow").p > 0.01
    assert number(section, "Brier score").value < number(section, "Brier score of the prevalence alone").value
    benefit = decisions(whole, whole.labels)
    assert (
        number(benefit, "net benefit", "fan2023", "0.5").value
        > number(benefit, "net benefit", "everybody", "0.5").value
    )


def test_three_classes_have_three_pairs_and_the_outer_two_differ_most() -> None:
    plan = EvaluationPlan(label="til", classes=("low", "intermediate", "high"), draws=QUICK)
    whole = brought(plan, "cause")
    section = classes(whole, whole.labels, plan)
    near, far, upper = (
        number(section, "AUC", group=pair, method="DeLong").value
        for pair in ("intermediate against low", "high against low", "high against intermediate")
    )
    assert far > max(near, upper)
    assert min(near, upper) > 0.5
    assert len(section.figures) == 1


def test_subgroups_of_the_same_law_do_not_differ() -> None:
    plan = EvaluationPlan(subgroups=("er", "age"), draws=QUICK)
    whole = brought(plan)
    section = subgroups(whole, whole.labels, plan)
    assert [one.group.split(" ")[0] for one in section.numbers] == ["er:", "er:", "age:", "age:"]
    assert min(one.p for one in section.numbers) > 0.05
    assert sum(one.n or 0 for one in section.numbers[:2]) == 160


def test_survival_gives_back_the_planted_hazard() -> None:
    plan = EvaluationPlan(time="rfs_years", event="recurrence", covariates=("age", "er", "nodes"), draws=QUICK)
    whole = brought(plan, "cause")
    section = survival(whole, whole.follow_up, plan)
    spread = float(np.std(whole.models[0].values, ddof=1))
    for method in ("univariate", "multivariate"):
        ratio = next(one for one in section.numbers if one.of == "cause" and method in one.method)
        assert ratio.low < np.exp(LOG_HAZARD * spread) < ratio.high
    assert number(section, "added value (likelihood ratio)").p < 0.001
    assert number(section, "log-rank", "cause").p < 0.01
    assert number(section, "C-index", "cause").group == "higher is later"
    with_score = number(section, "C-index", "the covariates and cause")
    assert with_score.value > number(section, "C-index", "the covariates").value
    assert number(section, "proportional hazards", "all").p > 0.01


def test_nobody_is_followed_beyond_the_censoring() -> None:
    plan = EvaluationPlan(time="rfs_years", event="recurrence", censor_at=2.0, draws=QUICK)
    follow_up = brought(plan).follow_up
    assert follow_up is not None
    assert follow_up.time.max() == 2.0
    assert not follow_up.event[follow_up.time == 2.0].any()


def test_of_a_score_that_knows_nothing_nothing_is_added() -> None:
    plan = EvaluationPlan(time="rfs_years", event="recurrence", covariates=("age",), draws=QUICK)
    added = []
    for seed in range(8):
        whole = brought(plan, "cause", studies=80, seed=seed, effect=0.0)
        added.append(number(survival(whole, whole.follow_up, plan), "added value (likelihood ratio)").p < 0.05)
    assert sum(added) <= 2


def test_correlations_find_the_planted_ones_and_no_others() -> None:
    plan = EvaluationPlan(correlate=("tumour_*", "age"), draws=QUICK)
    found = {
        one.group
        for one in correlations(brought(plan, "cause"), plan).numbers
        if "FDR" in one.quantity and one.value < 0.05
    }
    assert found == {f"tumour_{cell}" for cell in ("T_cells", "CD8_T_cells", "Cytotoxic", "NK_cells", "B_lineage", "Monocytic", "Fibroblasts", "Endothelial")}  # fmt: skip
    null = [correlations(brought(plan, "cause", seed=seed, effect=0.0), plan) for seed in range(20)]
    # At a false discovery rate of 5 % one table in twenty has a finding by chance, of either kind.
    assert sum(any("FDR" in one.quantity and one.value < 0.05 for one in section.numbers) for section in null) <= 5


def test_the_network_of_good_patients_is_the_denser_one() -> None:
    plan = EvaluationPlan(networks={"tumour": ("tumour_*",)}, draws=QUICK)
    section = networks(brought(plan), plan)
    assert number(section, "edges", "tumour", "good").value > number(section, "edges", "tumour", "poor").value + 10
    assert number(section, "nodes", "tumour", "poor").value == 8


@pytest.mark.parametrize(("seed", "same"), [(1, True), (2, False)])
def test_equal_seeds_give_equal_intervals(seed: int, same: bool) -> None:
    whole = brought(EvaluationPlan(draws=QUICK))
    first, second = (
        discrimination(whole, whole.labels, EvaluationPlan(draws=QUICK, seed=one)).numbers[1] for one in (1, seed)
    )
    assert ((first.low, first.high) == (second.low, second.high)) is same


def test_of_a_small_class_the_report_warns() -> None:
    plan = EvaluationPlan(draws=QUICK)
    small, large = (brought(plan, studies=studies) for studies in (16, 160))
    assert any("at least 10 of a class" in one for one in discrimination(small, small.labels, plan).sentences)
    assert not any("at least 10 of a class" in one for one in discrimination(large, large.labels, plan).sentences)
