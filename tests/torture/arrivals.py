"""Studies arrive faster than they can be scored, for long: the queue is fair, people are answered, memory stays flat."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

from integration.hospital import RESULTS, Hospital
from orthanc_server import eventually
from torture.figures import Figures
from torture.memory import MemoryWatch
from torture.patients import Patients
from torture.plan import Plan

_TIMES_CAPACITY = 5.0
#: A page that people wait for longer than this says nothing any more.
_ANSWER_WITHIN_S = 5.0


def arrivals(plan: Plan, folder: Path) -> Figures:
    figures = Figures("arrivals")
    patients = Patients(folder)
    with Hospital(folder / "hospital") as hospital:
        eventually(hospital.service_answers, "the service answers")
        capacity_s = _seconds_a_study(hospital, patients)
        sent, answers = [], []
        begun = time.monotonic()
        with MemoryWatch(hospital.service_process(), figures):
            while (now := time.monotonic() - begun) < plan.arrivals_s:
                with patients.one_more() as (uid, files):
                    hospital.receive(files)
                sent.append(uid)
                asked = time.monotonic()
                hospital.http.get("/tilscope/studies", params={"limit": 50}).raise_for_status()
                answers.append(time.monotonic() - asked)
                time.sleep(max(0.0, len(sent) * capacity_s / _TIMES_CAPACITY - now))
        lasted = time.monotonic() - begun
        figures.done |= {
            "seconds": round(lasted),
            "studies sent": len(sent),
            "times what can be scored": round(len(sent) * capacity_s / lasted, 1),
            "the list answers in s, median": round(median(answers), 3),
            "and at worst": round(max(answers), 3),
        }
        if median(answers) > _ANSWER_WITHIN_S:
            figures.wrong.append(f"the list takes {median(answers):.1f} s")
        _judge(hospital, sent, figures)
    return figures


def _seconds_a_study(hospital: Hospital, patients: Patients) -> float:
    """What one takes while others wait, as the median of three that came together."""
    studies = []
    for _ in range(3):
        with patients.one_more() as (uid, files):
            hospital.receive(files)
        studies.append(uid)
    return median(sum(hospital.settled(uid)["timings_s"].values()) for uid in studies)


def _judge(hospital: Hospital, sent: list[str], figures: Figures) -> None:
    """Nobody is unknown; who came first was scored first, and once."""
    eventually(lambda: all(hospital.study(uid) for uid in sent), "every study is known")
    states = {uid: hospital.study(uid)["state"] for uid in sent}
    scored = [uid for uid in sent if states[uid] == "scored"]
    figures.done |= {"studies scored meanwhile": len(scored), "studies that wait": len(sent) - len(scored)}
    if scored != sent[: len(scored)]:
        figures.wrong.append("a study was scored before one that had come earlier")
    figures.wrong += [f"study {uid} is {state}" for uid, state in states.items() if state in ("failed", "refused")]
    for uid in scored:
        results = hospital.result_series(uid)
        if results != RESULTS:
            figures.wrong.append(
                f"study {uid} is scored, and the archive holds {', '.join(results) or 'nothing'} of it"
            )
