"""The first page: every study with its state, its scores and the reason, found by filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from tilscope.dicom_io.objects.codes.concepts import categories
from tilscope.models.readable_numbers import score_text
from tilscope.models.result import Measurement
from tilscope.models.signatures import all_signatures
from tilscope.service.ledger.queries import Study
from tilscope.service.ledger.states import State
from tilscope.service.ledger.study_search import FoundScore
from tilscope.service.monitoring.health import Health, HealthReport
from tilscope.service.pages.frame import PageFrame, live
from tilscope.service.pages.html import Html, el, join
from tilscope.service.pages.words import chip, moment, sentence_case, short_name

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
    wrong: str = ""
    """Why it cannot be searched so."""


def list_page(frame: PageFrame, asked: ListFilters, listed: Listed, health: HealthReport) -> str:
    rows = [_row(study, listed.scores.get(study.study_uid, ())) for study in listed.studies]
    found = el("ul", *rows, class_="studies") if rows else _nothing(asked, listed)
    return frame.page(
        "Studies",
        el("h1", "Studies"),
        _lost(),
        live("health", _health(frame, health)),
        _filters(asked),
        live("studies", _count(listed), found, _paging(asked, listed)),
        here=".",
        live=True,
    )


def _lost() -> Html:
    return el(
        "p", "The archive does not answer; what is shown is as it was.", id="lost", class_="rule wrong", hidden=True
    )


def _row(study: Study, scores: Sequence[FoundScore]) -> Html:
    uid = study.study_uid
    link = el("a", el("span", uid, data_study=uid), href=f"studies/{uid}/page")
    parts: list[Html | None] = [el("div", el("h2", link), chip(study.state), class_="top")]
    if scores:
        parts.append(
            el("div", *(_score(one, len({s.laterality for s in scores}) > 1) for one in scores), class_="scores")
        )
    if study.state is State.RUNNING:
        label = sentence_case(study.stage or "starting")
        parts.append(el("progress", max=1, value=f"{study.progress:.3f}", aria_label=label))
        parts.append(el("p", f"{label}, {study.progress:.0%}"))
    if study.reason:
        parts.append(el("p", study.reason))
    parts.append(el("p", _course(study), class_="small"))
    return el("li", *parts)


def _score(score: FoundScore, sides: bool) -> Html:
    """A number where there is one; else only that there is none, and why in a word."""
    side = f" {score.laterality}" if sides else ""
    name = f"{short_name(score.signature)}{side}"
    if score.value is None:
        return el("span", f"{name}: {score.state}", class_="score none")
    value = score_text(Measurement("score", "score", score.value, score.unit))
    said = f"{value} {score.category or ''}".rstrip()
    return el("span", f"{name} ", el("strong", said), class_="score")


def _course(study: Study) -> Html:
    parts = [join("Last change ", moment(study.updated_at))]
    if study.state is State.WAITING:
        parts.append(join("next attempt at ", moment(study.next_attempt_at)))
    if study.attempts > 1:
        parts.append(join(f"attempt {study.attempts}"))
    if study.started_at and study.finished_at and study.state not in _NOT_YET:
        parts.append(join(f"took {max(0.0, study.finished_at - study.started_at):.0f} s"))
    return join(*(part if n == 0 else join(", ", part) for n, part in enumerate(parts)), ".")


def _health(frame: PageFrame, health: HealthReport) -> Html | None:
    """Said only where something is to be said."""
    if health.status is Health.OK and len(health.sentences) == 1:
        return None
    return el(
        "p",
        " ".join(health.sentences),
        " ",
        el("a", "Health", href=f"{frame.root}status"),
        class_="rule",
        role="status",
    )


def _filters(asked: ListFilters) -> Html:
    signatures = [(s.id, f"{short_name(s.id)}: {s.title}") for s in all_signatures()]
    return el(
        "form",
        _field(
            "Search",
            el("input", type="search", name="text", value=asked.text, placeholder="UID or words of the reason"),
        ),
        _choice("State", "state", asked.state, [(s.value, s.value) for s in State]),
        _choice("Scored by", "signature", asked.signature, signatures),
        _choice("Class", "category", asked.category, [(one, one) for one in categories()]),
        _field("Arrived from", el("input", type="date", name="arrived_from", value=asked.arrived_from)),
        _field("to", el("input", type="date", name="arrived_to", value=asked.arrived_to)),
        el("button", "Find", class_="main"),
        el("a", "Show all", href=".") if asked.filled else None,
        class_="filters",
        role="search",
        method="get",
        action=".",
    )


def _field(label: str, field: Html) -> Html:
    return el("label", label, field)


def _choice(label: str, name: str, chosen: str, options: Sequence[tuple[str, str]]) -> Html:
    everything = el("option", "any", value="")
    told = (el("option", said, value=value, selected=value == chosen) for value, said in options)
    return _field(label, el("select", everything, *told, name=name))


def _count(listed: Listed) -> Html | None:
    if not listed.studies:
        return None
    last = listed.offset + len(listed.studies)
    return el("p", f"{listed.offset + 1} to {last} of {listed.total}, the latest change first.", class_="small")


def _paging(asked: ListFilters, listed: Listed) -> Html | None:
    links = []
    if listed.offset:
        links.append(el("a", "Newer", href=asked.address(max(0, listed.offset - PAGE_SIZE))))
    if listed.offset + PAGE_SIZE < listed.total:
        links.append(el("a", "Older", href=asked.address(listed.offset + PAGE_SIZE)))
    return el("nav", *links, aria_label="Further studies") if links else None


def _nothing(asked: ListFilters, listed: Listed) -> Html:
    if listed.wrong:
        return el("p", listed.wrong, class_="wrong")
    if asked.filled or listed.offset:
        return el("p", "No study is like that. ", el("a", "Show all", href="."))
    return join(
        el("p", "No study has arrived yet. Send a breast DCE-MRI study to Orthanc and it appears here by itself."),
        el(
            "p",
            "One that was there before is scored when you open it in Orthanc Explorer and choose Score with TILscope.",
        ),
    )
