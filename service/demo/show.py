"""The demo's play in five acts: start, make a study, send it, watch it being scored, show what came back."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tilscope.dicom_io.archives.orthanc_client import OrthancClient
from tilscope.dicom_io.dimse import send
from tilscope.dicom_io.files import read_header
from tilscope.models.result_schema import read_result
from tilscope.phantom.dicom import write_study
from tilscope.phantom.study import PhantomSpec, make_study
from tilscope.service.demo.demo_orthanc import DemoFault, DemoOrthanc
from tilscope.service.terminal import printed_tables
from tilscope.service.terminal.progress import counting, stages

#: What must be there in the end, by DICOM modality.
EXPECTED = {"SEG": 3, "SR": 1, "DOC": 1}
#: What QIDO-RS is asked for each series.
_COLUMNS = {"modality": "00080060", "series": "00200011", "description": "0008103E", "series_uid": "0020000E"}
_PATIENCE_S = 300.0
_SETTLED = {"scored", "needs-reader", "refused", "failed"}


def show(console: Console, folder: Path, once: bool, quiet: bool = False) -> dict[str, Any]:
    """Run the demo; returns when everything was there (`once`) or on Ctrl-C. With `quiet` nothing is printed.

    The summary has `url`, `study_uid`, `seconds` from the last instance stored to the results, `objects` as QIDO-RS found
    them, and `result`.
    """
    console = Console(quiet=True) if quiet else console
    for ending in (signal.SIGINT, signal.SIGTERM):  # also where a shell started us with Ctrl-C ignored
        signal.signal(ending, signal.default_int_handler)
    console.print("Starting Orthanc with TILscope ...")
    with DemoOrthanc(folder) as orthanc, OrthancClient(orthanc.address) as client:
        words = f"Orthanc listens on {orthanc.url} (user {orthanc.user}, password {orthanc.password})."
        console.print(words, soft_wrap=True)
        console.print(f"The password is kept in {orthanc.files.password}.\n", soft_wrap=True)
        study_uid, sent_at = _send_synthetic_study(console, orthanc, quiet)
        _watch(client, study_uid, quiet)
        waited = time.monotonic() - sent_at
        console.print(f"From the last instance stored to the results: {waited:.1f} s.\n")
        result: dict[str, Any] = client.get(f"/tilscope/studies/{study_uid}/result")
        printed_tables.print_result(console, read_result(result))
        objects = _stored_objects(client, study_uid)
        _show_objects(console, objects)
        _require_all(objects)
        if not once:
            _show_addresses(console, orthanc, study_uid)
            _serve_until_interrupted(console)
        return {
            "url": orthanc.url,
            "study_uid": study_uid,
            "seconds": round(waited, 2),
            "objects": objects,
            "result": result,
        }


def _send_synthetic_study(console: Console, orthanc: DemoOrthanc, quiet: bool) -> tuple[str, float]:
    console.print("Writing a synthetic breast DCE-MRI study ...")
    with tempfile.TemporaryDirectory(prefix="tilscope-demo-") as name:
        # Each run sends a study of its own: one that is known already would not be scored again.
        paths = write_study(make_study(PhantomSpec()), Path(name), salt=f"demo {time.time_ns()}")
        study_uid = str(read_header(paths[0]).StudyInstanceUID)
        with counting("sending by C-STORE", quiet) as tick:
            send(paths, orthanc.peer, tick)
        console.print(f"{len(paths)} instances sent by C-STORE to {orthanc.peer}.")
        return study_uid, time.monotonic()


def _watch(client: OrthancClient, study_uid: str, quiet: bool) -> None:
    """Follow the study until it is scored."""
    deadline = time.monotonic() + _PATIENCE_S
    with stages(quiet) as report:
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
    response: dict[str, Any] = client.get(f"/tilscope/studies/{study_uid}")
    if response["state"] != "scored":
        raise DemoFault(f"the study ended as {response['state']}: {response.get('reason')}")


def _stored_objects(client: OrthancClient, study_uid: str) -> list[dict[str, str]]:
    """The result series in the study, as QIDO-RS lists them."""
    series = [
        {name: _value(one, tag) for name, tag in _COLUMNS.items()}
        for one in client.get(f"/dicom-web/studies/{study_uid}/series")
    ]
    return [s for s in series if s["modality"] in EXPECTED]


def _show_objects(console: Console, objects: list[dict[str, str]]) -> None:
    table = Table(title="In the study by QIDO-RS", title_justify="left")
    for name in _COLUMNS:
        table.add_column(name, overflow="fold")
    for one in objects:
        table.add_row(*one.values())
    console.print(table)


def _require_all(objects: list[dict[str, str]]) -> None:
    counts = Counter(one["modality"] for one in objects)
    missing = [f"{n} {modality}" for modality, n in EXPECTED.items() if counts[modality] != n]
    if missing:
        raise DemoFault(f"expected {', '.join(missing)} in the study; QIDO-RS found {dict(counts)}")


def _value(item: dict[str, Any], tag: str) -> str:
    values = item.get(tag, {}).get("Value") or [""]
    return str(values[0])


def _show_addresses(console: Console, orthanc: DemoOrthanc, study_uid: str) -> None:
    # As it can be typed here: a virtual environment need not be on the path.
    program = "tilscope" if shutil.which("tilscope") else str(Path(sys.executable).with_name("tilscope"))
    console.print(f"""
Where to look (user {orthanc.user}, the password above):
  Studies and states   {orthanc.url}/tilscope/
  The images           {_viewer(orthanc, study_uid)}
  Orthanc Explorer     {orthanc.url}/app/explorer.html
  The scores as JSON   {orthanc.url}/tilscope/studies/{study_uid}/result
  DICOMweb             {orthanc.url}/dicom-web/studies/{study_uid}/series
  Send another study   {program} phantom --seed 2 --out /tmp/phantom && {program} send /tmp/phantom --port {orthanc.dicom_port}
  What happened to it  {program} status --url {orthanc.url} --user {orthanc.user} --password-file {orthanc.files.password}
""", highlight=False, soft_wrap=True)  # fmt: skip


def _viewer(orthanc: DemoOrthanc, study_uid: str) -> str:
    if not orthanc.has_viewer:
        return "the viewer is not installed: docker/install.sh --viewer"
    return f"{orthanc.url}/tilscope/viewer/open/{study_uid}"


def _serve_until_interrupted(console: Console) -> None:
    console.print("Serving until Ctrl-C.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("Stopping.")
