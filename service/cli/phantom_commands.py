"""phantom and send: make a synthetic study, and send any study as a scanner would."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dicom_io.dimse import Peer, send
from dicom_io.files import is_dicom
from models.answers import BadInput
from service.cli.answers import JsonOption, out, print_json
from service.cli.progress import counting


def add_to(app: typer.Typer) -> None:
    app.command("send")(send_command)


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
