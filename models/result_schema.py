"""Results of every version, read as today's `StudyResult`; and the JSON Schema that is published of it.

`python -m tilscope.models.result_schema > docs/result.schema.json`
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from tilscope.models.result import SCHEMA_VERSION, StudyResult
from tilscope.models.validation_messages import first_fault

_ADAPTER = TypeAdapter(StudyResult)
Json = dict[str, Any]


class UnreadableResult(ValueError):
    """What was kept is no result, or one of a later kind than this version knows."""


def read_result(kept: object) -> StudyResult:
    """A result as JSON has it, from whatever version. Fields of a later 1.x that are not known here are left out.

    Raises UnreadableResult with the place and the fault.
    """
    if not isinstance(kept, dict):
        raise UnreadableResult("a result is a JSON object")
    try:
        return _ADAPTER.validate_python({**_upgraded(kept), "schema_version": _version_read(kept)})
    except ValidationError as wrong:
        raise UnreadableResult(f"this is no result that this version can read: {first_fault(wrong)}") from None


def readable_results(kept: Iterable[object]) -> Iterator[StudyResult]:
    """Those of them that can be read."""
    for one in kept:
        try:
            yield read_result(one)
        except UnreadableResult:
            continue


def _version_read(kept: Json) -> object:
    """A result of an earlier or later 1.x is one of this version once it is read; of any other it cannot be."""
    version = kept.get("schema_version", SCHEMA_VERSION)
    same_kind = isinstance(version, str) and version.partition(".")[0] == SCHEMA_VERSION.partition(".")[0]
    return SCHEMA_VERSION if same_kind else version


# --------------------------------------------------------------------------- how results were before they named a version


def _series_in_a_list(kept: Json) -> Json:
    """There was one dynamic series, and its values were in the result itself."""
    if "dynamic_series" in kept or "signatures" not in kept:
        return kept
    of_study = ("study_uid", "input_hash", "settings_hash", "pipeline_version", "timings_s", "objects")
    return {**{key: kept[key] for key in of_study if key in kept}, "dynamic_series": [kept]}


def _objects_with_side(kept: Json) -> Json:
    """Where there was one series, every object was about it."""
    series = kept.get("dynamic_series")
    only = series[0] if isinstance(series, list | tuple) and len(series) == 1 else None
    side = only.get("laterality") if isinstance(only, dict) else None
    return _each_with(kept, "objects", {"laterality": side}) if side else kept


def _series_with_measurement_hash(kept: Json) -> Json:
    """Nothing follows from an empty one: such a study is measured from its images again."""
    return _each_with(kept, "dynamic_series", {"measurement_hash": ""})


def _each_with(kept: Json, name: str, defaults: Json) -> Json:
    items = kept.get(name)
    if not isinstance(items, list | tuple):
        return kept
    return {**kept, name: [{**defaults, **one} if isinstance(one, dict) else one for one in items]}


#: In the order in which results have changed. What has only been added since has a default in the model.
_UPGRADES = (_series_in_a_list, _objects_with_side, _series_with_measurement_hash)


def _upgraded(kept: Json) -> Json:
    return kept if "schema_version" in kept else reduce(lambda one, upgrade: upgrade(one), _UPGRADES, kept)


# -------------------------------------------------------------------------------------------------------- publication


class _WithoutTitles(GenerateJsonSchema):
    """Titles of fields would only repeat their names."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False


def published_schema() -> str:
    """docs/result.schema.json, whole."""
    described = _ADAPTER.json_schema(schema_generator=_WithoutTitles, mode="serialization")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"TILscope result {SCHEMA_VERSION}"}
    return json.dumps({**head, **described, "title": head["title"]}, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(published_schema(), end="")
