"""What every study must have come to: one set of results, nothing lost, nothing doubled, nobody waiting for ever."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path

import httpx
from integration.hospital import RESULTS, SETTLED, Hospital
from orthanc_server import PATIENCE_S
from torture.figures import Figures


def judge(hospital: Hospital, studies: Iterable[str], figures: Figures, patience_s: float = PATIENCE_S) -> None:
    """Wait until all are settled; add what is wrong to the figures, and count what is right."""
    deadline = time.monotonic() + patience_s
    for uid in studies:
        state = _settled(hospital, uid, deadline)
        results = hospital.result_series(uid)
        if state == "scored" and results == RESULTS:
            figures.count("studies with exactly one set of results")
        else:
            held = ", ".join(results) or "nothing"
            figures.wrong.append(f"study {uid} is {state or 'unknown'}, and the archive holds {held} of it")


def _settled(hospital: Hospital, uid: str, deadline: float) -> str | None:
    """Its state when it is settled, or when patience ends."""
    state = None
    while time.monotonic() < deadline:
        try:
            state = hospital.study(uid).get("state")
        except httpx.TransportError:
            state = None  # Orthanc is between two lives
        if state in SETTLED:
            break
        time.sleep(0.1)
    return state


def judge_what_is_left(data_directory: Path, figures: Figures) -> None:
    """The ledger is whole, and no image of a patient lies about."""
    with sqlite3.connect(f"file:{data_directory / 'ledger.sqlite'}?mode=ro", uri=True) as ledger:
        found = ledger.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        figures.wrong.append(f"the ledger is damaged: {found}")
    left = [path.name for path in data_directory.rglob("*.dcm")]
    if left:
        figures.wrong.append(f"{len(left)} images of patients are left in the data directory")
