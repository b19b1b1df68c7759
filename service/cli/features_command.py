"""features: the papers' complete feature sets of a cohort, as one table for those who train."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from tilscope.service.cli.archive_commands import PasswordOption, UserOption, check_uid, password_in
from tilscope.service.cli.cohort_runs import (
    counts_in_words,
    kept_in_words,
    only_run,
    others_than,
    pool_of,
    print_left_out,
)
from tilscope.service.cli.folder_commands import AboutOption, BoxesOption, RulesOption
from tilscope.service.cli.number_options import finite
from tilscope.service.cli.site_settings import SettingsOption, site_settings
from tilscope.service.terminal.exit_codes import Exit, JsonOption, cells, out, print_json
from tilscope.service.terminal.progress import counting, of_cohort

if TYPE_CHECKING:
    pass


def add_to(app: typer.Typer) -> None:
    app.command("features")(features_command)


def features_command(
    place: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER|ARCHIVE",
            help="A folder with one study or many, DICOM or NIfTI, at any depth; https://... of a DICOMweb server; orthanc+http://...",
        ),
    ] = "",
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="As in su2022; several add up; all takes every paper's own.")
    ] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="The table: FILE.parquet, or FILE.csv.", dir_okay=False)
    ] = None,
    study: Annotated[
        list[str] | None, typer.Option("--study", help="A Study Instance UID; several add up. Without it, all.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes; 1 works in this one. Usually as many as there are processors.", min=0)
    ] = None,
    worker_memory: Annotated[
        str, typer.Option(help="A worker that needs more is ended, and its study failed.")
    ] = "4GiB",
    timeout_minutes: Annotated[
        float, typer.Option(help="Of one study in a worker.", min=0.001, max=1440, callback=finite)
    ] = 60.0,
    segmenter: Annotated[
        Path | None,
        typer.Option(help="The folder of an installed network (docs/segmenters.md).", exists=True, file_okay=False),
    ] = None,
    settings_file: SettingsOption = None,
    rules: RulesOption = None,
    about: AboutOption = None,
    boxes: BoxesOption = None,
    user: UserOption = "",
    password_file: PasswordOption = None,
    list_sets: Annotated[bool, typer.Option("--list-sets", help="List the sets with their columns, and end.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure a cohort's complete feature sets, as the papers had them, for training.

    One row for each dynamic series, one column for each feature (docs/features.md). Studies are prepared and segmented as
    they are scored; an outline that a person has drawn counts before the automatic lesion. A study that is refused, or fails,
    is a row with its reason.

    Finished studies are kept in FILE.parts: an interrupted run goes on where it was, and a study is measured anew only if
    its images, its outline, the settings, the sets or the libraries have changed. Remove that folder when the cohort is finished.

    Ends with exit code 1 if a study failed (run it again), with 3 if every study was refused.
    """
    # As in `score`: the whole pipeline is slow to import.
    from tilscope.service.archive_place import ArchivePlace
    from tilscope.service.research.extraction.checkpoints import Checkpoints
    from tilscope.service.research.extraction.extract_cohort import extract_cohort
    from tilscope.service.research.extraction.feature_table import FeatureRows, check_name, table_of, write_table
    from tilscope.service.research.extraction.find_studies import find_studies
    from tilscope.service.research.extraction.request import ExtractionRequest, sets_named

    if list_sets:
        _print_sets(as_json)
        return
    if not place or not sets or out_file is None:
        raise typer.BadParameter("give a FOLDER or ARCHIVE, --set NAME and --out FILE, or --list-sets")
    check_name(out_file)
    begun = time.monotonic()
    pool = pool_of(workers, worker_memory, timeout_minutes)
    settings = site_settings(settings_file, None, segmenter)
    if rules:
        settings = replace(settings, site_rules_file=str(rules.absolute()))
    request = ExtractionRequest(sets_named(sets), settings, boxes_file=str(boxes.absolute()) if boxes else "")
    for uid in study or []:
        if not Path(place).is_dir():  # of volumes it may be the name of a case
            check_uid(uid)
    with counting("looking for studies", as_json) as tick:
        where = ArchivePlace(place, user, password_in(password_file), str(about.absolute()) if about else "")
        studies, unreadable = find_studies(where, study or [], tick)
    checkpoints = Checkpoints.beside(out_file)
    with only_run(checkpoints.folder, out_file):
        checkpoints.remove_unfinished()
        with of_cohort(quiet=as_json) as on_progress:
            extracted = extract_cohort(studies, request, checkpoints, pool, on_progress)
        rows = FeatureRows.of(extracted, checkpoints, request)
        write_table(table_of(rows, request, request.provenance(datetime.now(UTC))), out_file)
    summary = {
        "file": str(out_file),
        "parts": str(checkpoints.folder),
        "studies": len(studies),
        "kept": sum(one.kept for one in extracted),
        "rows": rows.counted(),
        "features": {one.name: len(one.columns) for one in request.complete_sets},
        "without_features": others_than("measured", rows.rows),
        "unreadable_files": [str(path) for path in unreadable],
        "seconds": round(time.monotonic() - begun, 1),
    }
    _print_summary(summary, as_json)
    counts = rows.counted()
    if counts["failed"]:
        raise typer.Exit(Exit.FAULT)
    if not counts["measured"]:
        raise typer.Exit(Exit.REFUSED)


def _print_summary(summary: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(summary)
        return
    print_left_out(summary["without_features"], summary["unreadable_files"])
    counts, kept = counts_in_words(summary["rows"]), kept_in_words(summary["kept"])
    features = sum(summary["features"].values())
    out.print(*cells(f"{summary['file']}: {counts}; {features} features{kept}; {summary['seconds']:g} s."))


def _print_sets(as_json: bool) -> None:
    from tilscope.models.signatures import complete_sets, variant_sets

    there = (complete_sets() | variant_sets()).values()
    if as_json:
        print_json(
            {
                one.name: {"features": len(one.columns), "meaning": one.meaning, "citation": one.signature.citation}
                for one in there
            }
        )
        return
    table = Table()
    for name in ("set", "features", "meaning", "paper"):
        table.add_column(name)
    for one in there:
        table.add_row(*cells(one.name, len(one.columns), one.meaning, one.signature.citation))
    out.print(table)
