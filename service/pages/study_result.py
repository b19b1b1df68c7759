"""What a study scored: its dynamic series, the objects that are stored of it, and where the numbers come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydicom.uid import (
    BasicTextSRStorage,
    ComprehensiveSRStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    ParametricMapStorage,
)

from tilscope.models.imaging.series import Laterality
from tilscope.service.ledger.queries import Study
from tilscope.service.pages.study_series import SeriesView
from tilscope.service.pages.words import ShownMoment, sentence_case

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


@dataclass(frozen=True)
class RefusedBreast:
    """One of a pair that was not scored, while the other was."""

    breast: str
    reason: str


@dataclass(frozen=True)
class ObjectRow:
    """One result object in the archive."""

    name: str
    about: str
    uid: str
    is_pdf: bool

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> ObjectRow:
        kind = kept["kind"]
        name = _CLASSES.get(kept.get("sop_class_uid", "")) or _KINDS.get(kind, kind)
        return cls(name, Laterality(kept["laterality"]).breasts, kept["sop_instance_uid"], kind == "DOC")


@dataclass(frozen=True)
class ProvenanceView:
    scored: ShownMoment | None
    version: str
    settings_hash: str
    input_hash: str
    stages: str


@dataclass(frozen=True)
class ResultView:
    place: str
    """The study's address below /tilscope/."""
    is_current: bool
    """False: of an earlier input than the study's current one."""
    refused: tuple[RefusedBreast, ...]
    series: tuple[SeriesView, ...]
    objects: tuple[ObjectRow, ...]
    provenance: ProvenanceView

    @classmethod
    def of(cls, result: Mapping[str, Any], scored: Study, is_current: bool) -> ResultView:
        refused = tuple(_refused(one) for one in result.get("refused_series", ()))
        several = len(result["dynamic_series"]) + len(refused) > 1
        return cls(
            f"studies/{scored.study_uid}",
            is_current,
            refused,
            tuple(SeriesView.of(one, several, scored.input_hash) for one in result["dynamic_series"]),
            tuple(ObjectRow.of(one) for one in result.get("objects", ())),
            _provenance(result, scored),
        )


def _refused(kept: Mapping[str, Any]) -> RefusedBreast:
    return RefusedBreast(sentence_case(Laterality(kept["laterality"]).breasts), kept["reason"])


def _provenance(result: Mapping[str, Any], scored: Study) -> ProvenanceView:
    return ProvenanceView(
        ShownMoment.of(scored.finished_at),
        result["pipeline_version"],
        result["settings_hash"],
        result["input_hash"],
        ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in result.get("timings_s", {}).items()),
    )
