"""docs/mutation.md, from outcomes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

#: Outcomes of faults that a test has seen.
SEEN = ("seen", "endless")

_WORDS = {
    "seen": "seen by a test",
    "endless": "seen, since a test no longer ended",
    "survived": "survived",
    "untested": "in a function that no quick test of `models` calls",
}


def page_of(outcomes: Sequence[dict[str, Any]], drawn: str, seconds: float) -> str:
    """The score, room by room, and every fault that no test saw."""
    count = Counter(one["outcome"] for one in outcomes)
    seen = sum(count[outcome] for outcome in SEEN)
    lines = [
        "# Mutation of `models`",
        "",
        "Written by `make mutants`, never by hand. One operator, comparison or number of a file is changed at a time, and the",
        "quick tests of `models` that call the function run on it, with the examples in docstrings: those that call it first,",
        f"as many as take {seconds:.0f} s together. Slow tests and those of other floors are not asked: what survives here may still",
        "be seen by them. Some faults change no result (equivalent mutants); they stay in the list and in the score.",
        "",
        f"Sample: {drawn}.",
        "",
        f"**{100 * seen / max(1, len(outcomes)):.0f} % of {len(outcomes)} faults were seen.**",
        "",
        "| outcome | faults |",
        "|---|---|",
        *(f"| {words} | {count[outcome]} |" for outcome, words in _WORDS.items()),
        "",
        "| room | faults | seen |",
        "|---|---|---|",
        *_rooms(outcomes),
        "",
        "## What no test saw",
        "",
        "| file | function | fault | line |",
        "|---|---|---|---|",
        *(_row(one) for one in outcomes if one["outcome"] not in SEEN),
    ]
    return "\n".join(lines) + "\n"


def _rooms(outcomes: Sequence[dict[str, Any]]) -> list[str]:
    rooms: dict[str, list[bool]] = defaultdict(list)
    for one in outcomes:
        parts = one["mutant"]["path"].split("/")
        rooms["/".join(parts[:2]) if len(parts) > 2 else parts[0]].append(one["outcome"] in SEEN)
    return [f"| {room} | {len(seen)} | {100 * sum(seen) / len(seen):.0f} % |" for room, seen in sorted(rooms.items())]


def _row(one: dict[str, Any]) -> str:
    mutant = one["mutant"]
    fault = f"{_code(mutant['before'].strip())} becomes {_code(mutant['after'])}" if mutant["after"] else (
        f"{_code(mutant['before'].strip())} left out"
    )  # fmt: skip
    function = _code(mutant["owner"]) if mutant["owner"] else "(the module)"
    return f"| {mutant['path']} | {function} | {fault} | {_code(mutant['line'])} |"


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"
