"""follow: several dates of one patient, from folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from tilscope.service.terminal.exit_codes import JsonOption, out, print_json
from tilscope.service.terminal.progress import stages


def add_to(app: typer.Typer) -> None:
    app.command("follow")(follow_command)


def follow_command(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER...",
            help="One for each date: what tilscope score has written, or a study's images, which are scored.",
        ),
    ],
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Where the answer is written as JSON.", dir_okay=False)
    ] = None,
    one_patient: Annotated[
        bool, typer.Option("--one-patient", help="The studies are of one patient, though their patient IDs differ.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Follow one patient's lesions through several dates: which is which, and what has changed.

    Lesions are matched by their place in their own breast. Where two ways to match are about equally good, a lesion is said to be
    one that cannot be matched. A change is told only where the quality gates of both dates leave it standing, else the reason.
    """
    from tilscope.models.followup import follow
    from tilscope.models.settings import PipelineSettings
    from tilscope.service.scoring.exam_in_folder import exam_in
    from tilscope.service.terminal.followed_tables import print_follow_up

    exams = []
    for folder in folders:
        with stages(quiet=as_json) as report:
            exams.append(exam_in(folder, PipelineSettings(), report))
    followed = follow(exams, one_patient)
    document = followed.as_json()
    if out_file is not None:
        out_file.write_text(json.dumps(document, indent=2, ensure_ascii=False), encoding="utf-8")
    if as_json:
        print_json(document)
    else:
        print_follow_up(out, followed)
