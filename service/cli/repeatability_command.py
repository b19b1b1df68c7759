"""repeatability: which features readers and small changes agree on, as a table and as the list that a training may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tilscope.service.cli.archive_commands import PasswordOption, UserOption, check_uid, password_in
from tilscope.service.cli.cohort_runs import only_run
from tilscope.service.cli.folder_commands import RulesOption
from tilscope.service.cli.number_options import finite
from tilscope.service.cli.site_settings import SettingsOption, site_settings
from tilscope.service.terminal.exit_codes import JsonOption, cells, err, out, print_json
from tilscope.service.terminal.progress import counting, of_cohort

if TYPE_CHECKING:
    from tilscope.models.settings import PipelineSettings
    from tilscope.service.research.repeatability.repeatable import FeatureAgreement, Rule
    from tilscope.service.research.repeatability.repeated_features import OneReading, RepeatedFeatures
    from tilscope.service.research.repeatability.repeats import Repeats


class Compare(StrEnum):
    """What is compared in a cohort of images."""

    READERS = "readers"
    SITTINGS = "sittings"
    CHANGES = "changes"


class FormOption(StrEnum):
    """Which intraclass correlation decides."""

    ABSOLUTE = "absolute"
    CONSISTENT = "consistent"


@dataclass(frozen=True, eq=False)
class _Measured:
    """Readings of the same lesions, wherever they come from."""

    readings: Sequence[OneReading]
    left_out: Mapping[str, int]
    provenance: Mapping[str, Any]
    unreadable: Sequence[Path] = field(default=())


def add_to(app: typer.Typer) -> None:
    app.command("repeatability")(repeatability_command)


def repeatability_command(
    places: Annotated[
        list[str],
        typer.Argument(
            metavar="TABLE TABLE...|FOLDER|ARCHIVE",
            help="Tables of tilscope features, one a reader; or a cohort of images, as for tilscope features.",
        ),
    ],
    out_file: Annotated[Path, typer.Option("--out", help="The table: FILE.parquet, or FILE.csv.", dir_okay=False)],
    compare: Annotated[
        Compare | None,
        typer.Option(
            help="Of a cohort: readers (their newest outlines, by the names that their tools have stored), sittings (outlines in "
            "the order in which they were made), or changes (small ones of images and outline)."
        ),
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="Of a cohort: as for tilscope features; several add up.")
    ] = None,
    reader: Annotated[
        list[str] | None, typer.Option(help="Of readers: this one; several add up. Without it, all.")
    ] = None,
    sittings: Annotated[int, typer.Option(help="Of sittings: how many, the first ones.", min=2, max=10)] = 2,
    change: Annotated[
        list[str] | None,
        typer.Option(help="Of changes: wider, narrower, displaced, shifted, turned or noisy. Without it, all."),
    ] = None,
    threshold: Annotated[
        float, typer.Option(help="A feature may be used above it.", min=-1, max=1, callback=finite)
    ] = 0.75,
    form: Annotated[
        FormOption, typer.Option(help="What must be above it: absolute is ICC(2,1), consistent is ICC(3,1).")
    ] = FormOption.ABSOLUTE,
    lower_bound: Annotated[
        bool, typer.Option("--lower-bound", help="Not the correlation, but the lower bound of its 95 % interval.")
    ] = False,
    redundant: Annotated[
        float | None,
        typer.Option(help="Of two features that correlate above this, only the one that agrees better.", min=0, max=1),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="A figure of every feature's agreement: FILE.pdf or FILE.svg.", dir_okay=False)
    ] = None,
    study: Annotated[
        list[str] | None, typer.Option("--study", help="A Study Instance UID; several add up. Without it, all.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes; 1 works in this one.", min=1, max=1024)] = 1,
    timeout_minutes: Annotated[
        float, typer.Option(help="Of one study in a worker.", min=0.001, max=1440, callback=finite)
    ] = 120.0,
    settings_file: SettingsOption = None,
    rules: RulesOption = None,
    user: UserOption = "",
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Which features do two readers, or small changes, leave as they were? The list that a training may use.

    Writes FILE with both intraclass correlations of every feature and their 95 % intervals, and beside it FILE.usable.txt, the
    features above the threshold. A lesion that one reader has not measured is left out.

    Of a cohort of images, finished studies are kept in FILE.parts, and an interrupted run goes on where it was.

    Ends with exit code 3 if fewer than 5 lesions were measured by all.
    """
    from tilscope.service.research.extraction.feature_table import check_name
    from tilscope.service.research.repeatability.agreement_plot import check_plot_name, write_plot
    from tilscope.service.research.repeatability.repeatability_files import usable_beside, write_agreement, write_usable
    from tilscope.service.research.repeatability.repeatable import IccForm, Rule, judged
    from tilscope.service.research.repeatability.repeated_features import repeated

    check_name(out_file)
    if plot is not None:
        check_plot_name(plot)
    rule = Rule(threshold, IccForm(form.value), lower_bound, redundant)
    if compare is None:
        measured = _of_tables(places)
    else:
        for uid in study or []:
            check_uid(uid)
        settings = site_settings(settings_file, None, None)
        if rules:
            settings = replace(settings, site_rules_file=str(rules.absolute()))
        cohort = _Cohort(_one(places), user, password_in(password_file), tuple(study or ()))
        repeats = _repeats(compare, reader, sittings, change)
        measured = cohort.measured(repeats, sets or [], settings, out_file, (workers, timeout_minutes), as_json)
    both = repeated(measured.readings, measured.left_out)
    found = judged(both, rule)
    about = f"{both.lesions} lesions, {', '.join(both.readers)}."
    provenance = {
        "research_use_only": True,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "rule": rule.words,
        "readings": list(both.readers),
        "lesions": both.lesions,
        "left_out": dict(both.left_out),
        **measured.provenance,
    }
    write_agreement(out_file, found, provenance)
    write_usable(usable_beside(out_file), found, rule, about)
    if plot is not None:
        write_plot(plot, found, rule, about)
    _print(_summary(out_file, usable_beside(out_file), both, found, rule, measured), as_json)


def _of_tables(places: Sequence[str]) -> _Measured:
    from tilscope.service.research.repeatability.reading_tables import read_tables

    paths = [Path(place) for place in places]
    if any(not path.is_file() for path in paths) or len(paths) < 2:
        raise typer.BadParameter(
            "give two tables or more, one a reader; of a cohort of images, say with --compare what is compared",
            param_hint="TABLE",
        )
    read = read_tables(paths)
    return _Measured(read.readings, read.left_out, {"tables": dict(read.provenance)})


def _one(places: Sequence[str]) -> str:
    if len(places) != 1:
        raise typer.BadParameter("give one FOLDER or ARCHIVE with --compare", param_hint="FOLDER")
    return places[0]


def _repeats(compare: Compare, reader: Sequence[str] | None, sittings: int, change: Sequence[str] | None) -> Repeats:
    from tilscope.service.research.repeatability.perturbations import perturbations_named
    from tilscope.service.research.repeatability.repeats import ReadersOutlines, SittingsOutlines, SmallChanges

    if compare is Compare.READERS:
        return ReadersOutlines(tuple(sorted(set(reader or ()))))
    return (
        SittingsOutlines(sittings) if compare is Compare.SITTINGS else SmallChanges(perturbations_named(change or ()))
    )


@dataclass(frozen=True)
class _Cohort:
    address: str
    user: str
    password: str = field(repr=False)
    studies: tuple[str, ...]

    def measured(
        self,
        repeats: Repeats,
        sets: Sequence[str],
        settings: PipelineSettings,
        out_file: Path,
        pool: tuple[int, float],
        quiet: bool,
    ) -> _Measured:
        """Every study measured with each of its outlines or changes; finished ones lie beside the table."""
        # As in `score`: the whole pipeline is slow to import.
        from tilscope.service.archive_place import ArchivePlace
        from tilscope.service.research.extraction.checkpoints import Checkpoints
        from tilscope.service.research.extraction.extract_cohort import extract_cohort
        from tilscope.service.research.extraction.feature_table import FeatureRows
        from tilscope.service.research.extraction.find_studies import find_studies
        from tilscope.service.research.extraction.request import ExtractionRequest, sets_named
        from tilscope.service.research.extraction.worker_pool_settings import WorkerPoolSettings
        from tilscope.service.research.repeatability.measure_again import MeasureAgain
        from tilscope.service.research.repeatability.repeated_features import readings_of_rows

        if not sets:
            raise typer.BadParameter("say which features are compared, as in --set wu2018", param_hint="--set")
        request = ExtractionRequest(sets_named(sets), settings)
        with counting("looking for studies", quiet) as tick:
            studies, unreadable = find_studies(
                ArchivePlace(self.address, self.user, self.password), list(self.studies), tick
            )
        checkpoints = Checkpoints.beside(out_file)
        workers, minutes = pool
        team = WorkerPoolSettings(workers=workers, timeout_seconds=60 * minutes)
        with only_run(checkpoints.folder, out_file):
            checkpoints.remove_unfinished()
            with of_cohort(quiet) as on_progress:
                extracted = extract_cohort(studies, request, checkpoints, team, on_progress, MeasureAgain(repeats))
            rows = FeatureRows.of(extracted, checkpoints, request)
        readings, left_out = readings_of_rows(zip(rows.rows, rows.values, strict=True), request.columns)
        provenance = {"compared": repeats.identity, **request.provenance(datetime.now(UTC))}
        return _Measured(readings, left_out, provenance, unreadable)


def _summary(
    table: Path,
    usable: Path,
    both: RepeatedFeatures,
    found: Sequence[FeatureAgreement],
    rule: Rule,
    measured: _Measured,
) -> dict[str, Any]:
    return {
        "file": str(table),
        "usable_file": str(usable),
        "rule": rule.words,
        "lesions": both.lesions,
        "readings": list(both.readers),
        "features": len(found),
        "usable": sum(one.usable for one in found),
        "left_out": dict(both.left_out),
        "unreadable_files": [str(path) for path in measured.unreadable],
    }


def _print(summary: dict[str, Any], as_json: bool) -> None:
    from tilscope.service.research.repeatability.repeated_features import USUAL

    if as_json:
        print_json(summary)
        return
    for why, count in summary["left_out"].items():
        err.print(*cells(f"left out: {count} {why}"), soft_wrap=True)
    for path in summary["unreadable_files"]:
        err.print(*cells(f"left out, since it cannot be read as DICOM: {path}"), soft_wrap=True)
    if summary["lesions"] < USUAL:
        err.print(
            *cells(f"{summary['lesions']} lesions are few: look at the intervals ({USUAL} are usual)."), soft_wrap=True
        )
    told = f"{summary['usable']} of {summary['features']} features may be used ({summary['rule']})"
    readings = ", ".join(summary["readings"])
    out.print(*cells(f"{summary['file']}: {told}; {summary['lesions']} lesions, {readings}."), soft_wrap=True)
    out.print(*cells(f"The list is {summary['usable_file']}."), soft_wrap=True)
