"""A site trains the forest that a paper did not publish: what it is trained on, how well it says it does, and what is refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from tilscope.models.refusals import BadInput, Refused
from tilscope.models.result import RADIOMICS_MARK
from tilscope.models.settings import MotionSettings, PipelineSettings
from tilscope.models.signatures.base import settings_hash
from tilscope.models.signatures.fan2023.model import FAN_2023
from tilscope.models.signatures.han2024.model import HAN_2024
from tilscope.service.cli import app
from tilscope.service.research.training.input_tables import read_table
from tilscope.service.research.training.performance import performance
from tilscope.service.research.training.train_forest import Plan, train
from tilscope.service.research.training.training_table import TrainingTable, complete
from tilscope.service.site.artefacts import load_forest

SETTINGS = PipelineSettings()
#: The first two decide, the others are noise.
NAMES = tuple(HAN_2024.features)[:30]
QUICK = Plan(trees=30, repeats=1, takes=4)

FOUR = np.array(["a", "b", "c", "d"])

Row = dict[str, Any]


def studies(count: int, seed: int = 1, informative: bool = True) -> tuple[list[Row], list[int]]:
    """Rows as a table of features has them, and the class of each."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(count, len(NAMES)))
    decides = values[:, 0] + values[:, 1] if informative else rng.normal(size=count)
    labels = (decides + 0.3 * rng.normal(size=count) > 0).astype(int).tolist()
    return [
        {"study_uid": f"1.{n}", **dict(zip(NAMES, row.tolist(), strict=True))} for n, row in enumerate(values)
    ], labels


def table_of(count: int, **facts: Any) -> TrainingTable:
    rows, labels = studies(count, **facts)
    return complete([RADIOMICS_MARK + n for n in NAMES], [[row[n] for n in NAMES] for row in rows], labels)


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """Writes both files; `change` sees the rows first."""

    def write(
        count: int = 60, change: Callable[[list[Row], list[Row]], None] = lambda rows, labels: None
    ) -> tuple[Path, Path]:
        rows, known = studies(count)
        labels: list[Row] = [{"study_uid": r["study_uid"], "label": k} for r, k in zip(rows, known, strict=True)]
        change(rows, labels)
        for name, content in (("features.csv", rows), ("labels.csv", labels)):
            with (tmp_path / name).open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, fieldnames=list(dict.fromkeys(key for row in content for key in row)))
                writer.writeheader()
                writer.writerows(content)
        return tmp_path / "features.csv", tmp_path / "labels.csv"

    return write


# ---------------------------------------------------------------------------------------------------------- the forest


def test_the_features_that_decide_are_found_among_thirty() -> None:
    trained = train(table_of(80), HAN_2024, QUICK)
    assert len(trained.features) == 4
    assert {RADIOMICS_MARK + n for n in NAMES[:2]} <= set(trained.features)
    assert sum(trained.importance.values()) == pytest.approx(1.0)
    done = trained.performance
    assert done.interval[0] < done.auc < done.interval[1]
    assert done.auc > 0.85


def test_chance_is_told_as_chance() -> None:
    """With 30 features and 60 studies, features chosen once on all studies would promise much here."""
    done = [train(table_of(60, seed=s, informative=False), HAN_2024, QUICK).performance for s in range(1, 9)]
    assert np.mean([one.auc for one in done]) < 0.6
    # The interval knows the chance of who was studied, not that of the training: it misses more often than its name says.
    assert sum(one.interval[0] < 0.5 for one in done) >= 4


def test_equal_seeds_give_equal_forests_and_other_seeds_others() -> None:
    rows = np.random.default_rng(9).normal(size=(5, 4))

    def said(seed: int) -> list[float]:
        trained = train(table_of(60), HAN_2024, replace(QUICK, seed=seed))
        return [*trained.performance.interval, *trained.forest.predict_proba(rows)[:, 1]]

    assert said(1) == said(1)
    assert said(1) != said(2)


def test_auc_and_threshold_by_hand() -> None:
    """Two of each class: of the four pairs three are in order; at 0.6 one is found and nothing wrongly."""
    done = performance(np.array([0, 0, 1, 1]), np.array([0.1, 0.5, 0.4, 0.6]), FOUR, seed=1)
    assert (done.auc, done.threshold, done.sensitivity, done.specificity) == (0.75, 0.6, 0.5, 1.0)
    assert 0 <= done.interval[0] <= 0.75 <= done.interval[1] <= 1


def test_a_forest_that_is_always_sure_has_a_threshold_that_can_be_used() -> None:
    done = performance(np.array([0, 1]), np.array([0.0, 1.0]), FOUR[:2], seed=1)
    assert (done.auc, done.threshold, done.sensitivity, done.specificity) == (1.0, 0.99, 1.0, 1.0)


def test_a_patients_second_study_is_not_one_that_the_forest_had_not_seen() -> None:
    """Noise, and every patient twice: whoever has seen the one study knows the label of the other."""
    plan = replace(QUICK, least_leaf=1)
    once = table_of(40, informative=False)
    twice = np.repeat(np.arange(40), 2)
    table = replace(
        once, values=once.values[twice], labels=once.labels[twice], patients=np.array([f"P-{n}" for n in twice])
    )
    apart = replace(table, patients=np.arange(80).astype(str))
    assert train(apart, HAN_2024, plan).performance.auc > 0.8
    done = train(table, HAN_2024, plan).performance
    assert done.auc < 0.7
    single = train(once, HAN_2024, plan).performance
    width, of_single = done.interval[1] - done.interval[0], single.interval[1] - single.interval[0]
    assert width > 0.8 * of_single, "two studies of a patient tell no more than one"


def test_patients_are_counted_as_studies_are() -> None:
    table = table_of(60)
    with pytest.raises(Refused, match="29 patients can train han2024, at least 30 are needed"):
        train(replace(table, patients=(np.arange(60) % 29).astype(str)), HAN_2024, QUICK)
    labels = (np.arange(60) < 10).astype(int)
    whose = np.where(labels == 1, "one", np.arange(60).astype(str))
    with pytest.raises(Refused, match="Of 51 patients 1 are hot, at least 5 of each class are needed"):
        train(replace(table, labels=labels, patients=whose), HAN_2024, QUICK)


# ----------------------------------------------------------------------------------------------------------- the tables


def test_a_feature_that_many_lack_is_no_candidate_and_a_study_that_lacks_one_is_left_out() -> None:
    rows = np.ones((40, 3))
    rows[:10, 1] = np.nan  # a quarter: no candidate
    rows[0, 2] = np.nan
    table = complete(("a", "b", "c"), rows, [0, 1] * 20)
    assert table.features == ("a", "c")
    assert table.values.shape == (39, 2)
    assert table.labels[0] == 1, "labels stay with their studies"
    assert table.left_out == {"features that many studies lack": 1, "studies that lack a feature": 1}


def test_values_are_rounded_as_reports_hold_them(files: Callable[..., tuple[Path, Path]]) -> None:
    table = read_table(*files(), HAN_2024, SETTINGS)
    written = studies(60)[0]
    assert table.values[3, 0] == float(f"{written[3][NAMES[0]]:.6g}")
    assert table.features == tuple(RADIOMICS_MARK + n for n in NAMES)


def test_who_counts(files: Callable[..., tuple[Path, Path]]) -> None:
    def change(rows: list[Row], labels: list[Row]) -> None:
        for row in rows:
            row |= {"laterality": "B", "state": "measured"}
        rows[0] |= {"state": "refused", **dict.fromkeys(NAMES, "")}
        labels.pop(1)  # nothing is known of it
        rows[2]["laterality"] = "L"  # one of two series of a study ...
        rows.append({**rows[2], "laterality": "R"})
        labels[2]["label"] = "hot"  # a word is as good as a number

    table = read_table(*files(60, change), HAN_2024, SETTINGS)
    assert len(table.labels) == 57
    assert table.left_out == {
        "series refused": 1,
        "studies without a label": 1,
        "series of a study with two, without a label of their own": 2,
    }


def test_a_breast_can_have_a_label_of_its_own(files: Callable[..., tuple[Path, Path]]) -> None:
    def change(rows: list[Row], labels: list[Row]) -> None:
        rows[0]["laterality"] = "L"
        rows.append({**rows[0], "laterality": "R"})
        labels[0] |= {"label": "hot", "laterality": "L"}
        labels.append({**labels[0], "label": "cold", "laterality": "R"})

    table = read_table(*files(60, change), HAN_2024, SETTINGS)
    assert len(table.labels) == 61
    assert (table.labels[0], table.labels[-1]) == (1, 0)
    assert table.patients[0] == table.patients[-1], "whose folds they share"
    assert table.left_out == {}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda rows, labels: [r.pop("study_uid") for r in rows], "it has no column study_uid"),
        (lambda rows, labels: labels[0].update(label="warm"), "label 'warm' of 1.0: known are 1, 0, hot, cold"),
        (lambda rows, labels: labels.append({**labels[0], "label": 1 - labels[0]["label"]}), "1.0 has two labels"),
        (lambda rows, labels: [r.update(settings_hash="0" * 16) for r in rows], "were computed under settings 0000000000000000"),
        (lambda rows, labels: [r.update(han2024_settings_hash="0" * 16) for r in rows], "were computed under settings 0000000000000000"),
        (lambda rows, labels: [r.update(dict.fromkeys(NAMES, "")) for r in rows[:10]], "every feature of han2024 is missing in more than 5% of its rows"),
        (lambda rows, labels: [[r.pop(n) for n in NAMES] for r in rows], "none of its columns is a feature of han2024"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_used_says_why(
    files: Callable[..., tuple[Path, Path]], change: Callable[[list[Row], list[Row]], None], why: str
) -> None:
    with pytest.raises(BadInput, match=why):
        read_table(*files(60, change), HAN_2024, SETTINGS)


def test_parquet_is_read_like_csv_and_its_provenance_counts(files: Callable[..., tuple[Path, Path]]) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    features, labels = files()
    expected = read_table(features, labels, HAN_2024, SETTINGS)
    made = pyarrow.Table.from_pylist(studies(60)[0])
    path = features.with_suffix(".parquet")

    def written(made_under: str) -> Path:
        told = json.dumps({"sets": {"han2024": {"settings_hash": made_under}}})
        parquet.write_table(made.replace_schema_metadata({"tilscope": told}), path)
        return path

    found = read_table(written(settings_hash(HAN_2024, SETTINGS)), labels, HAN_2024, SETTINGS)
    assert (found.features, found.labels.tolist()) == (expected.features, expected.labels.tolist())
    np.testing.assert_array_equal(found.values, expected.values)
    with pytest.raises(BadInput, match="were computed under settings ffffffffffffffff"):
        read_table(written("f" * 16), labels, HAN_2024, SETTINGS)


def test_few_studies_and_one_class_are_refused_in_words() -> None:
    with pytest.raises(Refused, match="29 studies can train han2024, at least 30 are needed") as few:
        train(table_of(29), HAN_2024, QUICK)
    assert few.value.code == "training-too-few"
    whole = table_of(60)
    with pytest.raises(Refused, match="Of 60 studies 0 are cold, at least 5 of each class are needed"):
        train(replace(whole, labels=np.ones(60, int)), HAN_2024, QUICK)


# ---------------------------------------------------------------------------------------------------------- the command


def invoke(*arguments: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_from_two_tables_to_an_installed_model(files: Callable[..., tuple[Path, Path]], tmp_path: Path) -> None:
    features, labels = files(60)
    where = ("--features", features, "--labels", labels)
    told = invoke(
        "train", "han2024", *where, "--out", tmp_path / "model", "--name", "ours", "--about", "Our 60 studies.",
        "--takes", 4, "--trees", 30,
    )  # fmt: skip
    assert told["studies"] == 60
    assert told["tested"]["low"] < told["tested"]["value"] < told["tested"]["high"]
    (tmp_path / "data").mkdir()
    invoke("models", "install", tmp_path / "model", "--data", tmp_path / "data")
    shown = invoke("models", "show", "han2024", "--data", tmp_path / "data")
    for word in (
        "# ours 1, a model for han2024",
        "Our 60 studies.",
        "on 60 studies of 60 patients",
        f"AUC {told['tested']['value']:.3f}",
    ):
        assert word in shown["card"]
    forest = load_forest(tmp_path / "data" / "models" / "han2024", HAN_2024, SETTINGS)
    assert forest.threshold == told["manifest"]["threshold"]
    table = read_table(features, labels, HAN_2024, SETTINGS)
    given = [forest.probability(dict(zip(table.features, row, strict=True))) for row in table.values.tolist()]
    assert np.mean(np.array(given)[table.labels == 1]) > np.mean(np.array(given)[table.labels == 0]) + 0.3


def test_a_site_with_settings_of_its_own_trains_under_them(
    files: Callable[..., tuple[Path, Path]], tmp_path: Path
) -> None:
    own = PipelineSettings(motion=MotionSettings(register=False))
    features, labels = files(60, lambda rows, labels: [r.update(settings_hash=own.digest()) for r in rows])
    settings = tmp_path / "settings.json"
    facts = {"token": "x" * 16, "data_directory": str(tmp_path), "pipeline": {"motion": {"register": False}}}
    settings.write_text(json.dumps(facts))
    where = ("--features", features, "--labels", labels, "--out", tmp_path / "model", "--trees", 30)
    with pytest.raises(BadInput, match="were computed under settings"):
        invoke("train", "han2024", *where)
    told = invoke("train", "han2024", *where, "--settings", settings)
    assert told["manifest"]["settings_hash"] == settings_hash(HAN_2024, own)


def test_a_signature_is_not_trained_on_the_features_of_another(
    files: Callable[..., tuple[Path, Path]], tmp_path: Path
) -> None:
    features, labels = files()
    where = ("--features", features, "--labels", labels, "--out", tmp_path / "model")
    with pytest.raises(BadInput, match=f"none of its columns is a feature of {FAN_2023.id}"):
        invoke("train", "fan2023", *where)
    assert not (tmp_path / "model").exists()
