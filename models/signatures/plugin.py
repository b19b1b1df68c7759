"""A signature with all that it brings: a folder here, or a package of somebody else's, holds one of these."""

from __future__ import annotations

from dataclasses import dataclass

from tilscope.models.signatures.base import Signature
from tilscope.models.signatures.codes import SignatureCodes
from tilscope.models.signatures.complete_set import CompleteSet


@dataclass(frozen=True)
class GuideChapter:
    """What the reading guide says of a signature, for those who read scores: whole sentences, no markup."""

    tells: str
    """What the score means, and its classes."""
    made: str
    """Of which features, on which patients, against which truth."""
    performance: str
    """What the paper reports, with its intervals."""
    source: str
    limits: str

    def markdown(self, title: str) -> str:
        return "\n\n".join(
            [
                f"## {title}",
                f"What it tells: {self.tells}",
                f"How it was made: {self.made}",
                f"Published performance: {self.performance} Source: {self.source}.",
                f"Its limits: {self.limits}",
            ]
        )


@dataclass(frozen=True, eq=False)
class SignaturePlugin:
    """What the registry takes in; `registration` checks it before anything is scored."""

    signature: Signature
    codes: SignatureCodes
    complete_set: CompleteSet
    chapter: GuideChapter
    variant_sets: tuple[CompleteSet, ...] = ()
    """Other readings of the paper's set: measured for a cohort that asks for them by name."""

    @property
    def id(self) -> str:
        return self.signature.id

    @property
    def chapter_in_words(self) -> str:
        return self.chapter.markdown(self.signature.title)
