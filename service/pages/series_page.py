"""What each series of a study is taken for, as its headers say now: what `tilscope inspect` tells of a folder."""

from __future__ import annotations

from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.html import Html, el
from tilscope.service.pages.words import table
from tilscope.service.scoring.inspect_study import InspectedStudy


def series_page(frame: PageFrame, study_uid: str, looked: InspectedStudy) -> str:
    assembly = looked.assembly
    rows = [
        (one.number, one.description, one.modality, one.instances, one.used_as or _refused(one.refused_as), one.reason)
        for one in assembly.findings
    ]
    return frame.page(
        f"Series of {study_uid}",
        el("h1", "Series of the study ", el("span", study_uid, data_study=study_uid)),
        el("p", el("a", "Back to the study", href="page")),
        el("p", f"By the site's rule {looked.rule.name!r}.") if looked.rule else None,
        el("p", str(assembly.refusal), class_="rule") if assembly.refusal else None,
        table("MR series", ("series", "description", "modality", "images", "used as", "why"), rows)
        or el("p", "The study holds no MR series."),
    )


def _refused(words: str) -> Html | str:
    return el("strong", f"refused: {words}") if words else "not used"
