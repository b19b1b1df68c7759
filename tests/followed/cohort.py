"""The phantom patients that are followed, and those that are imaged twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from followed.scored_date import scored_date
from validation.kept import kept, place_of, sources_digest

from tilscope.phantom import PhantomSpec
from tilscope.phantom.therapy import KINDS, again, under_therapy

#: What a date's numbers depend on. How dates are put together is none of it: that is done anew each time.
SOURCES = (
    *(f"models/{room}" for room in ("breast", "description", "imaging", "kinetics", "lesions", "preparation", "quality")),
    "models/measure.py",
    "phantom",
    "tests/followed/scored_date.py",
)  # fmt: skip

#: Of these the limits of matching were thought of; further seeds say whether they hold.
FIRST_SEED = 7001


@dataclass(frozen=True)
class Dates:
    """One patient's dates that have been scored."""

    name: str
    kind: str
    dates: tuple[dict[str, Any], ...]
    """As `scored_date` tells them."""


def courses(patients: int) -> Iterator[tuple[str, str, list[tuple[PhantomSpec, tuple[str, ...]]]]]:
    """Every kind in turn."""
    for number in range(patients):
        seed, kind = FIRST_SEED + number, KINDS[number % len(KINDS)]
        dates = under_therapy(seed, kind).dates
        yield f"{kind} {seed}", kind, [(date.spec, date.names) for date in dates]


def repeats(patients: int) -> Iterator[tuple[str, str, list[tuple[PhantomSpec, tuple[str, ...]]]]]:
    """The first date of each patient as it is in her course, and once more."""
    for name, _, dates in courses(patients):
        spec, names = dates[0]
        yield f"repeat of {name}", "repeat", [(spec, names), (again(spec, 1), names)]


def scored(patients: int, repeated: int, only_kept: bool) -> Iterator[Dates]:
    """Those whose dates are all scored; scores what is missing unless only what is kept is asked for."""
    digest = sources_digest(SOURCES)
    for name, kind, dates in (*courses(patients), *repeats(repeated)):
        places = [f"followed-{spec.digest()}" for spec, _ in dates]
        if only_kept and not all(place_of(place, digest).exists() for place in places):
            continue
        found = [
            kept(place, lambda spec=spec, names=names: scored_date(spec, names), digest)
            for place, (spec, names) in zip(places, dates, strict=True)
        ]
        yield Dates(name, kind, tuple(found))
