"""One study: how it stands, what it scored and why, its pictures and objects, what people may do, and its story."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydicom.uid import (
    BasicTextSRStorage,
    ComprehensiveSRStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    ParametricMapStorage,
)

from tilscope.models.imaging.series import Laterality
from tilscope.service.ledger.audit_log import AuditEntry
from tilscope.service.ledger.queries import Entry, Study
from tilscope.service.ledger.states import State
from tilscope.service.pages.frame import PageFrame, live
from tilscope.service.pages.html import Html, el, join
from tilscope.service.pages.study_commands import commands_part
from tilscope.service.pages.study_history import actions_part, earlier_part, story_part
from tilscope.service.pages.study_series import series_part
from tilscope.service.pages.words import chip, facts, moment, sentence_case, table

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StudyStory:
    """All that the ledger knows of one study."""

    inputs: Sequence[Study]
    """The current one first."""
    result: Mapping[str, Any] | None
    scored: Study | None
    """The input that the result is of."""
    timeline: Sequence[Entry]
    actions: Sequence[AuditEntry]
    molecular: Mapping[str, Any]
    steering: str
    """Where a person said that the lesions are; ''."""
    viewer: bool
    """There is one at /tilscope/viewer/."""

    @property
    def current(self) -> Study:
        return self.inputs[0]


def study_page(frame: PageFrame, story: StudyStory) -> str:
    uid = story.current.study_uid
    return frame.page(
        f"Study {uid}",
        el("h1", el("span", "Study", data_study=uid)),
        el("p", uid, class_="uid"),
        live("state", _state(story.current), aria_live="polite"),
        el("nav", *_links(frame, story), aria_label="This study elsewhere"),
        live("result", *_result_if_readable(frame, story)),
        commands_part(uid, story.molecular, story.steering),
        live("story", story_part(story.timeline), actions_part(story.actions), earlier_part(story.inputs[1:])),
        here="study",
        live=True,
    )


def _state(study: Study) -> Html:
    parts: list[Html | None] = [el("p", chip(study.state), " since ", moment(study.updated_at), ".")]
    if study.state is State.RUNNING:
        label = sentence_case(study.stage or "starting")
        parts.append(el("progress", max=1, value=f"{study.progress:.3f}", aria_label=label))
        parts.append(el("p", f"{label}, {study.progress:.0%}"))
    if study.reason:
        parts.append(el("p", el("strong", study.reason)))
    if study.state is State.WAITING:
        parts.append(el("p", "Next attempt at ", moment(study.next_attempt_at), "."))
    return join(*parts)


def _links(frame: PageFrame, story: StudyStory) -> list[Html]:
    uid, orthanc = story.current.study_uid, story.current.orthanc_id
    links = [el("a", "Series of this study", href=f"{frame.root}studies/{uid}/series")]
    if story.viewer:
        links.insert(0, el("a", "Open in the viewer", href=f"{frame.root}viewer/open/{uid}"))
    if orthanc:
        links.append(el("a", "Orthanc Explorer", href=f"{frame.root}../app/explorer.html#study?uuid={orthanc}"))
    if story.result:
        links.append(el("a", "Result as JSON", href=f"{frame.root}studies/{uid}/result"))
    return links


def _result_if_readable(frame: PageFrame, story: StudyStory) -> list[Html | None]:
    """What a person may do, and the story, are shown whatever an old result lacks."""
    try:
        return _result(frame, story)
    except (LookupError, TypeError, ValueError, AttributeError) as fault:
        log.warning("a result cannot be shown", exc_info=fault, extra={"study_uid": story.current.study_uid})
        said = "The result is not of a shape that this version can show. It is there as JSON; score the study again to see it."
        return [el("p", said, class_="rule")]


def _result(frame: PageFrame, story: StudyStory) -> list[Html | None]:
    if story.result is None or story.scored is None:
        return [None]
    result, scored = story.result, story.scored
    older = None
    if scored.work_id != story.current.work_id:
        now = (
            "the study as it is now was refused"
            if story.current.state is State.REFUSED
            else "it stands until the newer one is scored"
        )
        older = el("p", f"What follows is of an earlier input; {now}.", class_="rule")
    refused = [
        el("p", f"{sentence_case(Laterality(one['laterality']).breasts)} not scored: {one['reason']}", class_="rule")
        for one in result.get("refused_series", ())
    ]
    several = len(result["dynamic_series"]) + len(refused) > 1
    place = f"{frame.root}studies/{scored.study_uid}"
    series = [series_part(one, several, place, scored.input_hash) for one in result["dynamic_series"]]
    return [older, *refused, *series, _objects(place, result), _provenance(result, scored)]


def _objects(place: str, result: Mapping[str, Any]) -> Html | None:
    rows = []
    for one in result.get("objects", ()):
        uid = str(one["sop_instance_uid"])
        links = [el("a", "Explorer", href=f"{place}/objects/{uid}?show=explorer")]
        if one["kind"] == "DOC":
            links.insert(0, join(el("a", "Open the PDF", href=f"{place}/objects/{uid}?show=pdf"), " "))
        rows.append(
            (
                _CLASSES.get(one.get("sop_class_uid", "")) or _KINDS.get(one["kind"], one["kind"]),
                Laterality(one["laterality"]).breasts,
                links,
                el("span", uid, class_="uid"),
            )
        )
    listed = table("Stored in the study", ("object", "about", "open", "SOP Instance UID"), rows)
    return join(el("h2", "Objects"), listed) if listed else None


_CLASSES = {
    ParametricMapStorage: "Parametric map",
    MultiFrameTrueColorSecondaryCaptureImageStorage: "Pictures with contours",
    ComprehensiveSRStorage: "Contour report",
    BasicTextSRStorage: "Note of a refusal",
}
_KINDS = {
    "SEG": "Segmentation", "SR": "Structured report", "DOC": "Page for people (PDF)", "OT": "Picture", "SC": "Picture",
    "KO": "Key images", "MR": "Map",
}  # fmt: skip


def _provenance(result: Mapping[str, Any], scored: Study) -> Html:
    times = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in result.get("timings_s", {}).items())
    told = facts(
        [
            ("Scored", moment(scored.finished_at)),
            ("Version", str(result["pipeline_version"])),
            ("Settings", el("code", result["settings_hash"])),
            ("Input", el("code", result["input_hash"])),
            ("Stages", times),
        ]
    )
    return join(el("h2", "Provenance"), told)
