"""The query parameters of the list of studies. A wrong filter is refused in a sentence, never ignored."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from tilscope.models.signatures import all_signatures
from tilscope.service.api.context import MOST_OFFSET
from tilscope.service.ledger.states import State
from tilscope.service.ledger.study_search import SortOrder, StudyQuery, TimeRange

#: As many as fit into an address.
MOST_UIDS = 50
StudyUidText = Annotated[str, StringConstraints(pattern=r"^[0-9.]{1,64}$")]
T = TypeVar("T", float, datetime)


def _with_commas(value: Any) -> Any:
    """Orthanc passes on the last of several equal keys only."""
    items = value if isinstance(value, list) else [value]
    return [part.strip() for item in items for part in str(item).split(",")]


def _moment(value: Any) -> Any:
    """ISO 8601; UTC where no zone is given. A plus sign that was not escaped has become a space."""
    text = re.sub(r" (\d{2}:?\d{2})$", r"+\1", str(value))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{value!r} is no date such as 2026-03-01 or 2026-03-01T08:30:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _end(value: Any) -> Any:
    """The end of a range: a day is included whole."""
    moment = _moment(value)
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return moment
    try:
        return moment + timedelta(days=1)
    except OverflowError:
        raise ValueError(f"{value!r} is the last day that there is; leave it out instead") from None


From = Annotated[datetime, BeforeValidator(_moment)]
To = Annotated[datetime, BeforeValidator(_end)]


class Filters(BaseModel):
    """All must hold. Filters of scores must hold of one and the same score: of one signature for one lesion."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    state: Annotated[list[State], BeforeValidator(_with_commas)] = Field(
        default_factory=list, description="Several with commas.", examples=[["scored", "refused"]]
    )
    text: str = Field(
        "", max_length=200, description="In the Study Instance UID, the reason, its code, or Orthanc's own id."
    )
    study_uid: Annotated[list[StudyUidText], BeforeValidator(_with_commas)] = Field(
        default_factory=list, max_length=MOST_UIDS, description="Study Instance UIDs, several with commas."
    )
    patient_id: str = Field(
        "", max_length=64, description="Of this patient: the whole PatientID, of which the ledger holds a keyed hash."
    )
    accession_number: str = Field(
        "", max_length=16, description="With this whole AccessionNumber, for which Orthanc is asked."
    )
    needs_reader: bool = Field(
        False,
        description="A reader must choose among candidates, or what a person has said of the lesion cannot be used.",
    )
    signature: str = Field("", description="With a value of this signature.", examples=["wu2018"])
    category: str = Field("", description="The class, as results word it.", examples=["high"])
    laterality: Literal["", "L", "R"] = Field("", description="The breast of the lesion that was scored.")
    score_min: float | None = Field(None, description="At least; needs signature.")
    score_max: float | None = Field(None, description="At most; needs signature.")
    arrived_from: From | None = Field(None, description="A day or a moment, UTC where no zone is given.")
    arrived_to: To | None = Field(None, description="A day is included whole, a moment is not included itself.")
    finished_from: From | None = Field(None, description="When it was scored or refused, or has failed.")
    finished_to: To | None = None
    since: From | None = Field(None, description="Whatever has changed since.")
    sort: str = Field(
        "-updated",
        description=f"By {', '.join(SortOrder)} (score needs signature; reader: what a reader should see first); "
        "a minus in front: the greatest first, or the other way round.",
    )
    limit: int = Field(100, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=MOST_OFFSET)

    @model_validator(mode="after")
    def _sensible(self) -> Filters:
        known = [signature.id for signature in all_signatures()]
        if self.signature and self.signature not in known:
            raise ValueError(f"there is no signature {self.signature!r}; known are {', '.join(known)}")
        if self.sort.removeprefix("-") not in list(SortOrder):
            raise ValueError(f"studies cannot be sorted by {self.sort!r}, only by {', '.join(SortOrder)}")
        of_scores = self.score_min is not None or self.score_max is not None or self._order is SortOrder.SCORE
        if of_scores and not self.signature:
            raise ValueError("say which signature is meant: scores of different signatures cannot be compared")
        _not_beyond("score_min", self.score_min, "score_max", self.score_max)
        _not_beyond("arrived_from", self.arrived_from, "arrived_to", self.arrived_to)
        _not_beyond("finished_from", self.finished_from, "finished_to", self.finished_to)
        return self

    @property
    def _order(self) -> SortOrder:
        return SortOrder(self.sort.removeprefix("-"))

    @property
    def wanted(self) -> StudyQuery:
        return StudyQuery(
            states=self.state,
            updated=_span(self.since, None),
            arrived=_span(self.arrived_from, self.arrived_to),
            finished=_span(self.finished_from, self.finished_to),
            text=self.text,
            among=frozenset(self.study_uid) if self.study_uid else None,
            needs_reader=self.needs_reader,
            signature=self.signature,
            category=self.category,
            laterality=self.laterality,
            score_min=self.score_min,
            score_max=self.score_max,
            order=self._order,
            descending=self.sort.startswith("-"),
        )


def _not_beyond(first: str, low: T | None, last: str, high: T | None) -> None:
    if low is not None and high is not None and low > high:
        raise ValueError(f"{first} lies beyond {last}, so nothing can be found")


def _span(first: datetime | None, before: datetime | None) -> TimeRange:
    return TimeRange(first.timestamp() if first else None, before.timestamp() if before else None)
