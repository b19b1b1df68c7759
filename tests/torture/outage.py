"""The archive is away at any moment of a run, in every way: the study is scored once, and no attempt of it is used up."""

from __future__ import annotations

import random
import time
from pathlib import Path

from fault_proxy import Breaks, Fails, FaultProxy, Hangs
from integration.hospital import RESULTS, SETTLED, result_modalities
from orthanc_server import OrthancServer
from service_process import ServiceProcess
from torture.figures import Figures
from torture.patients import Patients
from torture.plan import Plan

from tilscope.dicom_io.dimse import Peer, send

_WAYS = {
    "answers HTTP 500 to every request": Fails("", "", status=500),
    "answers HTTP 503 to every store": Fails("POST", "/instances", status=503),
    "hangs whenever an image is asked for": Hangs("GET", "/file"),
    "breaks every connection": Breaks("", ""),
}


def outage(plan: Plan, folder: Path) -> Figures:
    """With one attempt for each study: whoever blames a study for its archive has lost it."""
    figures, dice = Figures("outage"), random.Random(plan.seed)
    patients = Patients(folder)
    with (
        OrthancServer(folder / "orthanc") as orthanc,
        FaultProxy(orthanc.url) as proxy,
        ServiceProcess(orthanc, folder, orthanc_url=proxy.url, attempts=1, retry_at_most_seconds=5) as service,
    ):
        lasts_s = sum(_scored(orthanc, service, patients)["timings_s"].values())
        for number in range(plan.outages):
            way = list(_WAYS)[number % len(_WAYS)]
            uid = _received(orthanc, patients)
            service.until(uid, "running", *SETTLED)
            time.sleep(dice.uniform(0.0, lasts_s))
            proxy.fault = _WAYS[way]
            time.sleep(plan.outage_s)
            proxy.fault = None
            figures.count(f"times that the archive {way}")
            told = service.until(uid, *SETTLED)
            held = result_modalities(orthanc.http, uid)
            if told["state"] != "scored" or held != RESULTS or told["attempts"] != 1:
                figures.wrong.append(
                    f"study {uid}, whose archive {way}, is {told['state']} after {told['attempts']} attempts, and the "
                    f"archive holds {', '.join(held) or 'nothing'} of it"
                )
        figures.done |= {"seconds of each outage": plan.outage_s, "requests that met one": proxy.met}
    return figures


def _received(orthanc: OrthancServer, patients: Patients) -> str:
    with patients.one_more() as (uid, files):
        send(files, Peer("127.0.0.1", orthanc.dicom_port))
    return uid


def _scored(orthanc: OrthancServer, service: ServiceProcess, patients: Patients) -> dict[str, dict[str, float]]:
    return service.until(_received(orthanc, patients), *SETTLED)
