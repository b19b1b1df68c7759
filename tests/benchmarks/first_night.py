"""A site's first night, as a site would have it: an archive full of past studies, one command, and the references afterwards.

`PYTHONPATH=.:tests python -m benchmarks.first_night --studies 60` prints what came of it: how long it took, what was refused,
which signatures have a score, and how long a study that arrived in the middle of it waited.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pydicom
from integration.hospital import Hospital
from orthanc_server import OrthancServer, eventually

from tilscope.phantom import LesionSpec, PhantomSpec, PhantomStudy, make_study, write_study
from tilscope.service.ledger import Ledger

_DIAMETERS_MM = (10.0, 14.0, 18.0, 22.0, 26.0)


def patient(number: int) -> PhantomStudy:
    """Every tenth has no lesion."""
    lesion = None if number % 10 == 9 else LesionSpec(diameter_mm=_DIAMETERS_MM[number % 5])
    return make_study(replace(PhantomSpec.small(number), patient_number=number, lesion=lesion))


def write_past(folder: Path, studies: int, patients: int) -> None:
    """So many studies of fewer patients: to make one takes as long as to score it."""
    made = [patient(number) for number in range(1, patients + 1)]
    for number in range(studies):
        write_study(made[number % patients], folder / f"{number:03d}", salt=f"past {number}", companions=False)


def tilscope(hospital: Hospital, folder: Path, *words: str) -> dict[str, Any]:
    password = folder / "password"
    password.write_text(hospital.password)
    enter = ("--url", hospital.url, "--user", hospital.user, "--password-file", str(password), "--json")
    command = [sys.executable, "-P", "-c", "from tilscope.service.cli import main; main()", *words, *enter]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def scores_in(ledger_file: Path) -> dict[str, int]:
    """How many studies have a score, by signature."""
    from tilscope.service.ledger.queries import Reader

    ledger = Ledger(f"sqlite:///{ledger_file}")
    try:
        results = Reader(ledger.reading).latest_results(0.0, 10_000)
    finally:
        ledger.close()
    found: Counter[str] = Counter()
    for signature in (one for result in results for series in result.dynamic_series for one in series.signatures):
        found[signature.id] += signature.value is not None
    return dict(found)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--studies", type=int, default=60)
    asked.add_argument("--patients", type=int, default=20)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="first-night-") as name:
        run(Path(name), given.studies, given.patients)


def run(folder: Path, studies: int, patients: int) -> None:
    write_past(folder / "past", studies, patients)
    (folder / "hospital").mkdir()
    with OrthancServer(folder / "hospital") as before:
        for study in sorted((folder / "past").glob("*/dicom")):
            before.c_store(study)
    print(f"{studies} past studies of {patients} patients lie in the archive", flush=True)
    with Hospital(folder / "hospital", LookbackHours=0) as hospital:
        eventually(hospital.service_answers, "the service answers behind Orthanc")
        begun = time.monotonic()
        command = ("calibrate", "--past", "--cohort", "first night")
        told = tilscope(hospital, folder, *command, "--leave")
        print(f"asked for: {told['studies']} studies, {told['detail']}", flush=True)
        arrives(hospital, folder)
        told = tilscope(hospital, folder, *command, "--install")
        print(f"the references after {time.monotonic() - begun:.0f} s: {told['states']}", flush=True)
        for one in told["references"]:
            print(f"{one['signature']}: {one['studies']} studies, limited {one['limited']}, drift {one['drift']}")
        print(f"no reference: {told['not_made']}", flush=True)
        eventually(lambda: not renewals(hospital)["under_way"], "all have been concluded anew")
        print(f"renewed after {time.monotonic() - begun:.0f} s: {renewals(hospital)}")
        print(f"studies with a score: {scores_in(folder / 'hospital' / 'tilscope' / 'ledger.sqlite')}", flush=True)


def renewals(hospital: Hospital) -> dict[str, Any]:
    answer: dict[str, Any] = hospital.http.get("/tilscope/renewals").raise_for_status().json()
    return answer


def arrives(hospital: Hospital, folder: Path) -> None:
    """One more study comes in while the past ones are scored."""
    paths = write_study(patient(1), folder / "today", salt="today", companions=False)
    uid = str(pydicom.dcmread(paths[0], stop_before_pixels=True).StudyInstanceUID)
    sent = hospital.receive(paths)
    study = hospital.settled(uid)
    over = hospital.http.get("/tilscope/calibrations").raise_for_status().json()
    print(
        f"a study of today was {study['state']} {time.monotonic() - sent:.0f} s after it came, "
        f"with {over['to_go']} of {over['studies']} past ones still to go",
        flush=True,
    )


if __name__ == "__main__":
    main()
