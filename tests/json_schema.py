"""A judge of JSON by a schema that knows only the keywords which the API's description uses, and stops at any other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

_NOTES = {"title", "description", "example", "examples", "default"}
_JUDGED = {"$ref", "anyOf", "type", "const", "enum", "properties", "required", "additionalProperties", "items", "prefixItems",
           "minItems", "maxItems", "minimum", "maximum", "format", "pattern", "minLength", "maxLength"}  # fmt: skip
_TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None)
}  # fmt: skip


def faults(value: Any, schema: dict[str, Any], whole: dict[str, Any], path: str = "") -> Iterator[str]:
    """Where and why the value is not what the schema says. `whole` is the document that references lead into."""
    unknown = set(schema) - _NOTES - _JUDGED
    assert not unknown, f"{path}: this judge does not know {unknown}"
    if "$ref" in schema:
        target: Any = whole
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        yield from faults(value, target, whole, path)
    if "anyOf" in schema and all(any(True for _ in faults(value, one, whole)) for one in schema["anyOf"]):
        yield f"{path}: {value!r} fits none of its forms"
    if "type" in schema and not _is(value, schema["type"]):
        yield f"{path}: {value!r} is no {schema['type']}"
        return
    if ("const" in schema and value != schema["const"]) or ("enum" in schema and value not in schema["enum"]):
        yield f"{path}: {value!r} is not among {schema.get('enum', schema.get('const'))}"
    if isinstance(value, dict):
        yield from _of_object(value, schema, whole, path)
    elif isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            yield f"{path}: it has {len(value)} items"
        kinds = schema.get("prefixItems", [schema.get("items", {})] * len(value))
        for number, (item, kind) in enumerate(zip(value, kinds, strict=False)):
            yield from faults(item, kind, whole, f"{path}[{number}]")
    elif isinstance(value, str):
        yield from _of_text(value, schema, path)
    elif isinstance(value, int | float) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{path}: {value} is out of range"


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _of_object(value: dict[str, Any], schema: dict[str, Any], whole: dict[str, Any], path: str) -> Iterator[str]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{path}: {name} is missing"
    for name, item in value.items():
        further = schema.get("additionalProperties", not known)
        if name in known:
            yield from faults(item, known[name], whole, f"{path}.{name}")
        elif isinstance(further, dict):
            yield from faults(item, further, whole, f"{path}.{name}")
        elif not further:
            yield f"{path}: {name} is not described"


def _of_text(value: str, schema: dict[str, Any], path: str) -> Iterator[str]:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{path}: {value!r} has {len(value)} characters"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{path}: {value!r} does not match {schema['pattern']}"
    if schema.get("format") == "date-time" and datetime.fromisoformat(value).tzinfo is None:
        yield f"{path}: {value!r} has no zone"
