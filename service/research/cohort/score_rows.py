"""One row for each study and side: who and what it is, its scores with their features, or why there are none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tilscope.models import PIPELINE_VERSION
from tilscope.models.result import RADIOMICS_MARK, Measurement, SeriesResult, SignatureResult
from tilscope.service.research.cohort.cohort_study import CohortState, CohortStudy, state_of

#: What a reader must look at comes first.
_WORST_FIRST = (CohortState.NEEDS_READER, CohortState.REFUSED, CohortState.FAILED, CohortState.SCORED)


@dataclass(frozen=True)
class ScoreRow:
    """One breast, or both where one series shows them."""

    study_uid: str
    patient_id: str
    study_date: str
    scanner: str
    laterality: str
    """What the series shows: R, L or B for both; '' where that is not known."""
    state: CohortState
    code: str = ""
    reason: str = ""
    picture: str = ""
    """Its file beside the table, in the folder of the parts."""
    series: SeriesResult | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    """By column."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """By column."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Why a number is not there, by column."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Codes of the quality gates that warn."""
        return tuple(one.code for one in self.series.warnings) if self.series else ()

    @property
    def not_checkable(self) -> tuple[str, ...]:
        return tuple(one.code for one in self.series.not_checkable) if self.series else ()

    @property
    def how_bad(self) -> tuple[int, int, int, str, str]:
        """For sorting, the worst first: a reader is needed, refused, gates failed, gates that could not be checked, the rest."""
        return (
            _WORST_FIRST.index(self.state), -len(self.warnings), -len(self.not_checkable), self.study_uid,
            self.laterality,
        )  # fmt: skip

    @property
    def pipeline_version(self) -> str:
        return self.series.pipeline_version if self.series else PIPELINE_VERSION


def rows_of(studies: Iterable[CohortStudy]) -> list[ScoreRow]:
    """In one order, whatever the studies came from and whoever was ready first."""
    rows = [row for study in studies for row in _rows_of(study)]
    return sorted(rows, key=lambda row: (row.study_uid, row.laterality))


def _rows_of(study: CohortStudy) -> Iterator[ScoreRow]:
    about = (study.study_uid, study.patient_id, study.study_date, study.scanner)
    for series in study.result.dynamic_series if study.result else ():
        yield _row_of(about, series, study.pictures.get(series.laterality, ""))
    state = CohortState.FAILED if study.failed else CohortState.REFUSED
    for refused in study.refused:
        picture = study.pictures.get(refused.laterality, "" if refused.laterality else _only(study.pictures))
        yield ScoreRow(*about, refused.laterality, state, refused.code, refused.reason, picture)


def _only(pictures: Mapping[str, str]) -> str:
    return next(iter(pictures.values()), "")


def _row_of(about: tuple[str, str, str, str], series: SeriesResult, picture: str) -> ScoreRow:
    measurements = dict(_measurements(series))
    texts = {name: text for one in series.signatures for name, text in _texts(one) if text}
    if series.lesions:
        texts["lesion_curve_type"] = series.lesions[0].curve_type
    state = state_of(series.finding)
    undecided = state is CohortState.NEEDS_READER
    return ScoreRow(
        *about,
        series.laterality,
        state,
        "needs-a-reader" if undecided else "",
        f"Found: {series.finding.counted(len(series.lesions))}, none surely a lesion. A reader must decide."
        if undecided
        else "",
        picture,
        series,
        {name: one.value for name, one in measurements.items() if one.value is not None} | dict(_further(series)),
        texts,
        {name: one.reason for name, one in measurements.items() if one.value is None},
    )


def _measurements(series: SeriesResult) -> Iterator[tuple[str, Measurement]]:
    """Scores as `wu2018`, a paper's further ones as `qian2024_qian_combined`, features as `wu2018/M1`."""
    for one in series.signatures:
        if one.score is not None:
            yield one.id, one.score
        yield from ((f"{one.id}_{score.id}", score) for score in one.further_scores)
        yield from ((column_of(one.id, feature.id), feature) for feature in one.features)
    for measured in series.lesions[0].measurements if series.lesions and series.finding.is_scored else ():
        yield f"lesion_{measured.id}", measured
    yield from ((f"breast_{measured.id}", measured) for measured in series.breast)


def column_of(signature: str, feature: str) -> str:
    """As in the tables of `tilscope features`.

    >>> column_of("wu2018", "M1"), column_of("fan2023", "radiomics:fan2023/T/original_shape_Flatness")
    ('wu2018/M1', 'fan2023/T/original_shape_Flatness')
    """
    return feature.removeprefix(RADIOMICS_MARK) if feature.startswith(RADIOMICS_MARK) else f"{signature}/{feature}"


def _further(series: SeriesResult) -> Iterator[tuple[str, float]]:
    """Numbers that are no measurements."""
    for one in series.signatures:
        if one.percentile is not None:
            yield f"{one.id}_percentile", one.percentile
        if one.spread is not None:
            yield f"{one.id}_low", one.spread[0]
            yield f"{one.id}_high", one.spread[1]
    volumes = [m.value for lesion in series.lesions for m in lesion.measurements if m.id == "volume" and m.value]
    if volumes and series.finding.is_scored:
        yield "largest_lesion_cc", max(volumes)


def _texts(one: SignatureResult) -> Iterator[tuple[str, str]]:
    yield f"{one.id}_class", one.category or ""
    yield f"{one.id}_state", one.state.value
    yield f"{one.id}_reason", one.reason
    yield f"{one.id}_reference", one.reference
