"""What each series of a study is taken for, as its headers say now: what `tilscope inspect` tells of a folder."""

from __future__ import annotations

from dataclasses import dataclass

from tilscope.dicom_io.dce.series_findings import SeriesFinding
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.rendering import render
from tilscope.service.scoring.inspect_study import InspectedStudy


@dataclass(frozen=True)
class SeriesPageView:
    """What the template shows."""

    study_uid: str
    rule: str
    """The name of the site's rule that fits the study; ''."""
    refusal: str
    """Why the study has no dynamic series; ''."""
    findings: tuple[SeriesFinding, ...]


def series_page(frame: PageFrame, study_uid: str, inspection: InspectedStudy) -> str:
    assembly, rule = inspection.assembly, inspection.rule
    view = SeriesPageView(
        study_uid,
        rule=repr(rule.name) if rule else "",
        refusal=str(assembly.refusal) if assembly.refusal else "",
        findings=assembly.findings,
    )
    return render("series.html", frame, view)
