"""What a volume file cannot tell of its study, as people tell it beside it.

Needed are the times of the phases. Everything else may be left out and then stays unknown: it is asked for, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

#: The file in a case's folder, or above it for many cases.
SIDE_FILE = "tilscope-study.json"

#: No examination is longer, so that a time in other units is noticed.
_LONGEST_S = 36000.0
Moment = Annotated[float, Field(ge=-_LONGEST_S, le=_LONGEST_S)]
Word = Annotated[str, Field(max_length=64, pattern=r"^[^\\\x00-\x1f]*$")]


class CaseFacts(BaseModel):
    """Of one case. Keys that do not exist are an error: a misspelt one would tell nothing, silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    patient: Word = ""
    phases: tuple[str, ...] = ()
    """The files in order of time, relative to the side file; one file with a fourth axis holds them all."""
    mask: str = ""
    """The lesion as a person drew it, relative to the side file."""
    times_s: tuple[Moment, ...] = ()
    """Middle of each phase's acquisition, seconds after the injection; negative before it."""
    starts_s: tuple[Moment, ...] = ()
    """Or: when each acquisition began, in seconds by any clock."""
    injection_s: Moment | None = None
    """With `starts_s`: when contrast was injected, by the same clock."""
    fat_suppressed: bool | None = None
    field_strength_t: Annotated[float, Field(gt=0, le=20)] | None = None
    manufacturer: Word = ""
    model: Word = ""
    repetition_ms: Annotated[float, Field(gt=0, le=20000)] | None = None
    echo_ms: Annotated[float, Field(gt=0, le=1000)] | None = None
    flip_degrees: Annotated[float, Field(gt=0, le=180)] | None = None
    patient_position: Literal["", "HFP", "HFS", "FFP", "FFS", "HFDR", "HFDL", "FFDR", "FFDL"] = ""
    """As DICOM has it: FFP is feet first, prone."""

    @model_validator(mode="after")
    def _one_kind_of_times(self) -> CaseFacts:
        if self.times_s and self.starts_s:
            raise ValueError("give times_s or starts_s, not both")
        if self.injection_s is not None and not self.starts_s:
            raise ValueError("injection_s goes with starts_s; times_s count from the injection already")
        times = self.times_s or self.starts_s
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError("the times must ascend, as the phases do")
        return self

    def and_also(self, told: Mapping[str, object]) -> CaseFacts:
        """With what is told elsewhere, which comes first; times replace times of either kind."""
        here = self.model_dump(exclude_unset=True)
        if {"times_s", "starts_s"} & told.keys():
            here = {key: value for key, value in here.items() if key not in ("times_s", "starts_s", "injection_s")}
        return CaseFacts.model_validate({**here, **told})

    @property
    def untold(self) -> tuple[str, ...]:
        """In words, what nobody has told and could be; the times are asked for by an error."""
        asked = {
            "the moment of injection": self.starts_s and self.injection_s is None,
            "whether fat is suppressed (fat_suppressed)": self.fat_suppressed is None,
            "the field strength (field_strength_t)": self.field_strength_t is None,
            "the scanner (manufacturer, model)": not (self.manufacturer and self.model),
            "the sequence (repetition_ms, echo_ms, flip_degrees)": None
            in (self.repetition_ms, self.echo_ms, self.flip_degrees),
            "how the patient lay (patient_position)": not self.patient_position,
        }
        return tuple(words for words, is_untold in asked.items() if is_untold)
