"""Results as tables for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from tilscope.dicom_io.dce.assembly import AssembledSeries
from tilscope.dicom_io.identity import DEMO_NOTICE
from tilscope.models.finding import Finding
from tilscope.models.imaging.series import Laterality
from tilscope.models.readable_findings import findings_in_words
from tilscope.models.readable_numbers import spread_range
from tilscope.models.result import Measurement, SeriesResult, StudyResult, unit_text
from tilscope.service.terminal.exit_codes import cells


def phase_rows(assembled: AssembledSeries) -> list[dict[str, Any]]:
    """Number, role, slices and time of each phase; without roles where the study is refused for its times."""
    if assembled.times is None:
        return []
    roles = assembled.source.roles if assembled.source else None
    slices = len(assembled.candidate.volumes[0].slices)
    return [
        {"number": i + 1, "role": roles.name(i) if roles else "", "slices": slices, "time_s": time}
        for i, time in enumerate(assembled.times.mid_s)
    ]


def value_text(measurement: Measurement | None) -> str:
    """A measurement in words: value and unit, or why there is none."""
    if measurement is None:
        return "–"
    if measurement.value is None:
        return f"{measurement.missing} ({measurement.reason})"
    return f"{measurement.value:g} {unit_text(measurement.unit)}".rstrip()


def print_result(console: Console, result: StudyResult) -> None:
    """The scores as small tables, for each dynamic series: signatures first, then lesions and breast."""
    if result.demo:
        console.print(*cells(DEMO_NOTICE), style="bold red")
    for series in result.dynamic_series:
        _print_series(console, series)
    for refused in result.refused_series:
        console.print(*cells(f"{Laterality(refused.laterality).breasts} not scored: {refused.reason}"))


def _print_series(console: Console, series: SeriesResult) -> None:
    side = Laterality(series.laterality)
    if series.finding is not Finding.MASS:
        console.print(*cells(findings_in_words(series)[0]), style="bold")
    if series.signatures:
        console.print(_signatures(series))
    measured = Table(title=f"Measured, {side.breasts}", title_justify="left")
    for name in ("where", "what", "value"):
        measured.add_column(name)
    for lesion in series.lesions:
        _add_measured(
            measured,
            f"{series.finding.label(lesion.number).lower()}, {Laterality(lesion.laterality).word}",
            lesion.measurements,
        )
        measured.add_row(*cells("", "curve type", lesion.curve_type))
        if lesion.point_mm is not None:
            measured.add_row(*cells("", "a point in it (LPS, mm)", ",".join(f"{mm:.1f}" for mm in lesion.point_mm)))
    _add_measured(measured, f"breast, {side.word}", series.breast)
    console.print(measured)
    for finding in series.warnings:
        console.print(*cells(f"quality: {finding.sentence}"))
    for finding in series.not_checkable:
        console.print(*cells(f"not checkable: {finding.sentence}"))
    console.print(*cells(f"Time zero: {series.time_zero_in_words}."))


def _signatures(series: SeriesResult) -> Table:
    demo, breasts = "DEMO. " if series.demo else "", Laterality(series.laterality).breasts
    table = Table(title=f"{demo}Signatures, {breasts} (research use only)", title_justify="left")
    for name in ("signature", "state", "score", "class", "why"):
        table.add_column(name)
    for said in series.signatures:
        spread = spread_range(said)
        score = f"{value_text(said.score)} ({spread})" if spread else value_text(said.score)
        why = f"No result: {said.caveat}. {said.reason}" if said.caveat else said.reason
        table.add_row(*cells(said.title, said.state, score, said.category or "–", why))
    return table


def _add_measured(table: Table, where: str, measurements: Iterable[Measurement]) -> None:
    """What was measured there, which is said once."""
    for number, one in enumerate(measurements):
        table.add_row(*cells("" if number else where, one.name, value_text(one)))


def print_ftv(console: Console, document: dict[str, Any]) -> None:
    table = Table(title="Functional tumour volume", title_justify="left")
    for name in ("what", "voxels", "cc"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for row in document["volumes"]:
        table.add_row(*cells(row["name"], row["voxels"], f"{row['cc']:.3f}"))
    console.print(table)
    console.print(f"Background threshold: {document['background']:g} ({document['background_source']}).")
    console.print(f"Phases: {document['phases']}.")
