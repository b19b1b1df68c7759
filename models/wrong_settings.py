"""A setting that cannot be used is refused in one plain sentence: its key, what it must be, what it was."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from tilscope.models.refusals import WrongSettings
from tilscope.models.setting_limits import limit_in_words

Settings = TypeVar("Settings")
#: Of a value, in a sentence.
_MOST_CHARACTERS = 80
_UNKNOWN_KEY = ("extra_forbidden", "unexpected_keyword_argument")


def named(section: str) -> Callable[[type[Settings]], type[Settings]]:
    """For a class that pydantic checks: what is wrong when one is made is named in words, its keys below the section."""

    def decorated(kind: type[Settings]) -> type[Settings]:
        made = kind.__init__

        def init(self: Settings, **given: Any) -> None:
            try:
                made(self, **given)
            except ValidationError as error:
                raise WrongSettings(_problems_in(error, kind, given, section)) from None

        kind.__init__ = init  # type: ignore[assignment]
        return kind

    return decorated


def _problems_in(error: ValidationError, kind: type, given: Mapping[str, Any], section: str = "") -> list[str]:
    """A sentence for every setting of `kind` that is wrong in what was given."""
    schema = TypeAdapter(kind).json_schema()
    problems = [_sentence(dict(fault), schema, given, section) for fault in error.errors()]
    return list(dict.fromkeys(problems))  # a list that is wrong in several items is one wrong setting


def _sentence(fault: dict[str, Any], schema: dict[str, Any], given: Any, section: str) -> str:
    kind, message = fault["type"], str(fault["msg"]).removeprefix("Value error, ")
    if kind in _UNKNOWN_KEY:
        *parents, key = fault["loc"]
        *_, (_, siblings, _) = _down(schema, parents, given)
        return f"There is no setting {_path(section, fault['loc'])!r}{_suggestion(str(key), siblings['properties'])}"
    way = list(_down(schema, fault["loc"], given))
    place, setting, value = way[-1]
    key = _path(section, place)
    if kind == "missing" and place == fault["loc"]:
        return f"The setting {key!r} is missing."
    if kind == "value_error" and "properties" in setting:
        return f"{_path(section, place, '')}{message}."  # of several settings together: the sentence begins with one of them
    secret = any(passed.get("writeOnly") for _, passed, _ in way)  # one that is wrong is still a secret
    not_this = "" if secret else f", not {_in_short(value)}"
    return f"{key} {message if kind == 'value_error' else f'must be {limit_in_words(setting)}'}{not_this}."


def _down(
    schema: dict[str, Any], place: Iterable[str | int], given: Any
) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any], Any]]:
    """The way down to a setting: places, their schemas and what was given there. A list of numbers is one setting."""
    here = schema
    gone: tuple[str | int, ...] = ()
    yield gone, here, given
    for part in place:
        inside = (
            here.get("properties", {}).get(part) if isinstance(part, str) else _resolved(here.get("items", {}), schema)
        )
        if inside is None or (isinstance(part, int) and "properties" not in inside):
            return
        here, gone = _resolved(inside, schema), (*gone, part)
        given = given[part] if not isinstance(given, Mapping) else given.get(part)
        yield gone, here, given


def _resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return found


def _path(*parts: Any) -> str:
    """Joined by dots; lists of parts are taken apart, and what is empty is left out but for the end."""
    flat = [str(one) for part in parts for one in (part if isinstance(part, tuple) else (part,))]
    return ".".join([part for part in flat[:-1] if part] + flat[-1:])


def _in_short(value: Any) -> str:
    """As the value is written in a JSON file, cut off where it is long."""
    text = json.dumps(value, default=repr, ensure_ascii=False)
    return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "…"


def _suggestion(key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else f". Known are: {', '.join(sorted(known))}."
