"""calibrate: a signature's reference from the reports in an archive."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from tilscope.models.refusals import Refused
from tilscope.service.cli.archive_choice import FROM_ORTHANC, FromOption, archive_at
from tilscope.service.cli.archive_commands import LOCAL, PasswordOption, UrlOption, UserOption, client_of
from tilscope.service.cli.calibrate_past import PastChoiceWords, calibrate_past, stop_past
from tilscope.service.cli.site_settings import (
    DataOption,
    SegmenterOption,
    SettingsOption,
    installed_site,
    site_settings,
)
from tilscope.service.cli.study_query import NewestOption, SenderOption, SinceOption, UntilOption, query_of
from tilscope.service.terminal.exit_codes import JsonOption, cells, err, out, print_json
from tilscope.service.terminal.progress import counting

if TYPE_CHECKING:
    from tilscope.models.settings import PipelineSettings
    from tilscope.models.signatures.base import Signature
    from tilscope.service.site.calibration import Calibration
    from tilscope.service.site.cohort import Cohort, Observation

RESCORE_ALL = (
    "It holds for the next study; `tilscope rescore --all` applies it to those scored before, from their reports."
)


def add_to(app: typer.Typer) -> None:
    app.command("calibrate")(calibrate_command)


def signature_named(name: str) -> Signature:
    # Slow to import; --help need not wait.
    from tilscope.models.signatures import registry

    return registry.signature_named(name)


def calibrate_command(
    signature: Annotated[str, typer.Argument(help="As in wu2018; none with --past, which makes every reference.")] = "",
    *,
    cohort: Annotated[str, typer.Option(help="How the cohort is called on every report that uses it.")],
    place: FromOption = FROM_ORTHANC,
    out_file: Annotated[Path | None, typer.Option("--out", help="The reference's file.", dir_okay=False)] = None,
    install: Annotated[
        bool, typer.Option("--install", help="Put it into the --data directory for the service.")
    ] = False,
    data: DataOption = None,
    by_scanner: Annotated[
        bool, typer.Option("--by-scanner", help="Beside it one for each scanner model with enough studies.")
    ] = False,
    molecular: Annotated[
        Path | None, typer.Option(help="A CSV with the cohort's gzma and prf1, for composites.", dir_okay=False)
    ] = None,
    settings_file: SettingsOption = None,
    segmenter: SegmenterOption = None,
    past: Annotated[
        bool, typer.Option("--past", help="Of studies that the archive held before: the service scores them first.")
    ] = False,
    since: SinceOption = None,
    until: UntilOption = None,
    sender: SenderOption = "",
    newest: NewestOption = 0,
    every_mr: Annotated[
        bool, typer.Option("--every-mr", help="With --past: also studies whose descriptions name no breast.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --past: only count the studies.")] = False,
    leave: Annotated[bool, typer.Option("--leave", help="With --past: do not wait; the service goes on.")] = False,
    stop: Annotated[
        bool, typer.Option("--stop", help="With --past: score no more of them; what has a score keeps it.")
    ] = False,
    url: UrlOption = LOCAL,
    user: UserOption = "",
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the reference of SIGNATURE from the Structured Reports in an archive. No image is read.

    Or, with --from FILE, from a table that tilscope cohort has written.

    One report counts of each study: the newest that none replaces, made under the settings of this installation. Fewer than
    30 studies are refused. Far values are limited, not left out; the card in the file says how many. With --by-scanner a
    study is scored against its own scanner's reference where there is one, else against that of all.

    --past is for a site's first night: the running service scores the archive's earlier breast studies, chosen by --since,
    --until, --sender and --newest, behind everything that arrives, and makes the references of all signatures when they have
    ended. Interrupted, this command or the service goes on where it was. With --install they are installed then, and the
    scores renewed; without, a person looks at them first (the page /tilscope/calibration) and installs them there. --stop
    ends it before: no reference is made, and the studies that have a score keep it.
    """
    if past and stop:
        stop_past(lambda: client_of(url, user, password_file), cohort, as_json)
        return
    if past:
        choice = PastChoiceWords(cohort, query_of(since, until, sender, newest), every_mr)
        calibrate_past(lambda: client_of(url, user, password_file), choice, dry_run, leave, install, as_json)
        return
    if not signature:
        raise typer.BadParameter("name a SIGNATURE, or give --past")
    # Slow to import; --help need not wait.
    from tilscope.models.signatures.base import settings_hash
    from tilscope.service.monitoring.command_audit import audited
    from tilscope.service.research.cohort.observations import cohort_in_table, is_table
    from tilscope.service.site.calibration import calibrate
    from tilscope.service.site.cohort import gather
    from tilscope.service.site.installed import forest_of
    from tilscope.service.site.reference_files import document, write_reference

    if bool(out_file) == install:
        raise typer.BadParameter("give either --out FILE, or --install and --data DIRECTORY")
    meant = signature_named(signature)
    settings = (installed_site if install else site_settings)(settings_file, data, segmenter)
    activity = _activity(molecular)
    if is_table(place):
        whole = cohort_in_table(Path(place), meant, settings_hash(meant, settings), settings.demo)
    else:
        with archive_at(place, user, password_file) as archive, counting("reading reports", quiet=as_json) as tick:
            whole = gather(archive, meant, settings_hash(meant, settings), tick, settings.demo)
    forest = forest_of(meant, settings)
    made = {"": calibrate(whole, meant, settings, cohort, forest, activity)}
    too_few = {}
    for scanner in {one.scanner for one in whole.observations if one.scanner} if by_scanner else ():
        try:
            own = whole.of_scanner(scanner)
            made[scanner] = calibrate(own, meant, settings, f"{cohort}, {scanner}", forest, activity)
        except Refused as reason:
            too_few[scanner] = str(reason)
    with audited(settings, f"Install the reference {cohort!r} for {meant.id}") if install else nullcontext():
        written = {
            path: write_reference(path, document(calibration, datetime.now(UTC), scanner))
            for scanner, calibration in sorted(made.items())
            for path in [_place(out_file, settings, meant.id, scanner)]
        }
    if as_json:
        print_json({"references": {str(path): content for path, content in written.items()}, "not_made": too_few})
        return
    for scanner, calibration in sorted(made.items()):
        _print(calibration, whole, scanner or "all scanners")
    for sentence in too_few.values():
        err.print(sentence, markup=False)
    for path, content in written.items():
        out.print(f"Version {content['version']} written to {path}.", markup=False)
    if install:
        out.print(RESCORE_ALL, markup=False)


def _place(out_file: Path | None, settings: PipelineSettings, signature: str, scanner: str) -> Path:
    from tilscope.service.site.installed import reference_name

    if out_file is not None:
        return out_file.with_name(reference_name(out_file.stem, scanner)) if scanner else out_file
    return Path(settings.references_folder) / reference_name(signature, scanner)


def _activity(table: Path | None) -> Callable[[Observation], float | None]:
    """CYT of a study by its own line, or its patient's."""
    from tilscope.models.signatures.base import Molecular
    from tilscope.service.site.molecular import cytolytic_activity, read_table

    known: dict[str, float] = {}
    for row in read_table(table) if table else ():
        findings: dict[str, Any] = {key: value for key, value in row.said.items() if key != "triple_negative"}
        if (value := cytolytic_activity(Molecular(**findings))) is not None:
            known[row.study or row.patient] = value
    return lambda one: known.get(one.study_uid, known.get(one.patient_id))


def _print(made: Calibration, whole: Cohort, scanners: str) -> None:
    reference = made.reference
    table = Table(title=f"{reference.signature}: {reference.studies} studies, {scanners}", title_justify="left")
    for name in ("feature", "mean", "SD", "values limited"):
        table.add_column(name)
    for id, mean in reference.mean.items():
        table.add_row(*cells(id, f"{mean:.6g}", f"{reference.sd[id]:.6g}", made.limited.get(id, 0)))
    out.print(table)
    out.print(f"Left out: {whole.left_out_in_words}.", markup=False)
    for warning in made.warnings:
        err.print(warning, markup=False)
