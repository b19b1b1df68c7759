"""References from the archive's past: the choice, how far it is, what was refused, and what lies ready to be installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tilscope.models.signatures import all_signatures
from tilscope.service.ledger.past_calibrations import PastCalibration, PastStudy
from tilscope.service.ledger.states import State
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.rendering import render
from tilscope.service.pages.signatures_page import DriftView
from tilscope.service.pages.words import ShownMoment
from tilscope.service.scoring.series_picture import AFTER_THE_BREAST
from tilscope.service.site.drift import Drift

#: Shown of those without a score; all of them are in the list of studies.
_MOST_SHOWN = 60
_WITHOUT_SCORE = (State.NEEDS_READER, State.REFUSED, State.FAILED)


@dataclass(frozen=True)
class WithoutScore:
    study: PastStudy
    state: State
    picture: str
    """Below /tilscope/; '' where there can be none."""


@dataclass(frozen=True)
class ProposedReference:
    signature: str
    title: str
    studies: int
    card: str
    limited: str
    drift: DriftView | None


@dataclass(frozen=True)
class FirstNightView:
    """What the template shows."""

    current: PastCalibration | None
    begun: ShownMoment | None
    installed: ShownMoment | None
    stopped: ShownMoment | None
    counts: str
    left: str
    without: tuple[WithoutScore, ...]
    without_shown: int
    outlying: tuple[PastStudy, ...]
    references: tuple[ProposedReference, ...]
    not_made: tuple[tuple[str, str], ...]
    """Title and why."""


def first_night_page(frame: PageFrame, current: PastCalibration | None) -> str:
    return render("first_night.html", frame, _view(current))


def _view(current: PastCalibration | None) -> FirstNightView:
    if current is None:
        return FirstNightView(None, None, None, None, "", "", (), 0, (), (), ())
    without = tuple(_without(one) for one in current.studies if one.state in _WITHOUT_SCORE)
    made = current.made or {"references": {}, "not_made": {}}
    titles = {one.id: one.title for one in all_signatures()}
    return FirstNightView(
        current,
        ShownMoment.of(current.begun_at),
        ShownMoment.of(current.installed_at) if current.installed_at else None,
        ShownMoment.of(current.stopped_at) if current.stopped_at else None,
        ", ".join(f"{count} {word}" for word, count in current.states.items()),
        _left(current.seconds_left),
        without[:_MOST_SHOWN],
        min(len(without), _MOST_SHOWN),
        tuple(one for one in current.studies if one.outlying),
        tuple(_proposed(id, titles.get(id, id), one) for id, one in made["references"].items()),
        tuple((titles.get(id, id), why) for id, why in made["not_made"].items()),
    )


def _without(one: PastStudy) -> WithoutScore:
    assert one.state is not None
    has_picture = one.state is State.NEEDS_READER or one.code in {*AFTER_THE_BREAST, "neither-breast"}
    return WithoutScore(one, one.state, f"studies/{one.study_uid}/picture" if has_picture else "")


def _proposed(id: str, title: str, one: Mapping[str, Any]) -> ProposedReference:
    drift = one["drift"]
    facts = {name: drift[name] for name in ("studies", "shift", "low", "high")} if drift else None
    limited = ", ".join(f"{feature}: {count}" for feature, count in one["document"]["limited"].items())
    return ProposedReference(
        id, title, one["document"]["studies"], one["card"], limited, DriftView.of(Drift(**facts)) if facts else None
    )


def _left(seconds: float | None) -> str:
    """
    >>> _left(50.0), _left(600.0), _left(9000.0), _left(None)
    ('less than two minutes', 'about 10 min', 'about 2.5 h', '')
    """
    if seconds is None:
        return ""
    if seconds < 120:
        return "less than two minutes"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
