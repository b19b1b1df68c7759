"""One study: how it is, what it scored and why, its pictures and objects, what people may ask for, and its history."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tilscope.models.imaging.series import Laterality
from tilscope.models.result import OverTime
from tilscope.models.result_schema import UnreadableResult, read_result
from tilscope.service.ledger.audit_log import AuditEntry
from tilscope.service.ledger.lesion_readings import LesionReading, ReadingVerdict
from tilscope.service.ledger.queries import Entry, Study
from tilscope.service.ledger.states import Event, State
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.lesion_readings import ReadingRow
from tilscope.service.pages.rendering import render
from tilscope.service.pages.study_commands import CommandsView
from tilscope.service.pages.study_history import HistoryView
from tilscope.service.pages.study_over_time import OverTimeView
from tilscope.service.pages.study_pictures import MAY_BE_POINTED_AT, PictureView
from tilscope.service.pages.study_result import ResultView
from tilscope.service.pages.words import ShownMoment, ShownProgress, sentence_case

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StudyStory:
    """All that the ledger knows of one study."""

    inputs: Sequence[Study]
    """The current one first."""
    result: Mapping[str, Any] | None
    """As it was kept, by whatever version."""
    scored: Study | None
    """The input that the result is of."""
    timeline: Sequence[Entry]
    actions: Sequence[AuditEntry]
    molecular: Mapping[str, Any]
    steering: str
    """Where a person has pointed to; ''."""
    viewer: bool
    """There is one at /tilscope/viewer/."""
    refused_pictures: Sequence[Laterality] = ()
    """What the pictures show of a study that is refused."""
    of_patient: Sequence[str] = ()
    """Those of the molecular findings that were given of the patient."""
    readings: Sequence[LesionReading] = ()
    """The lesions that readers have confirmed or rejected."""

    over_time: OverTime | None = None
    """Beside the patient's other exams, as far as they are known now."""
    not_compared: tuple[str, ...] = ()
    """Why there is none, where there are other exams."""

    @property
    def current(self) -> Study:
        return self.inputs[0]


@dataclass(frozen=True)
class StateView:
    state: State
    since: ShownMoment | None
    progress: ShownProgress | None
    reason: str
    next_attempt: ShownMoment | None

    @classmethod
    def of(cls, study: Study) -> StateView:
        next_attempt = ShownMoment.of(study.next_attempt_at) if study.state is State.WAITING else None
        return cls(study.state, ShownMoment.of(study.updated_at), ShownProgress.of(study), study.reason, next_attempt)


@dataclass(frozen=True)
class StudyView:
    """What the template shows."""

    uid: str
    orthanc_id: str
    viewer: bool
    has_result: bool
    state: StateView
    came_to_nothing: str
    """What the last request ended in, where the result of before stands; ''."""
    is_refused: bool
    refused_pictures: tuple[PictureView, ...]
    """Of the study as it is now, if it was refused after its breast was found."""
    result: ResultView | None
    """None where there is none, or none that can be read."""
    readings: tuple[ReadingRow, ...]
    rejections_rest: bool
    """A person has pointed at the lesion, so that what was rejected is not asked."""
    over_time: OverTimeView | None
    commands: CommandsView
    history: HistoryView


def study_page(frame: PageFrame, story: StudyStory) -> str:
    current = story.current
    view = StudyView(
        uid=current.study_uid,
        orthanc_id=current.orthanc_id,
        viewer=story.viewer,
        has_result=bool(story.result),
        state=StateView.of(current),
        came_to_nothing=_came_to_nothing(story.timeline),
        is_refused=current.state is State.REFUSED,
        refused_pictures=tuple(
            PictureView.of(side, current.study_uid, current.input_hash, current.code in MAY_BE_POINTED_AT)
            for side in story.refused_pictures
        ),
        result=_result_if_readable(story),
        readings=tuple(map(ReadingRow.of, story.readings)),
        rejections_rest=bool(story.steering) and any(one.verdict is ReadingVerdict.REJECTED for one in story.readings),
        over_time=OverTimeView.of(story.over_time, current.study_uid, story.not_compared),
        commands=CommandsView.of(story.molecular, story.steering, story.of_patient),
        history=HistoryView.of(story.timeline, story.actions, story.inputs[1:]),
    )
    return render("study.html", frame, view)


def _came_to_nothing(timeline: Sequence[Entry]) -> str:
    last = timeline[-1] if timeline else None
    return sentence_case(last.detail) if last and last.event in (Event.KEPT, Event.KEPT_UNDECIDED) else ""


def _result_if_readable(story: StudyStory) -> ResultView | None:
    """What a person may ask for, and the history, are shown whatever an old result lacks."""
    if story.result is None or story.scored is None:
        return None
    try:
        result = read_result(story.result)
    except UnreadableResult as fault:
        log.warning("a result cannot be shown", exc_info=fault, extra={"study_uid": story.current.study_uid})
        return None
    is_current = story.scored.work_id == story.current.work_id
    return ResultView.of(result, story.scored, is_current, story.readings)
