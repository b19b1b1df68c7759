"""What other people's programs rely on: the published shape of a result, and that older results are read as it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from api_in_process import Api, api_over
from kept_results import claimed, result_of, til
from published_result import PAGE, faults_of_result

from tilscope.models.result import RefusedSeries, StudyResult
from tilscope.models.result_schema import (
    SCHEMA_VERSION,
    UnreadableResult,
    published_schema,
    read_result,
    readable_results,
)

Json = dict[str, Any]

#: What was added to a series and its signatures since 0.1.0, where nothing named the shape.
ADDED_TO_SERIES = ("measurement_hash", "edition", "demo", "segmentation")
ADDED_TO_SIGNATURES = (
    "further_scores",
    "percentile",
    "contributions",
    "published",
    "reference",
    "installed",
    "supplied",
)
ADDED_TO_FINDINGS = ("verdict", "value", "limit")


def of_0_2(result: Json) -> Json:
    old = of_1_1(result)
    del old["schema_version"]
    return old


def of_1_1(result: Json) -> Json:
    old = deepcopy(result)
    del old["cpu_s"]
    return {**old, "schema_version": "1.1"}


def of_0_1(result: Json) -> Json:
    old = of_0_2(result)
    del old["demo"]
    for series in old["dynamic_series"]:
        _without(series, ADDED_TO_SERIES)
        for signature in series["signatures"]:
            _without(signature, ADDED_TO_SIGNATURES)
        for finding in series["quality"]:
            _without(finding, ADDED_TO_FINDINGS)
    return old


def before_there_were_pairs(result: Json) -> Json:
    """One series, which was the result itself."""
    old = of_0_1(result)
    (series,) = old["dynamic_series"]
    for stored in old["objects"]:
        del stored["laterality"]
    return {"research_use_only": True, **series, **{key: old[key] for key in ("input_hash", "timings_s", "objects")}}


def _without(said: Json, names: tuple[str, ...]) -> None:
    for name in names:
        del said[name]


KEPT = result_of("1.2.3", til(25.0, "intermediate"), laterality="R")
#: What named no version.
SHAPES = {"0.2": of_0_2, "0.1": of_0_1, "before pairs": before_there_were_pairs}


# ------------------------------------------------------------------------------------------------------ what is written


def test_the_published_schema_is_up_to_date() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == published_schema(), "run: python -m tilscope.models.result_schema > docs/result.schema.json"


def test_every_field_is_described() -> None:
    whole = json.loads(published_schema())
    for name, said in {"": whole, **whole["$defs"]}.items():
        assert said["description"], name
        assert [field for field, of in said.get("properties", {}).items() if not of.get("description")] == []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"demo": True},
        {"dynamic_series": ()},
        {"refused_series": (RefusedSeries(("1.2.3.4",), "L", "no-lesion", "No lesion was found."),)},
    ],
    ids=["usual", "demo", "no series", "one breast refused"],
)
def test_what_is_written_is_what_is_published_and_is_read_back_to_the_bit(changes: Json) -> None:
    written = json.dumps(replace(read_result(KEPT), **changes).as_json())
    assert faults_of_result(json.loads(written)) == []
    assert json.dumps(read_result(json.loads(written)).as_json()) == written


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema_version",), "2.0"),
        (("research_use_only",), False),
        (("objects", 0, "laterality"), "left"),
        (("dynamic_series", 0, "lesions", 0, "confidence"), "high"),
        (("dynamic_series", 0, "signatures", 0, "state"), "calibrate"),
        (("dynamic_series", 0, "signatures", 0, "score", "unit"), None),
    ],
)
def test_the_schema_and_the_model_refuse_the_same(path: tuple[str | int, ...], value: object) -> None:
    wrong = deepcopy(KEPT)
    place: Any = wrong
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert faults_of_result(wrong) != []
    with pytest.raises(UnreadableResult, match=rf"{path[-1]}: "):
        read_result(wrong)


# ------------------------------------------------------------------------------------------ what other versions have kept


@pytest.mark.parametrize("shape", [of_1_1, *SHAPES.values()], ids=["1.1", *SHAPES])
def test_a_result_of_before_says_the_same_numbers(shape: Callable[[Json], Json]) -> None:
    read = read_result(shape(KEPT))
    assert faults_of_result(read.as_json()) == []
    assert read.schema_version == SCHEMA_VERSION
    (then,), (now,) = read.dynamic_series, read_result(KEPT).dynamic_series
    assert (then.lesions, then.breast, then.phases) == (now.lesions, now.breast, now.phases)
    assert [said.score for said in then.signatures] == [said.score for said in now.signatures]
    assert [said.features for said in then.signatures] == [said.features for said in now.signatures]
    assert then.warnings == now.warnings
    assert read.objects == read_result(KEPT).objects
    assert read.input_hash == KEPT["input_hash"]


def test_what_has_no_measurement_hash_is_measured_again() -> None:
    assert read_result(of_0_1(KEPT)).dynamic_series[0].measurement_hash == ""
    assert read_result(of_0_2(KEPT)).dynamic_series[0].measurement_hash != ""


def test_fields_of_a_later_minor_version_are_passed_over() -> None:
    later = deepcopy(KEPT)
    later["schema_version"] = "1.12"
    later["weather"] = "fine"
    later["dynamic_series"][0]["lesions"][0]["colour"] = "grey"
    # JSON Schema lets pass what it does not describe; the judge of these tests tells it.
    assert [fault.split(": ")[1] for fault in faults_of_result(later)] == [
        "colour is not described",
        "weather is not described",
    ]
    assert read_result(later) == read_result(KEPT)


@pytest.mark.parametrize(
    "kept",
    [None, 7, [], {}, {"dynamic_series": 5, "objects": 7}, {"dynamic_series": [None], "objects": [None]},
     {**KEPT, "schema_version": "2.0"}, {**KEPT, "schema_version": 1}, {"signatures": [], "objects": "none"}],
)  # fmt: skip
def test_what_is_no_result_is_said_to_be_none(kept: object) -> None:
    with pytest.raises(UnreadableResult):
        read_result(kept)
    assert list(readable_results([kept, KEPT])) == [read_result(KEPT)]


# ----------------------------------------------------------------------------------------------------- what the API says


@pytest.fixture
def api(tmp_path: Path) -> Any:
    with api_over(tmp_path) as api:
        yield api


def keep(api: Api, kept: Json) -> None:
    claim = claimed(api.ledger, "1.2.3")
    api.ledger.attempts.succeeded(claim, claim.input_hash, kept)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_an_old_result_is_answered_as_the_contract_says_it(api: Api, shape: Callable[[Json], Json]) -> None:
    keep(api, shape(KEPT))
    said = api.get("/studies/1.2.3/result")
    assert faults_of_result(said) == []
    assert said["schema_version"] == SCHEMA_VERSION
    assert isinstance(read_result(said), StudyResult)
    assert [score["value"] for study in api.get("/studies")["studies"] for score in study["scores"]] == [25.0]
    assert len(api.get("/studies/1.2.3")["objects"]) == 3
    assert api.http.get("/studies/1.2.3/result?format=fhir").status_code == 200
    assert api.ledger.attempts.answers_to("1.2.3") == (read_result(shape(KEPT)),)


def test_a_result_of_a_later_version_is_answered_as_it_was_written(api: Api) -> None:
    later = {**KEPT, "schema_version": "1.12", "weather": "fine"}
    keep(api, later)
    assert api.get("/studies/1.2.3/result") == later


def test_what_cannot_be_read_is_left_out_of_the_story_and_answered_as_it_was_kept(api: Api) -> None:
    odd = {**KEPT, "dynamic_series": [None]}
    keep(api, odd)
    assert api.get("/studies/1.2.3")["objects"] == []
    assert api.get("/studies")["studies"][0]["scores"] == []
    assert api.get("/studies/1.2.3/result") == odd
    assert api.ledger.attempts.answers_to("1.2.3") == ()


# -------------------------------------------------------------------------------------------------- the page about it


def test_the_programs_of_the_page_run(capsys: pytest.CaptureFixture[str]) -> None:
    page = PAGE.with_name("result.md").read_text(encoding="utf-8")
    scores, warnings = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(scores, {"result": KEPT})
    assert capsys.readouterr().out == "R wu2018 25.0 % intermediate\n"
    exec(warnings, {"result": KEPT})
    assert "signal to noise 6.1" in capsys.readouterr().out


def test_the_page_names_every_field_of_a_study_and_of_a_series_that_a_program_meets_first() -> None:
    page = PAGE.with_name("result.md").read_text(encoding="utf-8")
    assert f"this is {SCHEMA_VERSION}." in page
    assert [field for field in KEPT if f"`{field}`" not in page] == []
