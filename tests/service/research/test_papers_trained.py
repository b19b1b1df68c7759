"""Each paper's way of training gives back what was planted, finds nothing where there is nothing, and cannot leak."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planted.cohort import Law, PlantedCohort, planted_cohort, recall
from typer.testing import CliRunner

from tilscope.models.refusals import BadInput, Refused
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import Installed, Molecular
from tilscope.models.signatures.qian2024.model import QIAN_2024
from tilscope.models.signatures.su2022.model import SU_2022
from tilscope.models.signatures.wu2018.model import WU_2018
from tilscope.service.cli import app
from tilscope.service.research.statistics.cox import cox
from tilscope.service.research.statistics.multiple_tests import benjamini_hochberg
from tilscope.service.research.statistics.roc import auc
from tilscope.service.research.training.cross_validation import Curve
from tilscope.service.research.training.folds import folds_of, held_back
from tilscope.service.research.training.genetic_search import Evolution, best_set
from tilscope.service.research.training.held_out import HELD_OUT, HeldOut, auc_on_unseen
from tilscope.service.research.training.linear_training import LinearPlan, LinearTrained
from tilscope.service.research.training.recipes import Naming, TrainingPlans, train_and_write
from tilscope.service.research.training.refit import logistic
from tilscope.service.research.training.train_fan import FanPlan, train_fan
from tilscope.service.research.training.train_qian import COMBINED, PERITUMORAL, train_qian
from tilscope.service.research.training.train_su import best_mix, selected, train_su
from tilscope.service.research.training.train_wu import train_wu
from tilscope.service.research.training.units import Unit, Workplace
from tilscope.service.site.linear_models import load_linear
from tilscope.service.site.model_manifest import MANIFEST

SETTINGS = PipelineSettings()
HERE = Workplace()
QUICK = LinearPlan(repeats=3, folds=4, mixes=(1.0, 0.5))
#: As strong as in the paper: an SD of the signature of about 6.5 beside one of what nobody knows.
WU = Law((4.4, -3.1, 3.0), intercept=13, noise=6.0, of_cyt=5.0)
SU = Law((-2.0, -1.8, 1.8), intercept=0.2)
QIAN = Law((1.5, -1.5, 1.2), ("/ring/", "/ring/", "/T/"))


@pytest.fixture(scope="module")
def wu() -> tuple[PlantedCohort, LinearTrained]:
    cohort = planted_cohort("wu2018", WU, 126, seed=1, numbers=True)
    return cohort, train_wu(cohort.table, QUICK, HERE)


@pytest.fixture(scope="module")
def su() -> tuple[PlantedCohort, LinearTrained]:
    cohort = planted_cohort("su2022", SU, 139, seed=1, features=60)
    return cohort, train_su(cohort.table, QUICK, HERE)


# ---------------------------------------------------------------------------------------------------- planted, and found


def test_wu_finds_what_was_planted_with_its_weights(wu: tuple[PlantedCohort, LinearTrained]) -> None:
    cohort, trained = wu
    weights = trained.weights["til_percent"]
    assert recall(list(weights.coefficients), cohort) == 1.0
    for id, planted in zip(cohort.planted, WU.weights, strict=True):
        assert weights.coefficients[id] == pytest.approx(planted, abs=2.0)
    assert trained.tested.low > 0.2
    assert trained.further_tests["til_composite"].value > trained.tested.value, "CYT was planted as well"


def test_su_finds_what_was_planted_and_tells_it_on_the_studies_kept_back(
    su: tuple[PlantedCohort, LinearTrained],
) -> None:
    cohort, trained = su
    assert recall(list(trained.weights["rad_tils"].coefficients), cohort, alike=0.8) >= 2 / 3
    assert trained.tested.low > 0.5
    out = trained.held_out.left_out
    assert 0.25 < out.mean() < 0.35
    assert auc(cohort.table.labels[out], cohort.truth[out]) >= trained.tested.low, "nobody knows more than was planted"


def test_qian_finds_the_ring_in_the_ring_and_the_tumour_in_the_tumour() -> None:
    cohort = planted_cohort("qian2024", QIAN, 150, seed=3, features=40)
    trained = train_qian(cohort.table, QUICK, HERE)
    assert all("/ring/" in id for id in trained.weights[PERITUMORAL].coefficients)
    assert recall(list(trained.weights[COMBINED].coefficients), cohort, alike=0.8) >= 2 / 3
    assert trained.further_tests[COMBINED].value > 0.6


def test_the_planted_hazard_ratio_lies_in_its_interval(wu: tuple[PlantedCohort, LinearTrained]) -> None:
    cohort, _ = wu
    z = (cohort.truth - cohort.truth.mean()) / cohort.truth.std()
    ratio = cox({"score": z}, cohort.years, cohort.event).hazard_ratio("score")
    assert ratio.low < np.exp(-0.6) < ratio.high


def test_fan_finds_two_features_among_twenty() -> None:
    cohort = planted_cohort("fan2023", Law((3.0, -3.0)), 90, seed=2, features=20)
    plan = FanPlan(evolution=Evolution(8, 3, most=3), inner_folds=2, outer_folds=2, search_trees=8, trees=30)
    trained = train_fan(cohort.table, plan, HERE)
    assert recall(list(trained.features), cohort, alike=0.8) == 1.0
    assert trained.performance.interval[0] > 0.5


def test_the_genetic_algorithm_finds_a_set_that_only_together_is_fit() -> None:
    wanted = {3, 11, 17}
    found, fitness = best_set(
        lambda genes: len(wanted & set(genes)) - 0.1 * len(genes), 20, Evolution(40, 30), np.random.default_rng(1)
    )
    assert (set(found), round(fitness, 6)) == (wanted, 2.7)


def test_of_mixes_that_do_as_well_the_one_that_takes_the_fewest_is_su_s() -> None:
    def curve(*error: float) -> Curve:
        return Curve(np.array([0.2, 0.1]), np.array(error), np.array([0.05, 0.05]))

    curves = {1.0: curve(1.2, 1.04), 0.5: curve(1.1, 1.0), 0.25: curve(1.3, 1.01)}
    assert best_mix(curves, "least") == 0.5
    assert best_mix(curves, "within-an-error") == 1.0


# ------------------------------------------------------------------------------------------------------- null, and leaks


def test_nothing_is_found_where_nothing_is() -> None:
    """Eight null cohorts; `make study` counts fifty."""
    cohort = planted_cohort("wu2018", WU, 126, seed=1, numbers=True)
    convinced = 0
    for seed in range(8):
        with suppress(Refused):  # no model at all is the best answer
            convinced += not train_wu(cohort.null(seed).table, replace(QUICK, repeats=2), HERE).tested.may_be_chance
    assert convinced <= 1


def _leaking(cohort: PlantedCohort, seed: int) -> HeldOut:
    """The mistake: features are chosen on all studies, and only the weights are fitted without those kept back."""
    table = cohort.table
    test = held_back(table.labels, table.patients, 0.3, seed)
    r = np.abs(np.corrcoef(np.column_stack([table.values, table.labels]).T)[-1, :-1])
    best = np.argsort(-r)[:8]
    x = (table.values[:, best] - table.values[:, best].mean(axis=0)) / table.values[:, best].std(axis=0)
    fit = logistic(x[~test], table.labels[~test])
    return HeldOut(table, test.astype(int), {"score": fit.linear(x)})


def test_a_choice_outside_the_fold_is_caught_by_the_null_cohort() -> None:
    """The same null cohorts: ours finds chance, the leaking one finds what is not there."""
    cohort = planted_cohort("su2022", SU, 139, seed=5, features=200)
    leaking, ours = [], []
    for seed in range(4):
        null = cohort.null(seed)
        leaking.append(auc_on_unseen(_leaking(null, seed), seed).value)
        try:
            trained = train_su(null.table, LinearPlan(seed=seed, folds=3, mixes=(1.0,)), HERE)
            ours.append(trained.tested.value)
        except Refused:
            ours.append(0.5)
    assert np.mean(leaking) > 0.65
    assert abs(np.mean(ours) - 0.5) < 0.12


def test_a_patient_on_both_sides_is_caught_by_the_null_cohort() -> None:
    """Every patient twice: who is called two patients is remembered; who is one is not."""
    null = planted_cohort("su2022", SU, 50, seed=6, features=60).null(1)
    twice = np.repeat(np.arange(50), 2)
    table = null.table.of(np.ones(50, bool))
    table = replace(
        table, values=table.values[twice], labels=table.labels[twice], patients=table.patients[twice],
        studies=np.array([f"{n}" for n in range(100)]),
    )  # fmt: skip
    apart = replace(table, patients=table.studies)
    for known, rule in ((apart, lambda value: value > 0.75), (table, lambda value: value < 0.75)):
        test = held_back(known.labels, known.patients, 0.3, 1)
        nearest = [
            known.labels[~test][np.argmin(((known.values[~test] - row) ** 2).sum(axis=1))] for row in known.values[test]
        ]
        assert rule(auc(known.labels[test], np.array(nearest)))
    folds = folds_of(table.labels, table.patients, 5, 1, classes=True)
    assert all(len(set(folds[table.patients == one])) == 1 for one in table.patients)


def test_false_discoveries_are_as_many_as_were_asked_for() -> None:
    """Univariate, of fifty null cohorts: one of which something is found in five, at most, when one in five is asked for."""
    cohort = planted_cohort("wu2018", WU, 126, seed=1, numbers=True)
    z = (cohort.table.values - cohort.table.values.mean(axis=0)) / cohort.table.values.std(axis=0)
    from tilscope.service.research.statistics.correlation import correlation_table

    found = [
        (benjamini_hochberg(correlation_table(z, cohort.null(seed).table.labels[:, None]).p[:, 0]) < 0.2).any()
        for seed in range(50)
    ]
    assert np.mean(found) <= 0.3


# ------------------------------------------------------------------------------------------------------------ artefacts


def _written(folder: Path, paper: Any, cohort: PlantedCohort, plan: LinearPlan = QUICK) -> Any:
    return train_and_write(
        folder, paper, SETTINGS, cohort.table, TrainingPlans(plan), HERE, Naming("ours", about="Planted.")
    )


def test_a_site_scores_with_its_own_weights(tmp_path: Path, wu: tuple[PlantedCohort, LinearTrained]) -> None:
    """The service's conclusion on a study is the training's own prediction of it."""
    cohort, trained = wu
    _written(tmp_path, WU_2018, cohort)
    model = load_linear(tmp_path, WU_2018, SETTINGS)
    row = cohort.table.values[7]
    from tilscope.models.result import Measurement

    features = {id: Measurement(id, id, float(v), "1") for id, v in zip(cohort.table.features, row, strict=True)}
    cyt = float(cohort.table.covariates["cyt"][7])
    concluded = WU_2018.conclude(features, Installed(linear=model, molecular=Molecular(gzma=cyt, prf1=cyt)))
    assert concluded.score is not None
    weights = trained.weights["til_percent"]
    z = {id: (float(features[id].value or 0) - trained.mean[id]) / trained.sd[id] for id in weights.coefficients}
    expected = weights.intercept + sum(weights.coefficients[id] * z[id] for id in z)
    assert concluded.score.value == pytest.approx(expected, rel=1e-5)
    (composite,) = concluded.further_scores
    assert composite.value is not None
    assert "By the site's own model ours 1" in concluded.reason
    assert concluded.percentile is not None


@pytest.mark.parametrize(("paper", "law"), [(SU_2022, SU), (QIAN_2024, QIAN)])
def test_su_and_qian_conclude_with_what_was_installed(tmp_path: Path, paper: Any, law: Law) -> None:
    cohort = planted_cohort(paper.id, law, 120, seed=3, features=30)
    manifest = _written(tmp_path, paper, cohort)
    model = load_linear(tmp_path, paper, SETTINGS)
    from tilscope.models.result import Measurement

    values = dict(zip(cohort.table.features, cohort.table.values[3].tolist(), strict=True))
    features = {id: Measurement(id, id, value, "1") for id, value in values.items()}
    concluded = paper.conclude(features, Installed(linear=model))
    assert concluded.score is not None
    held = (tmp_path / HELD_OUT).read_text().splitlines()
    assert held[0].startswith("study_uid,patient_id,label,fold,prediction")
    told = {line.split(",")[0]: float(line.split(",")[4]) for line in held[1:]}
    if "1.2.3" in told:
        assert concluded.score.value == pytest.approx(told["1.2.3"], rel=1e-4)
    assert concluded.category in ("high", "low")
    assert set(manifest.features) == set(model.features)


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda m: m["weights"]["til_percent"].update(intercept=14.0), "is not the file that its manifest names"),
        (lambda m: m["check"].update(sums={"til_percent": 99.0}), "its check case gives"),
        (lambda m: m.update(signature="su2022"), "it belongs to signature su2022, not wu2018"),
        (lambda m: m.update(settings_hash="0" * 16), "was trained on features under settings 0000000000000000"),
        (lambda m: m.update(features=["M1", "nonsense"], check={"values": [1, 2], "sums": {}}), "wu2018 measures no nonsense"),
        (lambda m: m["check"].update(values=[1.0]), "its check case has 1 values for"),
    ],
)  # fmt: skip
def test_a_linear_model_that_must_not_be_used_says_why(
    tmp_path: Path, wu: tuple[PlantedCohort, LinearTrained], change: Change, why: str
) -> None:
    from tilscope.service.research.training.linear_folder import write_trained_linear

    cohort, trained = wu
    write_trained_linear(tmp_path, WU_2018, SETTINGS, cohort.table, trained, QUICK, "ours", "1")
    content = json.loads((tmp_path / MANIFEST).read_text())
    change(content)
    (tmp_path / MANIFEST).write_text(json.dumps(content))
    with pytest.raises(BadInput, match=why):
        load_linear(tmp_path, WU_2018, SETTINGS)


def test_what_may_be_chance_is_not_installed_unless_a_person_says_so(
    tmp_path: Path, wu: tuple[PlantedCohort, LinearTrained]
) -> None:
    from tilscope.service.research.training.linear_folder import write_trained_linear

    cohort, trained = wu
    weak = replace(trained, tested=trained.tested.model_copy(update={"low": -0.1}))
    write_trained_linear(tmp_path / "weak", WU_2018, SETTINGS, cohort.table, weak, QUICK, "weak", "1")
    (tmp_path / "data").mkdir()
    install = ["models", "install", str(tmp_path / "weak"), "--data", str(tmp_path / "data"), "--json"]
    with pytest.raises(Refused, match=r"may do no better than chance .* holds 0"):
        CliRunner().invoke(app, install, catch_exceptions=False)
    assert CliRunner().invoke(app, [*install, "--yes"], catch_exceptions=False).exit_code == 0
    assert load_linear(tmp_path / "data" / "models" / "wu2018", WU_2018, SETTINGS).name == "weak 1"


# --------------------------------------------------------------------------------------------------------- how it is done


def test_an_interrupted_training_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    cohort = planted_cohort("su2022", SU, 80, seed=4, features=20)
    plan = replace(QUICK, folds=2)
    whole = selected(cohort.table, plan, HERE)
    done: list[int] = []

    def stop_after_two(finished: int, total: int) -> None:
        done.append(finished)
        if finished == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        selected(cohort.table, plan, Workplace(parts=tmp_path, tick=stop_after_two))
    assert len(list(tmp_path.glob("*.json"))) == 2
    again: list[int] = []
    resumed = selected(cohort.table, plan, Workplace(parts=tmp_path, tick=lambda d, n: again.append(d)))
    assert again[0] == 2
    assert resumed[0] == whole[0]
    np.testing.assert_array_equal(resumed[1], whole[1])


def _doubled(shared: int, one: int) -> int:
    return shared * one


def test_cores_and_machines_do_what_this_process_does() -> None:
    pytest.importorskip("distributed")
    from distributed import LocalCluster

    units = [Unit(f"unit {n}", _doubled, (n,)) for n in range(4)]
    expected = {f"unit {n}": 2 * n for n in range(4)}
    assert Workplace().results(units, 2) == expected
    with LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster:
        assert Workplace(scheduler=cluster.scheduler_address).results(units, 2) == expected


def test_equal_seeds_give_equal_models(su: tuple[PlantedCohort, LinearTrained]) -> None:
    cohort, trained = su
    again = train_su(cohort.table, QUICK, HERE)
    assert again.weights == trained.weights
    assert again.tested == trained.tested


def test_too_few_of_a_class_is_refused_in_words() -> None:
    cohort = planted_cohort("su2022", SU, 60, seed=4, features=20)
    labels = (np.arange(60) < 9).astype(float)
    with pytest.raises(Refused, match="Of 60 patients 9 are high, at least 10 of each class are needed"):
        train_su(replace(cohort.table, labels=labels), QUICK, HERE)


def test_fans_group_is_told_from_the_tumours_cells(tmp_path: Path) -> None:
    """Of three populations two decide; the others get their labels by these."""
    random = np.random.default_rng(3)
    cells = random.normal(size=(120, 3))
    good = cells[:, 0] - cells[:, 2] + 0.2 * random.normal(size=120) > 0
    names = ["mcp_t", "mcp_b", "mcp_fibroblasts"]
    for name, rows in (("known", range(70)), ("others", range(70, 120))):
        lines = [",".join(["patient_id", *names])]
        lines += [",".join([f"P{n}", *(f"{v:.6f}" for v in cells[n])]) for n in rows]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    groups = [f"P{n},{'good' if good[n] else 'poor'}" for n in range(70)]
    (tmp_path / "groups.csv").write_text("\n".join(["patient_id,label", *groups]) + "\n")
    words = ["predict-tsh", tmp_path / "known.csv", "--labels", tmp_path / "groups.csv", "--of", tmp_path / "others.csv",
             "--out", tmp_path / "labels.csv", "--trees", 10, "--json"]  # fmt: skip
    told = json.loads(CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False).stdout)
    assert set(told["populations"]) == {"mcp_t", "mcp_fibroblasts"}
    assert told["tested"]["low"] > 0.6
    written = [line.split(",") for line in (tmp_path / "labels.csv").read_text().splitlines()[1:]]
    right = [(label == "good") == good[int(patient[1:])] for patient, label, _ in written]
    assert len(written) == 50
    assert np.mean(right) > 0.8
