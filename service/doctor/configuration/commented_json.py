"""JSON as Orthanc reads it: with comments and a comma too many, and every key at a known place in the text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: A text is matched first, so that what looks like a comment inside one is none.
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TEXT_OR_LAST_COMMA = re.compile(r'"(?:\\.|[^"\\])*"|,(?=\s*[}\]])')
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
_KEY = re.compile(r'[\s,]*("(?:\\.|[^"\\])*")\s*:\s*')


@dataclass(frozen=True)
class Member:
    """One key of the outermost object, and where its value stands."""

    key: str
    value: Any
    start: int
    end: int


def blanked(text: str) -> str:
    """The same text with spaces for what plain JSON does not have: every place stays where it was.

    >>> blanked('{"a": 1, // one' + chr(10) + '}')
    '{"a": 1        \\n}'
    """
    without = _TOKEN.sub(lambda m: m[0] if m[0].startswith('"') else re.sub(r"[^\n]", " ", m[0]), text)
    return _TEXT_OR_LAST_COMMA.sub(lambda m: m[0] if m[0].startswith('"') else " ", without)


def with_environment(text: str, environment: Mapping[str, str]) -> str:
    """With the values of variables in the place of their names, as Orthanc puts them there before it reads.

    >>> with_environment('{"Port": ${PORT:-8042}, "Name": "${NAME}"}', {"NAME": "x"})
    '{"Port": 8042, "Name": "x"}'
    """
    return _VARIABLE.sub(lambda m: environment.get(m[1], m[2] or ""), text)


def members_of(text: str) -> list[Member]:
    """The keys of the outermost object in their order; raises ValueError where the text is no such object."""
    plain = blanked(text)
    if not isinstance(json.loads(plain), dict):
        raise ValueError("not an object")
    found = []
    place = plain.index("{") + 1
    decoder = json.JSONDecoder()
    while match := _KEY.match(plain, place):
        value, place = decoder.raw_decode(plain, match.end())
        found.append(Member(json.loads(match[1]), value, match.end(), place))
    return found


def with_value(text: str, key: str, value: Any) -> str:
    """The text with another value for one key, at its place, or as the first key where it is new; comments stay."""
    written = json.dumps(value, ensure_ascii=False)
    for member in members_of(text):
        if member.key == key:
            return text[: member.start] + written + text[member.end :]
    start = blanked(text).index("{") + 1
    comma = "," if members_of(text) else ""
    return f"{text[:start]}\n  {json.dumps(key)} : {written}{comma}{text[start:]}"
