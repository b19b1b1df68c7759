"""cohort: the scores of many studies in one table, and a page of their pictures."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tilscope.service.cli.archive_commands import PasswordOption, UserOption, check_uid, password_in
from tilscope.service.cli.cohort_runs import (
    counts_in_words,
    kept_in_words,
    only_run,
    others_than,
    pool_of,
    print_left_out,
)
from tilscope.service.cli.folder_commands import RulesOption
from tilscope.service.cli.number_options import finite
from tilscope.service.cli.site_settings import DataOption, SegmenterOption, SettingsOption, site_settings
from tilscope.service.cli.study_query import NewestOption, SenderOption, SinceOption, UntilOption, query_of
from tilscope.service.terminal.exit_codes import Exit, JsonOption, cells, out, print_json
from tilscope.service.terminal.progress import counting, of_cohort

if TYPE_CHECKING:
    from tilscope.service.research.cohort.score_rows import ScoreRow


def add_to(app: typer.Typer) -> None:
    app.command("cohort")(cohort_command)


def cohort_command(
    places: Annotated[
        list[str],
        typer.Argument(
            metavar="PLACE...",
            help="Folders with studies at any depth, zip archives, DICOMDIR files; https://... of a DICOMweb server; orthanc+http://...",
        ),
    ],
    out_file: Annotated[Path, typer.Option("--out", help="The table: FILE.parquet, or FILE.csv.", dir_okay=False)],
    page: Annotated[
        Path | None, typer.Option(help="The page of pictures; else FILE.html beside the table.", dir_okay=False)
    ] = None,
    objects: Annotated[
        Path | None, typer.Option(help="Keep the DICOM result objects here, a folder for each study.", file_okay=False)
    ] = None,
    study: Annotated[
        list[str] | None, typer.Option("--study", help="A Study Instance UID; several add up. Without it, all.")
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    sender: SenderOption = "",
    newest: NewestOption = 0,
    references: Annotated[
        Path | None,
        typer.Option(help="A folder with installed references, as SIGNATURE.json.", exists=True, file_okay=False),
    ] = None,
    data: DataOption = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes; 1 works in this one. Usually as many as there are processors.", min=0)
    ] = None,
    worker_memory: Annotated[
        str, typer.Option(help="A worker that needs more is ended, and its study failed.")
    ] = "4GiB",
    timeout_minutes: Annotated[
        float, typer.Option(help="Of one study in a worker.", min=0.001, max=1440, callback=finite)
    ] = 60.0,
    settings_file: SettingsOption = None,
    segmenter: SegmenterOption = None,
    rules: RulesOption = None,
    user: UserOption = "",
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score many studies, and put their scores into one table with a page of pictures.

    One row for each study and side: scores, classes, features, warnings of the quality gates; a refusal is a row with its
    reason. The page shows the pictures, the worst first: what needs a reader, what was refused, what a gate warns of, the
    rest. Archives are only read. --since, --until, --sender and --newest choose among the studies of an archive.

    tilscope calibrate makes a reference from the table (--from FILE), without an archive. Finished studies are kept in
    FILE.parts: an interrupted run goes on where it was, and what is installed later is applied without reading an image.

    Ends with exit code 1 if a study failed (run it again), with 3 if every study was refused.
    """
    # As in `score`: the whole pipeline is slow to import.
    from tilscope.dicom_io.archives.study_query import EVERY_STUDY
    from tilscope.service.archive_place import ArchivePlace
    from tilscope.service.research.cohort.kept_studies import KeptStudies
    from tilscope.service.research.cohort.pictures_page import write_page
    from tilscope.service.research.cohort.score_cohort import score_cohort
    from tilscope.service.research.cohort.score_rows import rows_of
    from tilscope.service.research.cohort.score_study import ScoreStudies
    from tilscope.service.research.cohort.score_table import score_table
    from tilscope.service.research.extraction.feature_table import check_name, write_table
    from tilscope.service.research.extraction.find_studies import find_in_places

    check_name(out_file)
    begun = time.monotonic()
    pool = pool_of(workers, worker_memory, timeout_minutes)
    settings = site_settings(settings_file, data, segmenter)
    if references:
        settings = replace(settings, references_folder=str(references.absolute()))
    if rules:
        settings = replace(settings, site_rules_file=str(rules.absolute()))
    for uid in study or []:
        check_uid(uid)
    query = query_of(since, until, sender, newest)
    password = password_in(password_file)
    archives = [ArchivePlace(place, user, password) for place in places]
    if query != EVERY_STUDY and all(place.is_folder for place in archives):
        raise typer.BadParameter("--since, --until, --sender and --newest choose among the studies of an archive")
    with counting("looking for studies", as_json) as tick:
        studies, unreadable = find_in_places(archives, study or [], query, tick)
    kept = KeptStudies.beside(out_file)
    work = ScoreStudies(settings, kept, str(objects.absolute()) if objects else "")
    page = page or out_file.with_suffix(".html")
    with only_run(kept.folder, out_file):
        kept.remove_unfinished()
        with of_cohort(quiet=as_json) as on_progress:
            scored = score_cohort(studies, work, pool, on_progress)
        rows, made = rows_of(scored), datetime.now(UTC)
        write_table(score_table(rows, settings, made), out_file)
        write_page(page, rows, kept.folder, made.astimezone())
    counts = _counted(rows)
    summary: dict[str, Any] = {
        "file": str(out_file),
        "page": str(page),
        "parts": str(kept.folder),
        "studies": len(studies),
        "kept": sum(one.kept for one in scored),
        "rows": counts,
        "warned": sum(bool(row.warnings) for row in rows),
        "without_scores": others_than("scored", rows),
        "unreadable_files": [str(path) for path in unreadable],
        "seconds": round(time.monotonic() - begun, 1),
    }
    _print_summary(summary, as_json)
    if counts["failed"]:
        raise typer.Exit(Exit.FAULT)
    if not counts["scored"] and not counts["needs-reader"]:
        raise typer.Exit(Exit.REFUSED)


def _counted(rows: list[ScoreRow]) -> dict[str, int]:
    """Rows by state."""
    from tilscope.service.research.cohort.cohort_study import CohortState

    counts = Counter(row.state for row in rows)
    return {state.value: counts[state] for state in CohortState}


def _print_summary(summary: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(summary)
        return
    print_left_out(summary["without_scores"], summary["unreadable_files"])
    counts, kept = counts_in_words(summary["rows"]), kept_in_words(summary["kept"])
    out.print(
        *cells(f"{summary['file']}: {counts}; {summary['warned']} with a warning{kept}; {summary['seconds']:g} s.")
    )
    out.print(*cells(f"{summary['page']}: the pictures, the worst first."))
