"""phantom and send: make a synthetic study, and send any study as a scanner would."""

from __future__ import annotations

import json
from dataclasses import replace
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from dicom_io.dimse import Peer, send
from dicom_io.files import is_dicom
from models.answers import BadInput
from service.cli.answers import JsonOption, out, print_json
from service.cli.progress import counting


def add_to(app: typer.Typer) -> None:
    app.command("phantom")(phantom_command)
    app.command("send")(send_command)


class Shape(StrEnum):
    """The two geometries of a phantom."""

    AXIAL = "axial"
    SAGITTAL = "sagittal"


def phantom_command(
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Where the study goes: OUT/dicom and OUT/truth.")
    ] = None,
    layout: Annotated[str, typer.Option(help="How the phases are encoded; --list shows all.")] = "one-series",
    shape: Annotated[
        Shape, typer.Option("--plane", help="Both breasts on axial slices, or one on sagittal ones.")
    ] = Shape.AXIAL,
    seed: Annotated[int, typer.Option(help="Another seed is another patient.")] = 1,
    lesion_mm: Annotated[float, typer.Option(help="Diameter of the lesion; 0 makes a study without one.")] = 24.0,
    small: Annotated[bool, typer.Option("--small", help="An eighth of the voxels, four phases.")] = False,
    flipped: Annotated[bool, typer.Option("--flipped", help="Number the slices from the other end.")] = False,
    list_layouts: Annotated[bool, typer.Option("--list", help="List the layouts and end.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a synthetic breast DCE-MRI study with known truth, as DICOM.

    OUT/dicom is what a scanner would send; OUT/truth holds the masks and numbers that a perfect reader would find.
    """
    from phantom import LAYOUTS, LesionSpec, PhantomSpec, make_study, write_study

    if list_layouts:
        _print_layouts({name: entry.meaning for name, entry in LAYOUTS.items()}, as_json)
        return
    if out_folder is None:
        raise typer.BadParameter("say where the study goes", param_hint="--out")
    if layout not in LAYOUTS:
        near = get_close_matches(layout, LAYOUTS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise typer.BadParameter(f"no layout is called {layout!r}{hint} (--list shows all)", param_hint="--layout")
    try:
        spec = replace(
            PhantomSpec.small(seed) if small else PhantomSpec(seed=seed),
            lesion=LesionSpec(diameter_mm=lesion_mm) if lesion_mm else None,
            patient_number=seed,
        )
    except ValueError as problem:
        raise typer.BadParameter(str(problem)) from problem
    study = make_study(spec.sagittal() if shape is Shape.SAGITTAL else spec)
    paths = write_study(study, out_folder, layout, reversed_slices=flipped)
    if as_json:
        truth = json.loads((out_folder / "truth" / "truth.json").read_text(encoding="utf-8"))
        print_json({"folder": str(out_folder), "instances": len(paths), "truth": truth})
    else:
        out.print(f"{len(paths)} instances in {out_folder / 'dicom'}, the truth in {out_folder / 'truth'}.")


def _print_layouts(meanings: dict[str, str], as_json: bool) -> None:
    if as_json:
        print_json(meanings)
        return
    table = Table()
    for name in ("layout", "meaning"):
        table.add_column(name)
    for name, meaning in meanings.items():
        table.add_row(name, meaning)
    out.print(table)


def send_command(
    folder: Annotated[Path, typer.Argument(help="A folder with DICOM files, at any depth.")],
    host: Annotated[str, typer.Option(help="Where the PACS listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Its DICOM port.")] = 4242,
    called: Annotated[str, typer.Option(help="Its AE title.")] = "ORTHANC",
    calling: Annotated[str, typer.Option(help="The AE title that we give.")] = "TILSCOPE",
    as_json: JsonOption = False,
) -> None:
    """Send every DICOM file in FOLDER to a PACS by C-STORE."""
    if not folder.is_dir():
        raise BadInput("no-such-folder", path=folder)
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and is_dicom(p) and p.name != "DICOMDIR"]
    if not paths:
        raise BadInput("nothing-found", place=folder)
    peer = Peer(host, port, called, calling)
    with counting(f"sending to {peer}", quiet=as_json) as tick:
        send(paths, peer, tick)
    if as_json:
        print_json({"sent": len(paths), "to": str(peer)})
    else:
        out.print(f"{len(paths)} instances sent to {peer}.")
