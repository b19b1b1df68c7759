"""What a setting may be: the limits as types that pydantic checks, and the same limits in words.

The words are made from the JSON schema of the type, so that a refusal and the reference (docs/settings.md) say what is
checked.
"""

from __future__ import annotations

import itertools
from typing import Annotated, Any

from annotated_types import Predicate
from pydantic import ConfigDict, Field, Strict

#: Of every settings class: an unknown key is an error, and so are NaN and infinity.
CHECKED = ConfigDict(extra="forbid", allow_inf_nan=False)


def in_order(numbers: tuple[float, ...]) -> bool:
    return all(one < other for one, other in itertools.pairwise(numbers))


Switch = Annotated[bool, Strict()]
Text = Annotated[str, Strict()]
Number = Annotated[float, Strict()]
WholeNumber = Annotated[int, Strict()]
#: An hour: no dynamic series is longer, and milliseconds are found out.
Seconds = Annotated[Number, Field(ge=0, le=3600)]
Percent = Annotated[Number, Field(ge=0, le=100)]
#: Enhancement over the pre-contrast signal, which may well be more than doubled.
EnhancementPercent = Annotated[Number, Field(ge=0, le=1000)]
Fraction = Annotated[Number, Field(ge=0, le=1)]
AtLeastZero = Annotated[Number, Field(ge=0)]
#: How far a breast can move in its coil, and more than can be taken out.
MovedMm = Annotated[Number, Field(ge=0, le=50)]
#: Half a metre: no breast is larger.
LengthMm = Annotated[Number, Field(ge=0, le=500)]
SMALLER_FIRST = Field(json_schema_extra={"smallerFirst": True})
Window = Annotated[tuple[Seconds, Seconds], Predicate(in_order), SMALLER_FIRST]
LengthsMm = Annotated[tuple[LengthMm, LengthMm], Predicate(in_order), SMALLER_FIRST]

#: Between four categories.
Borders = Annotated[tuple[Percent, Percent, Percent], Predicate(in_order), SMALLER_FIRST]


def limit_in_words(schema: dict[str, Any]) -> str:
    """What a value of this JSON schema must be, to come after "must be".

    >>> limit_in_words({"type": "integer", "minimum": 1})
    'a whole number of at least 1'
    """
    if "limit" in schema:
        return str(schema["limit"])
    if "enum" in schema:
        return _either([f'"{choice}"' for choice in schema["enum"]])
    match schema.get("type"):
        case "boolean":
            return "true or false"
        case "integer" | "number":
            return f"a {_noun(schema)}{_range(schema)}"
        case "string":
            least = schema.get("minLength", 0)
            return f"a text of at least {least} character{'s' * (least > 1)}" if least else "a text"
        case "array":
            return _list(schema)
    return "an object with settings of its own"


def _list(schema: dict[str, Any]) -> str:
    if pair := schema.get("prefixItems"):
        order = ", the smaller first" if schema.get("smallerFirst") else ""
        return f"a list of {len(pair)} {_noun(pair[0])}s{_range(pair[0])}{order}"
    each = schema["items"]
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if each.get("type") in ("integer", "number"):
        count = f"{least} to {most} " if most else ""
        return f"a list of {count}{_noun(each)}s{_range(each)}"
    if "enum" in each:
        return f"a list of {'one or more' if least else 'none or more'} of {limit_in_words(each)}"
    return "a list"


def _noun(schema: dict[str, Any]) -> str:
    return "whole number" if schema["type"] == "integer" else "number"


def _range(schema: dict[str, Any]) -> str:
    least, above, most = (schema.get(key) for key in ("minimum", "exclusiveMinimum", "maximum"))
    if least is not None and most is not None:
        return f" from {least:g} to {most:g}"
    limits = [(" above", above), (" of at least", least), (" of at most", most)]
    return " and".join(f"{words} {limit:g}" for words, limit in limits if limit is not None)


def _either(choices: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(choices[:-1]), choices[-1]]))
