"""What a site knows of its own scanners and senders, as rules in a file. No layout needs one that the evidence decides.

    [[rule]]
    name = "Research scanner whose clocks stand still"
    calling_aet = ["RESEARCH*"]                   # who sends; patterns, any of them
    match = { ProtocolName = "BREAST DYN*" }      # header values; patterns, all must fit
    phase_times_s = [-90, 90, 270, 450]           # middle of each phase, seconds after the injection
    only_series = ["*dyn*"]                       # series that may be phases, by description
    never_series = ["*MOCO*"]                     # series that may not
    score = false                                 # do not score by itself; when a person asks, it is scored

The first rule that fits a study applies. Patterns know * and ?, and no difference of capitals. `phase_times_s` serves
only where no clock in the headers does: it never overrules one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydicom import Dataset
from pydicom.datadict import keyword_dict

from tilscope.dicom_io.dce.slices import Slice
from tilscope.dicom_io.dce.values import text
from tilscope.models.refusals import BadInput
from tilscope.models.short_hash import short_hash
from tilscope.models.validation_messages import all_faults

Patterns = tuple[str, ...]


class SiteRule(BaseModel):
    """One rule: when it applies, and what it sets."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(min_length=1)
    calling_aet: Patterns = ()
    match: dict[str, str] = Field(default_factory=dict)
    score: bool = True
    only_series: Patterns = ()
    never_series: Patterns = ()
    phase_times_s: tuple[float, ...] = ()

    @field_validator("match")
    @classmethod
    def _keywords_exist(cls, value: dict[str, str]) -> dict[str, str]:
        # A misspelt keyword would match nothing, silently.
        if unknown := [keyword for keyword in value if keyword not in keyword_dict]:
            raise ValueError(f"{', '.join(unknown)} is no DICOM keyword (as in ProtocolName, StationName)")
        return value

    @field_validator("phase_times_s")
    @classmethod
    def _times_are_those_of_a_dynamic_series(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if value and not (len(value) >= 3 and all(a < b for a, b in pairwise(value)) and value[0] < 0 < value[1]):
            raise ValueError("at least three times in ascending order, the first before the injection (negative)")
        return value

    @property
    def label(self) -> str:
        """Changes with everything that the rule sets: a result depends on it."""
        return f"{self.name} ({short_hash(self.model_dump_json(), 8)})"

    def fits(self, headers: Iterable[Dataset], calling_aet: str) -> bool:
        """Whether the rule is about a study of these images from this sender."""
        if self.calling_aet and not _any_fits(self.calling_aet, calling_aet):
            return False
        return not self.match or any(
            all(_any_fits((pattern,), text(h, keyword)) for keyword, pattern in self.match.items()) for h in headers
        )

    def leaves_out(self, series: Sequence[Slice]) -> str:
        """The reason why the rule keeps a series from being a phase; '' where it does not."""
        description = text(series[0].header, "SeriesDescription")
        if self.only_series and not _any_fits(self.only_series, description):
            return f"the site's rule '{self.name}' does not name it"
        return f"left out by the site's rule '{self.name}'" if _any_fits(self.never_series, description) else ""


class _RulesFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: tuple[SiteRule, ...] = ()


def read_rules(path: Path) -> tuple[SiteRule, ...]:
    """The rules of a file, or the reason why it cannot be used."""
    try:
        return _RulesFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).rule
    except ValidationError as error:
        problem = all_faults(error)
    except (OSError, ValueError) as error:  # tomllib's and the decoder's errors are ValueErrors
        problem = str(error)
    raise BadInput("unusable-rules", path=path, problem=problem)


def rule_for(rules: Iterable[SiteRule], headers: Sequence[Dataset], calling_aet: str = "") -> SiteRule | None:
    """The first rule that fits the study."""
    return next((rule for rule in rules if rule.fits(headers, calling_aet)), None)


def _any_fits(patterns: Patterns, description: str) -> bool:
    # A bracket is a bracket: descriptions are full of them.
    return any(fnmatchcase(description.lower(), pattern.lower().replace("[", "[[]")) for pattern in patterns)
