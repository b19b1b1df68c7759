"""evaluate: how well a model or a signature does on a cohort that it has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilscope.service.cli.site_settings import DataOption, SegmenterOption, SettingsOption, site_settings
from tilscope.service.terminal.exit_codes import JsonOption, cells, out, print_json
from tilscope.service.terminal.progress import counting

Names = list[str] | None


def add_to(app: typer.Typer) -> None:
    app.command("evaluate")(evaluate_command)


def evaluate_command(
    model: Annotated[
        str, typer.Argument(metavar="ARTEFACT|SIGNATURE", help="A model's folder; as in wu2018; or a column of COHORT.")
    ],
    cohort: Annotated[
        Path, typer.Argument(help="A table of scores or features, .parquet or .csv.", exists=True, dir_okay=False)
    ],
    outcomes: Annotated[
        Path,
        typer.Option(help="A table of labels and outcomes by study_uid or patient_id.", exists=True, dir_okay=False),
    ],
    out_folder: Annotated[Path, typer.Option("--out", help="The report's folder.", file_okay=False)],
    against: Annotated[
        Names, typer.Option(help="Another model, signature or column to compare with; several add up.")
    ] = None,
    label: Annotated[str, typer.Option(help="The column of classes.")] = "label",
    positive: Annotated[str, typer.Option(help="The class that a high score stands for.")] = "",
    classes: Annotated[
        str, typer.Option(help="All classes from the lowest to the highest: low,intermediate,high.")
    ] = "",
    cut_off: Annotated[
        list[float] | None, typer.Option("--cut-off", help="Fixed beforehand, of the first model; several add up.")
    ] = None,
    time: Annotated[str, typer.Option(help="The column of times to the event or the end of follow-up.")] = "",
    event: Annotated[str, typer.Option(help="The column that says whether the event was seen: 1 or 0.")] = "",
    event_value: Annotated[str, typer.Option(help="What --event holds where the event was seen.")] = "",
    censor_at: Annotated[float | None, typer.Option(help="Nobody is followed for longer.", min=0.0)] = None,
    time_unit: Annotated[str, typer.Option(help="Of the times, in words.")] = "years",
    covariate: Annotated[Names, typer.Option(help="A column for Cox and added value; several add up.")] = None,
    subgroup: Annotated[Names, typer.Option(help="A column that divides the cohort; several add up.")] = None,
    correlate: Annotated[
        Names, typer.Option(help="A column of numbers, or a pattern as in cell_*; several add up.")
    ] = None,
    network: Annotated[
        Names, typer.Option(help="NAME=COLUMN,...: the cells of a compartment, as in tumour=tumour_*; several add up.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal intervals.", min=0)] = 1,
    draws: Annotated[int, typer.Option(help="Of the bootstrap.", min=100, max=100_000)] = 2000,
    data: DataOption = None,
    settings_file: SettingsOption = None,
    segmenter: SegmenterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Evaluate a model or a signature on a cohort that it has not seen, and write the report.

    COHORT is what tilscope features or tilscope cohort has written; features are scored by the very code that scores in the
    archive. The folder gets report.html, report.pdf, numbers.csv with every number, and checklist.csv: TRIPOD+AI, CLEAR and
    METRICS, filled in as far as the run knows. Studies that lack something are counted, and nothing is imputed.
    """
    # Slow to import; --help need not wait.
    from tilscope.service.research.evaluation.evaluate import evaluate, read_cohort
    from tilscope.service.research.evaluation.plan import EvaluationPlan
    from tilscope.service.research.evaluation.write_report import write_report

    plan = EvaluationPlan(
        label=label, positive=positive, classes=_listed(classes), cut_offs=tuple(cut_off or ()), time=time, event=event,
        event_value=event_value, censor_at=censor_at, time_unit=time_unit, covariates=tuple(covariate or ()),
        subgroups=tuple(subgroup or ()), correlate=tuple(correlate or ()), networks=dict(map(_network, network or ())),
        seed=seed, draws=draws,
    )  # fmt: skip
    settings = site_settings(settings_file, data, segmenter)
    brought = read_cohort((model, *(against or ())), cohort, outcomes, plan, settings)
    with counting("evaluating", as_json) as tick:
        report = evaluate(brought, plan, tick)
    with counting("writing the report", as_json) as tick:
        files = write_report(report, out_folder, tick)
    if as_json:
        print_json(
            {
                "files": [str(path) for path in files],
                "studies": len(brought),
                "patients": brought.patients_counted,
                "left_out": dict(brought.left_out),
                "sections": [section.key for section in report.sections],
                "numbers": len(report.numbers),
                "checklist_known": sum(bool(row.answer) for row in report.checklist),
                "checklist_items": len(report.checklist),
            }
        )
        return
    for section in report.sections:
        for sentence in section.sentences:
            out.print(*cells(f"{section.title}: {sentence}"), soft_wrap=True)
    out.print(*cells(f"Written: {', '.join(str(path) for path in files)}."), soft_wrap=True)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _network(text: str) -> tuple[str, tuple[str, ...]]:
    name, equals, columns = text.partition("=")
    if not (name and equals and _listed(columns)):
        raise typer.BadParameter(f"{text}: give NAME=COLUMN,COLUMN", param_hint="--network")
    return name, _listed(columns)
