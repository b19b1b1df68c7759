"""A watcher beside a real Orthanc with a ledger and nobody who scores, and small studies to send there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from mr_headers import as_file, one_series
from orthanc_server import PATIENCE_S, OrthancServer, eventually
from pydicom import Dataset
from pydicom.uid import generate_uid

from tilscope.service.intake.watcher import Watcher
from tilscope.service.ledger import Cursor, Ledger
from tilscope.service.ledger.queries import Reader, Study
from tilscope.service.ledger.states import State
from tilscope.service.settings import ServiceSettings

#: Of each phase in these studies.
SLICES = 10

#: Longer than any test waits.
NEVER_S = 2 * PATIENCE_S


class Bench:
    """A watcher with a ledger, and nobody who scores."""

    def __init__(self, orthanc: OrthancServer, folder: Path, **settings: object) -> None:
        values = {
            "orthanc_url": orthanc.url, "orthanc_user": orthanc.user, "orthanc_password": orthanc.password,
            "data_directory": str(folder), "token": "t" * 16, "quiet_seconds": 1.0, "stable_seconds": NEVER_S,
            "poll_seconds": 0.3, "lookback_hours": 0, **settings,
        }  # fmt: skip
        self.settings = ServiceSettings.read(values)
        self.ledger = Ledger(self.settings.ledger_url)
        self.reader = Reader(self.ledger.reading)
        self.told = 0
        self.watcher = Watcher(self.ledger, self.settings, self._ready)
        self.watcher.start()
        eventually(lambda: self.ledger.receiving.place() is not None and self.watcher.status.reachable)

    def _ready(self) -> None:
        self.told += 1

    def inputs(self, uid: str) -> list[Study]:
        return self.reader.inputs(uid)

    def becomes(self, uid: str, state: State) -> Study:
        eventually(lambda: [s for s in self.inputs(uid)[:1] if s.state is state], f"{uid} becomes {state}")
        return self.inputs(uid)[0]

    def score_it(self, uid: str) -> None:
        """As if the engine had done it."""
        claim = self.ledger.attempts.claim()
        assert claim is not None
        assert claim.study_uid == uid
        self.ledger.attempts.succeeded(claim, claim.input_hash, {})

    def has_read_all(self, orthanc: OrthancServer) -> None:
        last = orthanc.http.get("/changes?last").json()["Last"]
        eventually(lambda: (self.ledger.receiving.place() or Cursor(0)).seq >= last)

    def stop(self) -> None:
        self.watcher.stop()
        self.ledger.close()


def instance_of(header: Dataset, study: str, **tags: Any) -> bytes:
    """A header made into an instance of this study, with eight by eight pixels."""
    header.StudyInstanceUID = study
    header.SeriesInstanceUID = generate_uid(entropy_srcs=[study, str(header.SeriesInstanceUID)])
    header.SOPInstanceUID = generate_uid(entropy_srcs=[study, str(header.SOPInstanceUID)])
    header.PatientID, header.PatientName = "P-" + study[-6:], "Doe^Jane"
    header.BitsAllocated = header.BitsStored = 16
    header.HighBit, header.PixelRepresentation, header.SamplesPerPixel = 15, 0, 1
    header.PhotometricInterpretation = "MONOCHROME2"
    header.PixelData = np.zeros((header.Rows, header.Columns), np.uint16).tobytes()
    for keyword, value in tags.items():
        setattr(header, keyword, value)
    return as_file(header)


def dynamic(study: str, starts: tuple[float, ...] = (0, 200, 320, 440, 560), slices: int = SLICES) -> list[bytes]:
    """A study that is complete as far as headers can tell."""
    coarse = {"Rows": 8, "Columns": 8, "PixelSpacing": [40, 40], "PixelData": bytes(128)}
    return [instance_of(h, study, **coarse) for h in one_series(starts, slices)]


def send(orthanc: OrthancServer, files: list[bytes]) -> None:
    for file in files:
        orthanc.store(file)
