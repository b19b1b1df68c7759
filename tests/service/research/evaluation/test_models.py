"""The scores that are evaluated are those that the service would give: of an artefact, of a signature, of a column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit
from sklearn.ensemble import RandomForestClassifier

from tilscope.models.refusals import BadInput
from tilscope.models.result import RADIOMICS_MARK
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import settings_hash
from tilscope.models.signatures.han2024.model import HAN_2024
from tilscope.models.signatures.qian2024.model import QIAN_2024
from tilscope.models.signatures.reference import Reference
from tilscope.models.signatures.su2022.feature_set import su_columns
from tilscope.models.signatures.su2022.model import COEFFICIENTS, INTERCEPT, PHASE_TIMES_S, SU_2022
from tilscope.models.signatures.trained_linear import TrainedLinear, Weights
from tilscope.models.signatures.wu2018.model import WU_2018
from tilscope.service.research.evaluation.feature_columns import feature_columns, score_column
from tilscope.service.research.evaluation.models import scores_named
from tilscope.service.research.evaluation.tables import CohortTable
from tilscope.service.site.artefacts import write_model
from tilscope.service.site.linear_models import write_linear

SETTINGS = PipelineSettings()
TAKES = tuple(HAN_2024.features)[:3]


def table(columns: dict[str, Any], **provenance: Any) -> CohortTable:
    return CohortTable(Path("features.csv"), columns, provenance)


@pytest.fixture(scope="module")
def forest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RandomForestClassifier, np.ndarray]:
    """An artefact, the forest in it, and features of studies."""
    values = np.random.default_rng(1).normal(size=(40, 3)).round(4)
    made = RandomForestClassifier(10, random_state=1).fit(values, (values[:, 0] > 0).astype(int))
    folder = tmp_path_factory.mktemp("forest")
    facts = {"name": "hot", "version": "2", "threshold": 0.6, "card": "# hot"}
    ids = tuple(RADIOMICS_MARK + name for name in TAKES)
    write_model(folder, HAN_2024, SETTINGS, made, ids, facts, dict(zip(ids, values[0].tolist(), strict=True)))
    return folder, made, values


def test_an_artefact_gives_its_probabilities_and_its_threshold(
    forest: tuple[Path, RandomForestClassifier, np.ndarray],
) -> None:
    folder, made, values = forest
    scores = scores_named(str(folder), table(dict(zip(TAKES, values.T.tolist(), strict=True))), SETTINGS)
    assert scores.values == pytest.approx(made.predict_proba(values)[:, 1], abs=1e-6)
    assert (scores.name, scores.is_probability, scores.cut_offs, scores.classes) == (
        "hot 2",
        True,
        (0.6,),
        ("cold", "hot"),
    )


def test_a_study_that_lacks_a_feature_has_no_score(forest: tuple[Path, RandomForestClassifier, np.ndarray]) -> None:
    folder, _, values = forest
    columns = dict(zip(TAKES, values.T.tolist(), strict=True))
    columns[TAKES[0]][4] = None
    assert np.flatnonzero(np.isnan(scores_named(str(folder), table(columns), SETTINGS).values)).tolist() == [4]


def test_features_of_other_settings_are_not_scored(forest: tuple[Path, RandomForestClassifier, np.ndarray]) -> None:
    folder, _, values = forest
    columns = dict(zip(TAKES, values.T.tolist(), strict=True))
    with pytest.raises(BadInput, match="computed under settings 0123"):
        scores_named(str(folder), table({**columns, "han2024_settings_hash": ["0123"] * 40}), SETTINGS)
    told = {"han2024": {"settings_hash": settings_hash(HAN_2024, SETTINGS)}}
    assert len(scores_named(str(folder), table(columns, sets=told), SETTINGS).values) == 40


def test_what_a_table_lacks_is_named(forest: tuple[Path, RandomForestClassifier, np.ndarray]) -> None:
    with pytest.raises(BadInput, match="it lacks radiomics:han2024"):
        scores_named(str(forest[0]), table({TAKES[0]: [1.0]}), SETTINGS)


def test_a_signature_is_concluded_from_the_complete_set_by_its_formula() -> None:
    columns = feature_columns(SU_2022, SU_2022.model_features, su_columns(len(PHASE_TIMES_S)))
    assert set(columns) == {"X1", "X2", "X3"}
    values = np.random.default_rng(1).normal(size=(3, 8)).round(4)
    scores = scores_named("su2022", table({columns[id]: row.tolist() for id, row in zip(COEFFICIENTS, values, strict=True)}), SETTINGS)  # fmt: skip
    logit = INTERCEPT + np.array(list(COEFFICIENTS.values())) @ values
    assert scores.values == pytest.approx(expit(logit), abs=1e-5)
    assert (scores.is_probability, scores.classes) == (True, ("low", "high"))


def test_a_linear_artefact_gives_its_sums_and_its_cut_offs(tmp_path: Path) -> None:
    takes = tuple(QIAN_2024.features)[:2]
    ids = tuple(RADIOMICS_MARK + name for name in takes)
    reference = Reference(
        "qian2024", "ours", 40, settings_hash(QIAN_2024, SETTINGS), dict.fromkeys(ids, 1.0), dict.fromkeys(ids, 2.0), (0.0, 1.0, 5.0)
    )  # fmt: skip
    weights = {QIAN_2024.linear_scores[0]: Weights(dict(zip(ids, (0.5, -2.0), strict=True)), 0.25)}
    facts = {"name": "m2", "version": "1", "card": "# m2"}
    write_linear(tmp_path, TrainedLinear("m2 1", reference, weights, ids), facts, dict.fromkeys(ids, 3.0))
    values = np.random.default_rng(1).normal(size=(9, 2)).round(4)
    scores = scores_named(str(tmp_path), table(dict(zip(takes, values.T.tolist(), strict=True))), SETTINGS)
    assert scores.values == pytest.approx(0.25 + (values - 1) / 2 @ [0.5, -2.0], abs=1e-5)
    assert (scores.is_probability, scores.cut_offs, scores.name) == (False, (1.0,), "m2 1")


def test_the_features_of_qian_are_found_among_the_complete_set() -> None:
    assert set(feature_columns(QIAN_2024, QIAN_2024.model_features, QIAN_2024.features)) == set(
        QIAN_2024.model_features
    )


def test_a_signature_without_its_reference_says_that_it_has_no_score() -> None:
    columns = {f"wu2018/{id}": [1.0, 2.0] for id in WU_2018.model_features}
    with pytest.raises(BadInput, match="no reference cohort is installed"):
        scores_named("wu2018", table(columns), SETTINGS)


@pytest.mark.parametrize("name", ["til_percent", "wu2018_til_percent", "wu2018_score", "wu2018"])
def test_a_table_of_scores_is_taken_at_its_word(name: str) -> None:
    assert score_column(WU_2018, {name}) == name
    scores = scores_named("wu2018", table({name: [0.5, 0.7]}), SETTINGS)
    # A percentage is no probability, though these lie between 0 and 1.
    assert (scores.values.tolist(), scores.is_probability, scores.classes) == ([0.5, 0.7], False, WU_2018.classes)


def test_a_column_without_a_score_gives_way_to_the_features() -> None:
    """A table that was scored before there was a reference: the score is missing, the features are there."""
    columns: dict[str, list[float | None]] = {f"wu2018/{id}": [1.0, 2.0] for id in WU_2018.model_features}
    with pytest.raises(BadInput, match="no reference cohort is installed"):
        scores_named("wu2018", table({"wu2018": [None, None], **columns}), SETTINGS)
    su = {name: [0.1, 0.2] for name in feature_columns(SU_2022, SU_2022.model_features, su_columns(4)).values()}
    assert np.isfinite(scores_named("su2022", table({"su2022": [None, None], **su}), SETTINGS).values).all()


def test_the_settings_that_a_table_of_scores_names_count_as_well() -> None:
    su = {name: [0.1, 0.2] for name in feature_columns(SU_2022, SU_2022.model_features, su_columns(4)).values()}
    with pytest.raises(BadInput, match="computed under settings 0123"):
        scores_named("su2022", table(su, signatures={"su2022": {"settings_hash": "0123"}}), SETTINGS)
