"""What a study scored: its dynamic series, the objects that are stored of it, and where the numbers come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydicom.uid import (
    BasicTextSRStorage,
    ComprehensiveSRStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    ParametricMapStorage,
)

from tilscope.models.imaging.series import Laterality
from tilscope.models.result import RefusedSeries, StoredObject, StudyResult
from tilscope.service.ledger.lesion_readings import LesionReading
from tilscope.service.ledger.queries import Study
from tilscope.service.pages.study_pictures import MAY_BE_POINTED_AT, PictureView
from tilscope.service.pages.study_series import SeriesView
from tilscope.service.pages.words import ShownMoment, sentence_case
from tilscope.service.scoring.series_picture import AFTER_THE_BREAST

_CLASSES: dict[str, str] = {
    ParametricMapStorage: "Parametric map",
    MultiFrameTrueColorSecondaryCaptureImageStorage: "Pictures with contours",
    ComprehensiveSRStorage: "Contour report",
    BasicTextSRStorage: "Note of a refusal",
}
_KINDS = {
    "SEG": "Segmentation", "SR": "Structured report", "DOC": "Page for people (PDF)", "OT": "Picture", "SC": "Picture",
    "KO": "Key images", "MR": "Map", "PR": "Contours over the images",
}  # fmt: skip


@dataclass(frozen=True)
class RefusedBreast:
    """One of a pair that was not scored, while the other was."""

    breast: str
    reason: str
    picture: PictureView | None
    """None where it was refused before its breast was found."""

    @classmethod
    def of(cls, refused: RefusedSeries, scored: Study) -> RefusedBreast:
        side = Laterality(refused.laterality)
        may_point = refused.code in MAY_BE_POINTED_AT
        picture = PictureView.of(side, scored.study_uid, scored.input_hash, may_point)
        return cls(sentence_case(side.breasts), refused.reason, picture if refused.code in AFTER_THE_BREAST else None)


@dataclass(frozen=True)
class ObjectRow:
    """One result object in the archive."""

    name: str
    about: str
    uid: str
    is_pdf: bool

    @classmethod
    def of(cls, stored: StoredObject) -> ObjectRow:
        name = _CLASSES.get(stored.sop_class_uid) or _KINDS.get(stored.kind, stored.kind)
        return cls(name, Laterality(stored.laterality).breasts, stored.sop_instance_uid, stored.kind == "DOC")


@dataclass(frozen=True)
class ProvenanceView:
    scored: ShownMoment | None
    version: str
    settings_hash: str
    input_hash: str
    stages: str
    """Each with the seconds that it took, by the clock and of the processors."""

    @classmethod
    def of(cls, result: StudyResult, scored: Study) -> ProvenanceView:
        stages = ", ".join(_stage(result, stage) for stage in result.timings_s)
        finished = ShownMoment.of(scored.finished_at)
        return cls(finished, result.pipeline_version, result.settings_hash, result.input_hash, stages)


def _stage(result: StudyResult, stage: str) -> str:
    cpu = result.cpu_s.get(stage)
    return f"{stage} {result.timings_s[stage]:.1f} s" + ("" if cpu is None else f" ({cpu:.1f} s CPU)")


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
    def of(
        cls, result: StudyResult, scored: Study, is_current: bool, readings: Sequence[LesionReading] = ()
    ) -> ResultView:
        several = len(result.dynamic_series) + len(result.refused_series) > 1
        return cls(
            f"studies/{scored.study_uid}",
            is_current,
            tuple(RefusedBreast.of(one, scored) for one in result.refused_series),
            tuple(SeriesView.of(one, several, scored, readings, is_current) for one in result.dynamic_series),
            tuple(map(ObjectRow.of, result.objects)),
            ProvenanceView.of(result, scored),
        )
