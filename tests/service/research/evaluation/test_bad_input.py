"""What cannot be evaluated is said in words that name the file, the column and the rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from planted_cohort import cohort

from tilscope.models.refusals import BadInput
from tilscope.models.settings import PipelineSettings
from tilscope.service.research.evaluation.cohort import EvaluatedCohort, bring_together
from tilscope.service.research.evaluation.correlations import correlations
from tilscope.service.research.evaluation.models import scores_named
from tilscope.service.research.evaluation.plan import EvaluationPlan
from tilscope.service.research.evaluation.survival import survival
from tilscope.service.research.evaluation.tables import CohortTable, read_table

Columns = dict[str, list[Any]]
SURVIVAL = {"time": "rfs_years", "event": "recurrence"}


def brought(change: Callable[[Columns, Columns], None], model: str = "fan2023", **plan: Any) -> EvaluatedCohort:
    scored, outcomes = cohort(60)
    change(scored, outcomes)
    table, known = CohortTable(Path("scores.csv"), scored), CohortTable(Path("outcomes.csv"), outcomes)
    return bring_together([scores_named(model, table, PipelineSettings())], table, known, EvaluationPlan(**plan))


def set_to(column: str, values: Callable[[list[Any]], list[Any]]) -> Callable[[Columns, Columns], None]:
    """In whichever of the tables has it."""

    def change(scored: Columns, outcomes: Columns) -> None:
        table = outcomes if column in outcomes and column != "study_uid" else scored
        table[column] = values(table[column])

    return change


def exchanged(events: list[Any]) -> list[Any]:
    return [1 - one for one in events]


@pytest.mark.parametrize(
    ("change", "plan", "said"),
    [
        (set_to("label", lambda old: ["good"] * 60), {}, "holds good alone, and two classes are needed"),
        (set_to("label", lambda old: ["good"] * 60), {"classes": ("poor", "good")}, "none that has a score is poor"),
        (set_to("label", lambda old: ["fair", *old[1:]]), {"classes": ("poor", "good")}, "holds fair, which --classes does not name"),
        (set_to("label", lambda old: list(range(60))), {}, "60 different values, which are no classes"),
        (set_to("label", lambda old: old), {"positive": "hot"}, "never holds hot"),
        (set_to("label", lambda old: ["low", "middle", "high"] * 20), {}, "the order of high, low, middle in its column label is not known"),
        (set_to("study_uid", lambda old: [f"9.{n}" for n in range(60)]), {}, "No study of scores.csv is in outcomes.csv"),
        (set_to("tsh_good", lambda old: [0.5] * 60), {}, "the same score for all 60 studies"),
        (set_to("label", lambda old: old), {"positive": "fair"}, "never holds fair; it holds good, poor"),
        (set_to("tsh_good", lambda old: ["high", *old[1:]]), {}, "holds 'high', which is no number"),
        (set_to("rfs_years", lambda old: [-1.0, *old[1:]]), SURVIVAL, "rfs_years is negative in 1 rows"),
        (set_to("recurrence", lambda old: ["dead"] * 60), SURVIVAL, "holds dead; give 1 for an event and 0 for none"),
        (set_to("recurrence", lambda old: [0] * 60), SURVIVAL, "recurrence holds no event"),
        (set_to("recurrence", lambda old: old), {"time": "rfs_years"}, "survival needs both --time and --event"),
        (set_to("recurrence", lambda old: old), {**SURVIVAL, "event_value": "2"}, "never holds 2"),
    ],
)  # fmt: skip
def test_it_is_told_what_is_wrong(change: Callable[[Columns, Columns], None], plan: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput) as answer:
        brought(change, **plan)
    assert said in str(answer.value)


def test_censoring_the_wrong_way_round_is_noticed_unless_somebody_vouches_for_it() -> None:
    """Everybody is followed for ten years or to the event: so, who has none was followed for longer."""

    def ten_years(scored: Columns, outcomes: Columns) -> None:
        outcomes["rfs_years"] = [10.0 if n % 2 else 1 + n / 20 for n in range(60)]
        outcomes["recurrence"] = [int(not n % 2) for n in range(60)]

    def wrong_way_round(scored: Columns, outcomes: Columns) -> None:
        ten_years(scored, outcomes)
        outcomes["recurrence"] = exchanged(outcomes["recurrence"])

    assert brought(ten_years, **SURVIVAL).follow_up is not None
    with pytest.raises(
        BadInput, match=r"recurrence of outcomes\.csv looks the wrong way round: those with an event were followed"
    ):
        brought(wrong_way_round, **SURVIVAL)
    vouched = brought(wrong_way_round, **SURVIVAL, event_value="1").follow_up
    assert vouched is not None
    assert vouched.event.sum() == 30


@pytest.mark.parametrize("name", ["rotterdam", "gbsg"])
def test_two_public_cohorts_are_taken_as_they_are_and_not_the_wrong_way_round(name: str) -> None:
    table = read_table(Path(__file__).parents[3] / "judges" / f"survival_{name}.csv")
    rows = len(table)
    columns = {**table.columns, "study_uid": [str(n) for n in range(rows)]}
    plan = EvaluationPlan(time="time", event="event")
    known = CohortTable(table.path, columns)
    models = [scores_named("nodes", known, PipelineSettings())]
    assert bring_together(models, known, known, plan).follow_up is not None
    wrong = CohortTable(table.path, {**columns, "event": exchanged(list(columns["event"]))})
    with pytest.raises(BadInput, match="wrong way round"):
        bring_together(models, wrong, wrong, plan)


def test_outcomes_of_another_patient_are_not_taken() -> None:
    def change(scored: Columns, outcomes: Columns) -> None:
        outcomes["patient_id"] = ["P0", "P7", *[f"P{n}" for n in range(2, 60)]]

    with pytest.raises(BadInput, match=r"Study 1\.2\.1 is of patient P1 in scores\.csv and of patient P7"):
        brought(change)


def test_a_study_with_two_rows_of_outcomes_is_not_guessed_at() -> None:
    def change(scored: Columns, outcomes: Columns) -> None:
        outcomes["study_uid"] = ["1.2.1", *outcomes["study_uid"][1:]]

    with pytest.raises(BadInput, match=r"two rows for 1\.2\.1"):
        brought(change)


def test_who_lacks_something_is_counted_and_nobody_is_imputed() -> None:
    def change(scored: Columns, outcomes: Columns) -> None:
        scored["state"][0] = "refused"
        scored["tsh_good"][1] = None
        outcomes["label"][2] = None
        outcomes["study_uid"][3] = "9.9"

    whole = brought(change)
    assert len(whole) == 57
    assert dict(whole.left_out) == {
        "series without features": 1,
        "studies without an outcome": 1,
        # Of the study that was refused, and of one that is no study of the cohort.
        "outcomes of studies that the cohort does not hold": 2,
        "studies without a score of fan2023": 1,
        "studies without a label": 1,
    }


def test_two_series_under_one_outcome_are_left_out_and_sides_are_kept_apart() -> None:
    def two(scored: Columns, outcomes: Columns) -> None:
        scored["study_uid"][1] = scored["study_uid"][0]
        scored["laterality"] = ["R", "L", *[""] * 58]

    assert brought(two).left_out["series of a study with two, without an outcome of their own"] == 2

    def sided(scored: Columns, outcomes: Columns) -> None:
        two(scored, outcomes)
        outcomes["study_uid"][1] = outcomes["study_uid"][0]
        outcomes["laterality"] = ["R", "L", *[""] * 58]
        scored["patient_id"][1] = scored["patient_id"][0]

    whole = brought(sided)
    assert (len(whole), whole.patients_counted) == (60, 59)


def test_a_constant_column_correlates_with_nothing_and_has_no_hazard_ratio() -> None:
    whole = brought(set_to("age", lambda old: [50.0] * 60), correlate=("age", "nodes"), covariates=("age",), **SURVIVAL)
    plan = EvaluationPlan(correlate=("age", "nodes"), covariates=("age",), draws=100, **SURVIVAL)
    assert any("age is the same in all studies" in sentence for sentence in correlations(whole, plan).sentences)
    assert whole.follow_up is not None
    assert any("age is the same in all" in sentence for sentence in survival(whole, whole.follow_up, plan).sentences)


def test_what_no_table_has_is_named_with_what_it_has() -> None:
    with pytest.raises(
        BadInput, match="There is no model 'nobody': it is neither the folder of a model, nor a signature"
    ):
        brought(lambda scored, outcomes: None, model="nobody")
    whole = brought(lambda scored, outcomes: None)
    with pytest.raises(BadInput, match="none of its columns is gene_"):
        correlations(whole, EvaluationPlan(correlate=("gene_*",)))


@pytest.mark.parametrize(("text", "said"), [("", "cannot be read"), ("study_uid,label\n", "it has no row"), ("a,a\n1,2\n", "more than one column a")])  # fmt: skip
def test_a_file_that_is_no_table_is_told(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "outcomes.csv"
    file.write_text(text)
    with pytest.raises(BadInput, match=said):
        read_table(file)


def test_a_spreadsheets_file_is_read_and_numbers_in_uids_stay_texts(tmp_path: Path) -> None:
    file = tmp_path / "outcomes.csv"
    file.write_text("study_uid,patient_id,label,age\n1.20,007,good,51\n1.3,8,,NA\n", encoding="utf-8-sig")
    table = read_table(file)
    assert table.texts("study_uid") == ["1.20", "1.3"]
    assert table.texts("patient_id") == ["007", "8"]
    assert table.texts("label") == ["good", ""]
    assert table.numbers("age")[0] == 51


def test_of_a_cohort_whose_scored_studies_have_no_outcome_nothing_is_evaluated() -> None:
    def change(scored: Columns, outcomes: Columns) -> None:
        scored["tsh_good"][5:] = [None] * 55
        for column in outcomes:
            outcomes[column] = outcomes[column][5:]

    with pytest.raises(BadInput, match="no study with an outcome has one"):
        brought(change)
