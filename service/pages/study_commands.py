"""What a person may ask for one study, as forms that the script sends as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tilscope.service.pages.words import Choice

_YES_OR_NO = {None: "", True: "yes", False: "no"}

_FINDINGS = {"gzma": "GZMA", "prf1": "PRF1", "triple_negative": "the receptor status"}


@dataclass(frozen=True)
class CommandsView:
    """What is known already, as it stands in the fields."""

    steering: str
    """Where a person has pointed to; ''."""
    gzma: str
    prf1: str
    triple_negative: str
    triple_negative_choices: tuple[Choice, ...]
    of_patient: str
    """Which of these were given of the patient, in words; ''."""

    @classmethod
    def of(cls, molecular: Mapping[str, Any], steering: str, of_patient: Sequence[str] = ()) -> CommandsView:
        known = _YES_OR_NO[molecular.get("triple_negative")]
        choices = (("", "not known"), ("yes", "yes"), ("no", "no"))
        return cls(
            steering,
            gzma=_number(molecular.get("gzma")),
            prf1=_number(molecular.get("prf1")),
            triple_negative=known,
            triple_negative_choices=tuple(Choice(value, words, value == known) for value, words in choices),
            of_patient=", ".join(_FINDINGS[name] for name in of_patient),
        )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
