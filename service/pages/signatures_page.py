"""What can be scored here: each signature with its reference and model, their cards, and whether the scores have drifted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tilscope.models.signatures import all_signatures
from tilscope.models.signatures.base import Signature
from tilscope.service.ledger.versions import Answered
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.rendering import render
from tilscope.service.pages.words import ShownMoment
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
    older: Answered
    """Studies that an older TILscope has answered last."""


@dataclass(frozen=True)
class DriftView:
    """A shift with its 95 % interval; it counts as seen only where the interval excludes none."""

    seen: bool
    shift: str
    low: str
    high: str
    studies: int

    @classmethod
    def of(cls, drift: Drift) -> DriftView:
        shift, low, high = (f"{value:+.2f}" for value in (drift.shift, drift.low, drift.high))
        return cls(drift.seen, shift, low, high, drift.studies)


@dataclass(frozen=True)
class ReferenceCard:
    installed: InstalledReference
    made: ShownMoment | None
    """As every other moment; what is no moment is shown as it stands in the file."""
    drift: DriftView | None


@dataclass(frozen=True)
class ModelCard:
    installed: InstalledModel
    threshold: str
    card: str


@dataclass(frozen=True)
class SignatureSection:
    signature: Signature
    references: tuple[ReferenceCard, ...]
    models: tuple[ModelCard, ...]


@dataclass(frozen=True)
class SignaturesView:
    """What the template shows."""

    outdated: int
    under_way: int
    older: Answered
    sections: tuple[SignatureSection, ...]
    fewest_for_drift: int = FEWEST_NEW


def signatures_page(frame: PageFrame, shelf: Shelf) -> str:
    sections = tuple(_section(one, shelf) for one in all_signatures())
    return render("signatures.html", frame, SignaturesView(shelf.outdated, shelf.under_way, shelf.older, sections))


def _section(signature: Signature, shelf: Shelf) -> SignatureSection:
    return SignatureSection(
        signature,
        tuple(_reference(one, shelf.drifts) for one in shelf.references if one.signature == signature.id),
        tuple(_model(one, shelf.cards) for one in shelf.models if one.signature == signature.id),
    )


def _reference(installed: InstalledReference, drifts: Mapping[str, Drift]) -> ReferenceCard:
    drift = drifts.get(installed.file.removesuffix(".json"))
    return ReferenceCard(installed, _moment(installed.made), DriftView.of(drift) if drift else None)


def _moment(written: str) -> ShownMoment | None:
    try:
        return ShownMoment.of(datetime.fromisoformat(written).timestamp())
    except ValueError:
        return None


def _model(installed: InstalledModel, cards: Mapping[str, str]) -> ModelCard:
    threshold = "" if installed.threshold is None else f"{installed.threshold:g}"
    return ModelCard(installed, threshold, cards.get(installed.signature, ""))
