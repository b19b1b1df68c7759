"""The demo's play in five acts: start, make a study, send it, watch it being scored, show what came back."""

from __future__ import annotations

import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from dicom_io.archives.orthanc_client import OrthancClient
from dicom_io.dimse import send
from dicom_io.files import read_header
from phantom.dicom import write_study
from phantom.study import PhantomSpec, make_study
from service.cli import tables
from service.cli.progress import counting, stages
from service.demo.orthanc import DemoFault, DemoOrthanc

#: What must be there in the end, by DICOM modality.
EXPECTED = {"SEG": 2, "SR": 1, "DOC": 1}
_PATIENCE_S = 300.0
_SETTLED = {"scored", "refused", "failed"}


def show(console: Console, folder: Path, once: bool) -> None:
    """Run the demo; returns when everything was there (`once`) or on Ctrl-C."""
    for ending in (signal.SIGINT, signal.SIGTERM):  # also where a shell started us with Ctrl-C ignored
        signal.signal(ending, signal.default_int_handler)
    console.print("Starting Orthanc with TILscope ...")
    with DemoOrthanc(folder) as orthanc, OrthancClient(orthanc.address) as client:
        console.print(f"Orthanc listens on {orthanc.url} (user {orthanc.user}, password {orthanc.password}).")
        console.print(f"The password is kept in {orthanc.files.password}.\n")
        study_uid, sent_at = _send_synthetic_study(console, orthanc)
        answer = _watch(client, study_uid)
        waited = time.monotonic() - sent_at
        console.print(f"From the last instance stored to the results: {waited:.1f} s.\n")
        _show_results(console, client, study_uid, answer)
        if once:
            return
        _show_where_to_look(console, orthanc, study_uid)
        _serve_until_interrupted(console)


def _send_synthetic_study(console: Console, orthanc: DemoOrthanc) -> tuple[str, float]:
    console.print("Writing a synthetic breast DCE-MRI study ...")
    with tempfile.TemporaryDirectory(prefix="tilscope-demo-") as name:
        # Each run sends a study of its own: one that is known already would not be scored again.
        paths = write_study(make_study(PhantomSpec()), Path(name), salt=f"demo {time.time_ns()}")
        study_uid = str(read_header(paths[0]).StudyInstanceUID)
        with counting("sending by C-STORE", quiet=False) as tick:
            send(paths, orthanc.peer, tick)
        console.print(f"{len(paths)} instances sent by C-STORE to {orthanc.peer}.")
        return study_uid, time.monotonic()


def _watch(client: OrthancClient, study_uid: str) -> dict[str, Any]:
    """Follow the study until it is settled."""
    deadline = time.monotonic() + _PATIENCE_S
    with stages(quiet=False) as report:
        report("arriving", 0.0)
        while time.monotonic() < deadline:
            known = [s for s in client.get("/tilscope/studies")["studies"] if s["study_uid"] == study_uid]
            if known:
                study = known[0]
                report(study.get("stage") or study["state"], float(study.get("progress") or 0.0))
                if study["state"] in _SETTLED:
                    break
            time.sleep(0.3)
        else:
            raise DemoFault(f"the study was not scored within {_PATIENCE_S:.0f} s; see /tilscope/studies/{study_uid}")
    answer: dict[str, Any] = client.get(f"/tilscope/studies/{study_uid}")
    if answer["state"] != "scored":
        raise DemoFault(f"the study ended as {answer['state']}: {answer.get('reason')}")
    return answer


def _show_results(console: Console, client: OrthancClient, study_uid: str, answer: dict[str, Any]) -> None:
    tables.print_result(console, client.get(f"/tilscope/studies/{study_uid}/result"))
    found = Table(title="In the study by QIDO-RS", title_justify="left")
    for name in ("modality", "series", "description", "SeriesInstanceUID"):
        found.add_column(name)
    counts: dict[str, int] = {}
    for series in client.get(f"/dicom-web/studies/{study_uid}/series"):
        modality, number, description, uid = (
            _value(series, tag) for tag in ("00080060", "00200011", "0008103E", "0020000E")
        )
        counts[modality] = counts.get(modality, 0) + 1
        if modality in EXPECTED:
            found.add_row(modality, number, description, uid)
    console.print(found)
    missing = [f"{n} {modality}" for modality, n in EXPECTED.items() if counts.get(modality, 0) != n]
    if missing:
        raise DemoFault(f"expected {', '.join(missing)} in the study; QIDO-RS found {counts}")


def _value(item: dict[str, Any], tag: str) -> str:
    values = item.get(tag, {}).get("Value") or [""]
    return str(values[0])


def _show_where_to_look(console: Console, orthanc: DemoOrthanc, study_uid: str) -> None:
    console.print(f"""
Where to look (user {orthanc.user}, the password above):
  Studies and states   {orthanc.url}/tilscope/
  Orthanc Explorer     {orthanc.url}/app/explorer.html
  The scores as JSON   {orthanc.url}/tilscope/studies/{study_uid}/result
  DICOMweb             {orthanc.url}/dicom-web/studies/{study_uid}/series
  Send another study   tilscope phantom --seed 2 --out /tmp/phantom && tilscope send /tmp/phantom --port {orthanc.dicom_port}
  What happened to it  tilscope status --url {orthanc.url} --user {orthanc.user} --password-file {orthanc.files.password}
""", highlight=False, soft_wrap=True)  # fmt: skip


def _serve_until_interrupted(console: Console) -> None:
    console.print("Serving until Ctrl-C.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("Stopping.")
