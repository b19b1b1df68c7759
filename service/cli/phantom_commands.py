"""phantom and send: make a synthetic study, and send any study as a scanner would."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from tilscope.models.refusals import BadInput
from tilscope.service.cli.number_options import finite
from tilscope.service.terminal.exit_codes import JsonOption, out, print_json
from tilscope.service.terminal.progress import counting

if TYPE_CHECKING:
    from tilscope.phantom import PhantomSpec

#: Beside the named cases: patients that are drawn by their seed.
RANDOM_CASE, PATIENT_LIKE_CASE = "random", "patient-like"


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
    case: Annotated[
        list[str] | None,
        typer.Option(help="A ready case, such as spiculated or implants; several add up. --list shows all."),
    ] = None,
    lesion_mm: Annotated[
        float | None,
        typer.Option(help="Diameter of the lesion (usually 24); 0 makes a study without one.", callback=finite),
    ] = None,
    lesion: Annotated[
        str | None, typer.Option(help="Shape of the lesion: round, lobulated, spiculated, rim or non-mass.")
    ] = None,
    density: Annotated[
        str | None, typer.Option(help="BI-RADS density: a (almost entirely fat), b, c or d (extremely dense).")
    ] = None,
    background: Annotated[
        str | None, typer.Option(help="Background parenchymal enhancement: minimal, mild, moderate or marked.")
    ] = None,
    motion_mm: Annotated[
        float | None,
        typer.Option(
            help="How far she moves between the phases: root mean square over the breasts, up to 30.", callback=finite
        ),
    ] = None,
    small: Annotated[bool, typer.Option("--small", help="An eighth of the voxels, four phases.")] = False,
    flipped: Annotated[bool, typer.Option("--flipped", help="Number the slices from the other end.")] = False,
    list_layouts: Annotated[bool, typer.Option("--list", help="List the layouts and the cases, and end.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a synthetic breast DCE-MRI study with known truth, as DICOM.

    OUT/dicom is what a scanner would send; OUT/truth holds the masks and numbers that a perfect reader would find.

    Cases add up: --case siemens --case implants --density d is a dense breast with implants under Siemens' protocol.
    --case patient-like draws a patient by her seed with what real exams show: uneven and diffuse tumours, patchy background,
    coil flare, failed suppression, ghosts. --case random draws a plainer one.

    With --motion-mm the truth also holds every moved phase's displacement, and its masks are those of the first phase
    after the injection.
    """
    from tilscope.phantom import LAYOUTS, PhantomSpec, make_study, write_study

    if list_layouts:
        _print_choices(as_json)
        return
    if out_folder is None:
        raise typer.BadParameter("say where the study goes", param_hint="--out")
    _check_name(layout, LAYOUTS, "layout", "--layout")
    try:
        start = replace(PhantomSpec.small(seed) if small else PhantomSpec(seed=seed), patient_number=seed)
        spec = _with_options(_of_cases(start, case or []), lesion_mm, lesion, density, background)
        spec = _with_motion(spec, motion_mm)
        spec = spec.sagittal() if shape is Shape.SAGITTAL and spec.plane == "axial" else spec
    except ValueError as problem:
        raise typer.BadParameter(str(problem)) from problem
    study = make_study(spec)
    paths = write_study(study, out_folder, layout, reversed_slices=flipped)
    if as_json:
        truth = json.loads((out_folder / "truth" / "truth.json").read_text(encoding="utf-8"))
        print_json({"folder": str(out_folder), "instances": len(paths), "truth": truth})
    else:
        out.print(f"{len(paths)} instances in {out_folder / 'dicom'}, the truth in {out_folder / 'truth'}.")


def _of_cases(spec: PhantomSpec, names: list[str]) -> PhantomSpec:
    """The patient changed by each case in turn; one that is drawn is a patient of its own."""
    from tilscope.phantom import CASES, patient_like, validation_case

    drawn = {RANDOM_CASE: validation_case, PATIENT_LIKE_CASE: patient_like}
    for name in names:
        _check_name(name, [*CASES, *drawn], "case", "--case")
        spec = drawn[name](spec.seed) if name in drawn else CASES[name].change(spec)
    return spec


def _with_options(
    spec: PhantomSpec, lesion_mm: float | None, kind: str | None, density: str | None, background: str | None
) -> PhantomSpec:
    """What was asked for by its own option outweighs the cases."""
    from tilscope.phantom.spec import Background, Density, LesionKind, LesionSpec

    if lesion_mm == 0:
        spec = replace(spec, lesion=None, more_lesions=())
    elif lesion_mm is not None or kind is not None:
        lesion = spec.lesion or LesionSpec(side=spec.sides[-1])
        if kind is not None:
            _check_name(kind, list(LesionKind), "lesion", "--lesion")
            lesion = replace(lesion, kind=LesionKind(kind))
        spec = replace(spec, lesion=replace(lesion, diameter_mm=lesion_mm or lesion.diameter_mm))
    if density is not None:
        _check_name(density, list(Density), "density", "--density")
        spec = replace(spec, density=Density(density).typical)
    if background is not None:
        _check_name(background, list(Background), "background enhancement", "--background")
        spec = replace(spec, background=Background(background))
    return spec


def _with_motion(spec: PhantomSpec, rms_mm: float | None) -> PhantomSpec:
    """Every phase but the first after the injection is moved by a smooth field of its own; 0 is a patient who lies still."""
    from tilscope.phantom.patient_motion import MotionSpec

    if rms_mm is None:
        return spec
    return replace(spec, motion=MotionSpec(rms_mm=rms_mm) if rms_mm else None)


def _check_name(name: str, known: Iterable[str], what: str, option: str) -> None:
    names = list(known)
    if name not in names:
        near = get_close_matches(name, names, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        there_are = "--list shows all" if len(names) > 5 else f"there are {', '.join(names)}"
        raise typer.BadParameter(f"no {what} is called {name!r}{hint} ({there_are})", param_hint=option)


def _print_choices(as_json: bool) -> None:
    from tilscope.phantom import CASES, LAYOUTS

    layouts = {name: entry.meaning for name, entry in LAYOUTS.items()}
    cases = {name: entry.meaning for name, entry in CASES.items()}
    cases[RANDOM_CASE] = "a plain patient, drawn with her protocol by the seed"
    cases[PATIENT_LIKE_CASE] = (
        "a patient with what real exams show, drawn with her protocol and its artefacts by the seed"
    )
    if as_json:
        print_json({"layouts": layouts, "cases": cases})
        return
    for word, meanings in (("layout", layouts), ("case", cases)):
        table = Table()
        for column in (word, "meaning"):
            table.add_column(column)
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
    from tilscope.dicom_io.dimse import Peer, send  # pydicom and its network are slow to import
    from tilscope.dicom_io.files import is_dicom

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
