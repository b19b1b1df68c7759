"""What can be scored here: each signature with its reference and model, their cards, and whether the scores have drifted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tilscope.models.signatures import all_signatures
from tilscope.models.signatures.base import Signature
from tilscope.service.pages.frame import PageFrame, live
from tilscope.service.pages.html import Content, Html, el, join
from tilscope.service.pages.words import facts, folded, moment
from tilscope.service.site.drift import FEWEST_NEW, Drift
from tilscope.service.site.installed_list import InstalledModel, InstalledReference


@dataclass(frozen=True)
class Shelf:
    """What is installed, and how it does."""

    models: Sequence[InstalledModel]
    cards: Mapping[str, str]
    """Of models, by signature; Markdown as their makers wrote it."""
    references: Sequence[InstalledReference]
    drifts: Mapping[str, Drift]
    """By the name of the reference's file, without its ending."""
    outdated: int
    """Studies that were scored with something else than is installed now."""
    under_way: int


def signatures_page(frame: PageFrame, shelf: Shelf) -> str:
    return frame.page(
        "Signatures",
        el("h1", "Signatures, references and models"),
        _renewals(shelf),
        *(_signature(one, shelf) for one in all_signatures()),
        here="signatures",
        live=True,
    )


def _renewals(shelf: Shelf) -> Html:
    return el("section", live("renewals", *_outdated(shelf)), el("p", role="status"), aria_label="Outdated studies")


def _outdated(shelf: Shelf) -> list[Html | None]:
    if not shelf.outdated and not shelf.under_way:
        return [el("p", "Every scored study was scored with what is installed now.")]
    said = f"Scored with other references or models: {shelf.outdated}. Being scored again: {shelf.under_way}."
    button = el("button", "Score them again", class_="main")
    form = el("form", button, data_wish="renewals", data_to="renewals")
    return [el("p", said), form if shelf.outdated else None]


def _signature(signature: Signature, shelf: Shelf) -> Html:
    models = [one for one in shelf.models if one.signature == signature.id]
    references = [one for one in shelf.references if one.signature == signature.id]
    installed = [
        *(_reference(one, shelf.drifts.get(one.file.removesuffix(".json"))) for one in references),
        *(_model(one, shelf.cards.get(one.signature, "")) for one in models),
    ]
    return el(
        "section",
        el("h2", signature.title),
        facts([("Performance", signature.published), ("Source", signature.citation)]),
        el("div", *installed, class_="cards")
        if installed
        else el("p", "No reference and no model is installed for it."),
    )


def _reference(said: InstalledReference, drift: Drift | None) -> Html:
    told = facts(
        [
            ("Cohort", said.cohort),
            ("Studies", str(said.studies) if said.studies else ""),
            ("Scanner", said.scanner or "all"),
            ("Made", _made(said.made)),
            ("File", el("code", said.file)),
            ("Drift", _drift(drift)),
        ]
    )
    stale = el("p", "It was made before the reference of all scanners.", class_="small") if said.stale else None
    return el("article", el("h3", "Reference"), _problem(said.problem), told, stale, class_="card")


def _made(said: str) -> Content:
    """As every other moment; what is no moment is shown as it stands in the file."""
    try:
        return moment(datetime.fromisoformat(said).timestamp())
    except ValueError:
        return said


def _drift(drift: Drift | None) -> Html | str:
    """A shift is said with its interval, and called one only where the interval excludes none."""
    if drift is None:
        return f"not known: fewer than {FEWEST_NEW} studies were scored with it since, or it holds no scores"
    said = (
        f"{drift.shift:+.2f} SD of the cohort (95 % interval {drift.low:+.2f} to {drift.high:+.2f}), "
        f"over the last {drift.studies} scores"
    )
    return join(el("strong", "Seen: ") if drift.seen else "none seen: ", said)


def _model(said: InstalledModel, card: str) -> Html:
    told = facts(
        [
            ("Model", said.name),
            ("Version", said.version),
            ("Features", str(said.features) if said.features else ""),
            ("Threshold", "" if said.threshold is None else f"{said.threshold:g}"),
            ("Settings", el("code", said.settings_hash) if said.settings_hash else ""),
        ]
    )
    shown = folded("Card", el("pre", card), key=f"card {said.signature}") if card else None
    return el("article", el("h3", "Model"), _problem(said.problem), told, shown, class_="card")


def _problem(problem: str) -> Html | None:
    return el("p", problem, class_="wrong") if problem else None
