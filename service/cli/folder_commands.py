"""score, inspect and ftv: a folder of DICOM or volume files, no Orthanc needed."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from tilscope.models.refusals import Refused
from tilscope.service.cli.number_options import finite
from tilscope.service.cli.places import BoxOption, SeedOption, numbers_in, steering_of
from tilscope.service.import_for_good import import_for_good
from tilscope.service.terminal.exit_codes import Exit, JsonOption, cells, err, out, print_json
from tilscope.service.terminal.progress import counting, stages

if TYPE_CHECKING:
    from tilscope.dicom_io.archives.folder import FolderArchive
    from tilscope.dicom_io.dce.assembly import AssembledSeries, Assembly
    from tilscope.dicom_io.dce.series_findings import SeriesFinding
    from tilscope.service.scoring.score_series import ScoredSeries
    from tilscope.service.scoring.series_picture import SeriesPicture

FolderArgument = Annotated[
    Path,
    typer.Argument(
        help="A folder with the DICOM files of one study, at any depth; or with its phases as NIfTI (docs/how-to/nifti-and-other-formats.md)."
    ),
]

AboutOption = Annotated[
    Path | None,
    typer.Option(
        "--about",
        help="Of volumes: a JSON or CSV file with the times of the phases and what else NIfTI cannot tell.",
        exists=True,
        dir_okay=False,
    ),
]

BoxesOption = Annotated[
    Path | None,
    typer.Option(
        "--boxes",
        help="Boxes around tumours by patient, as Duke's Annotation_Boxes.xlsx (or .csv): lesions are searched in them.",
        exists=True,
        dir_okay=False,
    ),
]

StudyOption = Annotated[
    str, typer.Option("--study", help="Where there are several: the Study Instance UID, or of volumes the case's name.")
]


RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", help="A site's own rules (docs/how-to/site-rules.md).", exists=True, dir_okay=False),
]


ObjectsOption = Annotated[
    str,
    typer.Option(
        "--objects",
        # The words are those of FURTHER_OBJECTS; a test holds the two together.
        help="What is written besides, with commas between: all, or any of parametric-maps, secondary-capture, key-images, "
        "contour-report, presentation-state, rt-structure-set, turning-mip.",
    ),
]

_HOW_TO_DECIDE = "Look at montage.png or the Segmentation, and say which is the lesion with --seed-mm."


def objects_in(words: str) -> list[str]:
    """The words of --objects, or an error that names those there are."""
    from tilscope.models.settings import FURTHER_OBJECTS

    if words == "all":
        return list(FURTHER_OBJECTS)
    found = [word.strip() for word in words.split(",") if word.strip()]
    for word in found:
        if word not in FURTHER_OBJECTS:
            raise typer.BadParameter(f"{word!r} is none of all, {', '.join(FURTHER_OBJECTS)}", param_hint="--objects")
    return found


def add_to(app: typer.Typer) -> None:
    app.command("score")(score_command)
    app.command("inspect")(inspect_command)
    app.command("ftv")(ftv_command)


def score_command(
    folder: FolderArgument,
    out_folder: Annotated[Path, typer.Option("--out", help="Where the DICOM objects, result.json and montage.png go.")],
    references: Annotated[
        Path | None,
        typer.Option(help="A folder with installed references, as SIGNATURE.json.", exists=True, file_okay=False),
    ] = None,
    rules: RulesOption = None,
    segmenter: Annotated[
        Path | None,
        typer.Option(help="The folder of an installed network (docs/segmenters.md).", exists=True, file_okay=False),
    ] = None,
    seed_mm: SeedOption = "",
    box_mm: BoxOption = "",
    boxes: BoxesOption = None,
    mask: Annotated[
        Path | None,
        typer.Option(
            help="Lesions drawn elsewhere: NIfTI, NRRD, MetaImage, a DICOM Segmentation or RT structure set.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    about: AboutOption = None,
    study: StudyOption = "",
    objects: ObjectsOption = "",
    labelmap: Annotated[bool, typer.Option("--labelmap", help="Write the Segmentations as label maps.")] = False,
    nifti: Annotated[
        bool, typer.Option("--nifti", help="Write phases, masks and maps as NIfTI too; of volumes this is always done.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Score the study in FOLDER: the same pipeline as in the archive, without one.

    Writes the Segmentations, the Structured Report, the PDF, result.json, montage.png, its pictures, and report-block.txt, the
    findings as text to paste into a report, to OUT; and with
    --objects what else the archive could get: Parametric Maps of PE and SER, colour pictures with the contours for viewers
    that show pictures only, a Key Object Selection, a small report with a contour for viewers that draw, a presentation state
    with the contours over the images, an RT Structure Set, and the subtraction's projection turning, as a short film.

    A study of volumes is made into DICOM first; these images go to OUT/images, since the objects refer to them, and what was
    measured to OUT/nifti.

    Lesions that a person has drawn, in a Segmentation or RT structure set that lies in FOLDER too, replace the automatic
    ones: on any phase, the subtraction or another series of the same frame of reference; the newest object counts.
    Without one, --seed-mm or --box-mm says where the lesion is, as in --seed-mm=-52,-31,14.5 (LPS: x to the patient's
    left, y to the back, z to the head; viewers that show RAS have the other sign of x and y).
    """
    # Slow to import; --help need not wait.
    import_for_good("tilscope.service.scoring.score")
    from tilscope.dicom_io.volume_files.archive import VolumeArchive, opened_folder
    from tilscope.models.settings import ObjectSettings, PipelineSettings, SegmentationSettings
    from tilscope.service.scoring.boxes import steering_by_box
    from tilscope.service.scoring.inspect_study import inspect_study
    from tilscope.service.scoring.manual_roi_to_add import with_manual_roi
    from tilscope.service.scoring.result_folder import keep_images, write_montages, write_scored_nifti, write_summary
    from tilscope.service.scoring.score import score
    from tilscope.service.terminal.printed_tables import print_result

    steering = steering_of(seed_mm, box_mm)
    written = ObjectSettings(labelmap=labelmap).and_also(objects_in(objects))
    settings = PipelineSettings(
        references_folder=str(references or ""), site_rules_file=str(rules or ""), objects=written
    )
    if segmenter:
        settings = replace(settings, segmentation=SegmentationSettings(segmenter=str(segmenter.absolute())))
    montages: dict[str, bytes] = {}
    of_series: list[ScoredSeries] = []

    def show(picture: SeriesPicture) -> None:
        montages[picture.laterality.word] = picture.montage.png()

    with opened_folder(folder, out_folder, about=about) as archive:
        with counting("reading headers", quiet=as_json) as tick:
            study = archive.study_named(study, tick)
        _tell_untold(archive, study)
        keep_images(out_folder, archive, study)
        if boxes is not None and steering is None:
            sources = inspect_study(archive, study, settings).assembly.require_sources()
            steering = steering_by_box(str(boxes), sources)
        with stages(quiet=as_json) as report:
            try:
                guided = with_manual_roi(archive, mask, study, settings)
                scored = score(guided, study, settings, report, steering, of_series.append, show_refused=show)
            except Refused:
                write_montages(out_folder, montages)
                raise
        for one in of_series:
            show(one.picture())
        if nifti or isinstance(archive, VolumeArchive):
            write_scored_nifti(out_folder / "nifti", of_series)
    write_summary(out_folder, scored, montages)
    if as_json:
        print_json(scored.as_json())
    else:
        print_result(out, scored)
        out.print(f"Written to {out_folder}:", ", ".join(sorted(p.name for p in out_folder.iterdir())))
    if scored.undecided:
        if not as_json:
            err.print(*cells(f"{scored.undecided} {_HOW_TO_DECIDE}"))
        raise typer.Exit(Exit.NEEDS_READER)


def inspect_command(
    folder: FolderArgument,
    rules: RulesOption = None,
    calling_aet: Annotated[str, typer.Option(help="Who would have sent the study: for rules that ask.")] = "",
    about: AboutOption = None,
    study: StudyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show what each series in FOLDER is taken for, and the phases with their times; or why there are none.

    With --rules it shows what a site's rules make of the study, before they are installed.
    Ends with exit code 3 if the study would be refused.
    """
    from tilscope.dicom_io.volume_files.archive import opened_folder
    from tilscope.models.settings import PipelineSettings
    from tilscope.service.scoring.inspect_study import inspect_study

    with opened_folder(folder, about=about) as archive:
        with counting("reading headers", quiet=as_json) as tick:
            study = archive.study_named(study, tick)
        inspected = inspect_study(archive, study, PipelineSettings(site_rules_file=str(rules or "")), calling_aet)
        _tell_untold(archive, study)
    assembly = inspected.assembly
    if as_json:
        print_json({**_assembly_json(study, assembly), "site_rule": inspected.rule.name if inspected.rule else None})
    else:
        if rules is not None:
            out.print(*cells(f"Site rule: {inspected.rule.name if inspected.rule else 'none fits'}."))
            if inspected.rule is not None and not inspected.rule.score:
                out.print("By this rule the study is not scored by itself.")
        _print_assembly(study, assembly)
    if assembly.refusal is not None:
        if not as_json:
            raise assembly.refusal
        raise typer.Exit(Exit.REFUSED)


def ftv_command(
    folder: FolderArgument,
    box_mm: Annotated[
        str, typer.Option("--box-mm", help="x0,y0,z0,x1,y1,z1 in patient LPS millimetres, corners in any order.")
    ],
    background: Annotated[
        float | None,
        typer.Option(
            help="Pre-contrast intensity below which a voxel is background; default 0.6 x P95 in the box.",
            callback=finite,
        ),
    ] = None,
    about: AboutOption = None,
    study: StudyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Functional tumour volume by the ACRIN 6657 trial's rule, inside a box.

    A voxel counts if its centre lies in the box, it was not background before contrast, its early enhancement (PE)
    is at least 70 %, at least 4 of its 26 neighbours qualify too, and its SER is not negative.
    """
    # As above: the arithmetic is slow to import.
    from tilscope.dicom_io.volume_files.archive import opened_folder
    from tilscope.models.settings import PipelineSettings
    from tilscope.service.scoring.functional_volume import measure_ftv
    from tilscope.service.terminal.printed_tables import print_ftv

    corners = numbers_in(box_mm, 6, "--box-mm", "20,-80,10,60,-20,70")
    with opened_folder(folder, about=about) as archive:
        with counting("reading headers", quiet=as_json) as tick:
            study = archive.study_named(study, tick)
        document = measure_ftv(archive, study, corners, background, PipelineSettings())
    if as_json:
        print_json(document)
    else:
        print_ftv(out, document)


def _tell_untold(archive: FolderArchive, study: str) -> None:
    """What could be told of volumes, and is not: nothing that is computed needs it, and nobody has guessed it."""
    from tilscope.dicom_io.volume_files.archive import VolumeArchive
    from tilscope.dicom_io.volume_files.facts import SIDE_FILE

    if isinstance(archive, VolumeArchive) and (untold := archive.cases[study].facts.untold):
        err.print(*cells(f"Not told of these volumes: {', '.join(untold)}. {SIDE_FILE} or --about can tell it."))


def _assembly_json(study: str, assembly: Assembly) -> dict[str, Any]:
    from tilscope.service.terminal.printed_tables import phase_rows

    refusal = assembly.refusal
    return {
        "study_uid": study,
        "series": [asdict(finding) for finding in assembly.findings],
        "dynamic_series": [
            {
                "laterality": one.laterality.word if one.shows_breast else None,
                "phases": phase_rows(one),
                "clock": one.times.clock if one.times else None,
                "time_zero": one.times.time_zero if one.times else None,
                "time_zero_assumed": one.times.time_zero_assumed if one.times else None,
            }
            for one in assembly.dynamic_series
        ],
        "refusal": {"code": refusal.code, "sentence": str(refusal)} if refusal else None,
    }


def _print_assembly(study: str, assembly: Assembly) -> None:
    series = Table(title=f"Study {study}", title_justify="left")
    for name in ("series", "description", "images", "used as", "why"):
        series.add_column(name)
    for f in assembly.findings:
        series.add_row(*cells(f.number, f.description, f.instances, _taken_for(f), f.reason))
    out.print(series)
    for one in assembly.dynamic_series:
        _print_phases(one)
    if assembly.refusal is not None:
        err.print("The study would be refused.")


def _taken_for(finding: SeriesFinding) -> str:
    return finding.used_as or (f"refused: {finding.refused_as}" if finding.refused_as else "not used")


def _print_phases(assembled: AssembledSeries) -> None:
    from tilscope.dicom_io.dce.expected_phases import missing_phases
    from tilscope.service.terminal.printed_tables import phase_rows

    if assembled.times is None:
        return
    shown = assembled.laterality.breasts if assembled.shows_breast else "not of a breast"
    phases = Table(title=f"Phases by {assembled.times.clock}, {shown}", title_justify="left")
    for name in ("phase", "role", "slices", "middle of acquisition"):
        phases.add_column(name)
    for row in phase_rows(assembled):
        phases.add_row(*cells(row["number"], row["role"], row["slices"], f"{row['time_s']:+.0f} s"))
    out.print(phases)
    if not assembled.shows_breast:
        return
    assumed = ", assumed until the images are read" if assembled.times.time_zero_assumed else ""
    out.print(f"Time zero: {assembled.times.time_zero}{assumed}.")
    if assembled.source is not None and (missing := missing_phases(assembled.source)):
        out.print(
            f"The images promise {missing.expected} phases, {missing.found} are here: an archive waits for the rest."
        )
