"""The first page: every study with its state, its scores and the reason, found by filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tilscope.dicom_io.objects.codes.concepts import categories
from tilscope.models.readable_numbers import score_text
from tilscope.models.result import CalibrationState, Measurement
from tilscope.models.signatures import all_signatures
from tilscope.service.ledger.queries import Study
from tilscope.service.ledger.states import State
from tilscope.service.ledger.study_search import FoundScore
from tilscope.service.monitoring.health import Health, HealthReport
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.rendering import render
from tilscope.service.pages.words import Choice, Paging, ShownMoment, ShownProgress, short_name
from tilscope.service.pages.worklist_page import to_read_in_words

PAGE_SIZE = 50
_NOT_YET = {State.RECEIVING, State.READY, State.RUNNING, State.WAITING}


@dataclass(frozen=True)
class ListFilters:
    """What a person has filled in, as it stands in the address; '' where nothing."""

    text: str = ""
    state: str = ""
    signature: str = ""
    category: str = ""
    arrived_from: str = ""
    arrived_to: str = ""
    study_uid: str = ""
    """With commas: those that the reader's browser has found in Orthanc by name or number."""

    @property
    def filled(self) -> dict[str, str]:
        return {name: value for name, value in vars(self).items() if value}

    def address(self, offset: int) -> str:
        query = {**self.filled, **({"offset": str(offset)} if offset else {})}
        return f"?{urlencode(query)}" if query else "."


@dataclass(frozen=True)
class Listed:
    """What was found."""

    studies: Sequence[Study]
    scores: Mapping[str, Sequence[FoundScore]]
    total: int
    offset: int = 0
    to_read: Mapping[State, int] = field(default_factory=dict)
    """How many studies of the whole ledger need a reader, by their state."""
    wrong: str = ""
    """Why it cannot be searched so."""


@dataclass(frozen=True)
class ScoreBadge:
    """A score beside its study's name."""

    name: str
    """Of the signature, with the side where a study has scores of both breasts."""
    value: str
    """With its class; '' where there is no score."""
    state: str


@dataclass(frozen=True)
class StudyRow:
    """One study of the list."""

    uid: str
    state: State
    scores: tuple[ScoreBadge, ...]
    progress: ShownProgress | None
    reason: str
    changed: ShownMoment | None
    next_attempt: ShownMoment | None
    attempts: int
    seconds: str
    """How long it took; '' where it has not ended."""


@dataclass(frozen=True)
class StudyListView:
    """What the template shows."""

    health: tuple[str, ...]
    """Sentences; none where all is well."""
    filters: ListFilters
    states: tuple[Choice, ...]
    signatures: tuple[Choice, ...]
    categories: tuple[Choice, ...]
    rows: tuple[StudyRow, ...]
    first: int
    last: int
    total: int
    paging: Paging
    to_read: str
    """How many studies need a reader, and of what kind; '' where none does."""
    wrong: str
    failed: Mapping[str, int]
    """How many studies have failed for good, by code, where a person looks at those."""
    narrowed: bool
    """By filters or by a place in the list: that nothing is there does not mean that nothing has arrived."""


def list_page(
    frame: PageFrame, asked: ListFilters, listed: Listed, health: HealthReport, failed: Mapping[str, int]
) -> str:
    """`failed` as in `StudyListView`."""
    view = StudyListView(
        health=_worth_saying(health),
        filters=asked,
        states=_choices(asked.state, ((one.value, one.value.replace("-", " ")) for one in State)),
        signatures=_choices(asked.signature, ((s.id, f"{short_name(s.id)}: {s.title}") for s in all_signatures())),
        categories=_choices(asked.category, ((one, one) for one in categories())),
        rows=tuple(_row(study, listed.scores.get(study.study_uid, ())) for study in listed.studies),
        first=listed.offset + 1,
        last=listed.offset + len(listed.studies),
        total=listed.total,
        paging=Paging.of(listed.offset, PAGE_SIZE, listed.total, asked.address),
        to_read=to_read_in_words(listed.to_read),
        wrong=listed.wrong,
        failed=failed,
        narrowed=bool(asked.filled or listed.offset),
    )
    return render("list.html", frame, view)


def _worth_saying(health: HealthReport) -> tuple[str, ...]:
    return () if health.status is Health.OK and len(health.sentences) == 1 else health.sentences


def _choices(chosen: str, options: Iterable[tuple[str, str]]) -> tuple[Choice, ...]:
    found = tuple(Choice(value, words, value == chosen) for value, words in options)
    return (Choice("", "any", False), *found)


def _row(study: Study, scores: Sequence[FoundScore]) -> StudyRow:
    of_both_breasts = len({one.laterality for one in scores}) > 1
    return StudyRow(
        uid=study.study_uid,
        state=study.state,
        scores=tuple(_badge(one, of_both_breasts) for one in scores),
        progress=ShownProgress.of(study),
        reason=study.reason,
        changed=ShownMoment.of(study.updated_at),
        next_attempt=ShownMoment.of(study.next_attempt_at) if study.state is State.WAITING else None,
        attempts=study.attempts,
        seconds=_seconds(study),
    )


def _badge(score: FoundScore, with_side: bool) -> ScoreBadge:
    name = short_name(score.signature) + (f" {score.laterality}" if with_side else "")
    if score.value is None:
        # Calibrated, and yet something that the score takes could not be measured.
        return ScoreBadge(name, "", "no score" if score.state == CalibrationState.CALIBRATED else score.state)
    if score.caveat:
        return ScoreBadge(name, "", f"no result, {score.caveat}")
    value = score_text(Measurement("score", "score", score.value, score.unit))
    return ScoreBadge(name, f"{value} {score.category or ''}".rstrip(), score.state)


def _seconds(study: Study) -> str:
    if not study.started_at or not study.finished_at or study.state in _NOT_YET:
        return ""
    return f"{max(0.0, study.finished_at - study.started_at):.0f}"
