"""Kill -9 at any moment of a run: of a worker, of the service, of Orthanc itself."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import psutil
from integration.hospital import SETTLED, Hospital
from orthanc_server import eventually
from torture.figures import Figures
from torture.patients import Patients
from torture.plan import Plan
from torture.verdict import judge, judge_what_is_left

TARGETS = ("a worker", "the service", "Orthanc")
#: So many killed studies are left to themselves before all of them are judged.
_AT_ONCE = 5


def kills(plan: Plan, folder: Path) -> Figures:
    """One study a kill, at a moment drawn from the time that a run takes here."""
    figures, dice = Figures("kills"), random.Random(plan.seed)
    patients = Patients(folder)
    with Hospital(folder / "hospital", Attempts=100) as hospital:
        eventually(hospital.service_answers, "the service answers")
        lasts_s = _seconds_of_a_run(hospital, patients)
        killed: list[str] = []
        for number in range(plan.kills):
            target = TARGETS[number % len(TARGETS)]
            with patients.one_more() as (uid, files):
                hospital.receive(files)
            killed.append(uid)
            if stage := _stage_after(hospital, uid, dice.uniform(0.0, lasts_s)):
                _kill(hospital, target, dice)
                figures.count(f"kills of {target}")
                figures.count(f"kills while {stage}")
            else:
                figures.count("kills that came too late")
            if len(killed) == _AT_ONCE or number == plan.kills - 1:
                judge(hospital, killed, figures)
                _forget(hospital, killed)
                killed.clear()
        judge_what_is_left(folder / "hospital" / "tilscope", figures)
    return figures


def _seconds_of_a_run(hospital: Hospital, patients: Patients) -> float:
    """As a first study tells."""
    with patients.one_more() as (uid, files):
        hospital.receive(files)
    timings = hospital.settled(uid)["timings_s"]
    _forget(hospital, [uid])
    return float(sum(timings.values()))


def _stage_after(hospital: Hospital, uid: str, seconds: float) -> str:
    """Wait until the study has run for so long; the stage that it is in then, '' if it has ended before."""
    eventually(lambda: hospital.study(uid).get("state") in {"running", *SETTLED}, "the run begins")
    time.sleep(seconds)
    study = hospital.study(uid)
    return (study["stage"] or "starting") if study["state"] == "running" else ""


def _kill(hospital: Hospital, target: str, dice: random.Random) -> None:
    service = hospital.service_process()
    family = service.children(recursive=True)
    if target == "a worker":
        os.kill(dice.choice(family).pid, signal.SIGKILL)
    elif target == "the service":
        service.kill()
        _all_gone(family)
    else:
        hospital.kill()
        _all_gone([service, *family])
        hospital.start()
    eventually(hospital.service_answers, "the service answers again")


def _all_gone(processes: list[psutil.Process]) -> None:
    """Whoever outlives its parent could write beside the next one."""
    eventually(lambda: not any(p.is_running() for p in processes), "everything that belonged to it ends")


def _forget(hospital: Hospital, studies: list[str]) -> None:
    """A long run must not fill the disk."""
    for uid in studies:
        for found in hospital.http.post(
            "/tools/find", json={"Level": "Study", "Query": {"StudyInstanceUID": uid}}
        ).json():
            hospital.http.delete(f"/studies/{found}")
