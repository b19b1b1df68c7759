"""What TILscope costs while images arrive: the same C-STORE to an Orthanc with the plugin and to one without, in turns.

    PYTHONPATH=.:tests python -m benchmarks.ingest [--instances 500] [--rounds 7]

Processor time is that of Orthanc and of everything it has started, from the first association until the last
instance's poke has been answered: until then no study has fallen quiet, so nothing is inspected or scored.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psutil
from mr_headers import as_file, mr_header, uid
from orthanc_server import OrthancServer, eventually

#: After the last instance: the poke that it caused has been answered.
SETTLED_AFTER_S = 0.6


@dataclass(frozen=True)
class Round:
    """One study that was sent."""

    instances: int
    seconds: float
    orthanc_cpu_s: float
    service_cpu_s: float

    @property
    def cpu_s(self) -> float:
        return self.orthanc_cpu_s + self.service_cpu_s


def write_instances(folder: Path, study: str, count: int, size: int = 64) -> None:
    """Small images of one series, as cheap to store as images are: what is left is what each instance costs."""
    folder.mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 4096, (size, size), np.uint16).tobytes()
    for number in range(count):
        image = mr_header("ingest", 0, number, StudyInstanceUID=uid(study), SeriesInstanceUID=uid(study, "series"))
        image.SOPInstanceUID, image.PatientID = uid(study, number), study
        image.Rows = image.Columns = size
        image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
        image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 12, 11, 0
        image.PixelData = pixels
        (folder / f"{number:05d}.dcm").write_bytes(as_file(image))


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def send(orthanc: OrthancServer, folder: Path) -> Round:
    """One folder over one association."""
    program = psutil.Process(orthanc.pid)
    children = program.children(recursive=True)

    def spent() -> tuple[float, float]:
        return _cpu_s(program), sum(_cpu_s(child) for child in children)

    before = spent()
    begun = time.perf_counter()
    orthanc.c_store(folder)
    seconds = time.perf_counter() - begun
    time.sleep(SETTLED_AFTER_S)
    after = spent()
    return Round(len(list(folder.iterdir())), seconds, after[0] - before[0], after[1] - before[1])


def measured(folder: Path, instances: int, rounds: int, quiet_s: float = 5.0) -> dict[str, list[Round]]:
    """In turns, so that whatever else the machine does meets both; the first round warms up and is left out."""
    # A study that never gets stable, and is quiet only after its round.
    orthanc: dict[str, Any] = {"StableAge": 3600}
    tilscope: dict[str, Any] = {"Python": sys.executable, "QuietSeconds": quiet_s}
    found: dict[str, list[Round]] = {"alone": [], "with TILscope": []}
    with ExitStack() as running:
        alone = running.enter_context(OrthancServer(folder / "alone", orthanc=orthanc))
        ours = running.enter_context(OrthancServer(folder / "ours", orthanc=orthanc, tilscope=tilscope))
        eventually(lambda: ours.http.get("/tilscope/health").status_code == 200, "the service is well")
        servers = {"alone": alone, "with TILscope": ours}
        for number in range(rounds + 1):
            study = folder / f"study-{number}"
            write_instances(study, f"{folder.name}-{number}", instances)
            order = list(servers) if number % 2 else list(reversed(servers))
            sent = {name: send(servers[name], study) for name in order}
            for name in sent if number else ():
                found[name].append(sent[name])
            time.sleep(quiet_s + 1.0)  # the study falls quiet and is inspected: not in the next one's time
    return found


def figures_of(found: dict[str, list[Round]]) -> dict[str, Any]:
    """Medians, and the two that have a bar, of one study sent to both: at least 0.95 as quick, at most 1.2 times the processor time."""
    pairs = list(zip(found["alone"], found["with TILscope"], strict=True))
    return {
        "instances_a_second": {n: median(one.instances / one.seconds for one in rounds) for n, rounds in found.items()},
        "ingest": median(alone.seconds / ours.seconds for alone, ours in pairs),
        "cpu": median(ours.cpu_s / alone.cpu_s for alone, ours in pairs),
        "orthanc_cpu_s": {n: median(one.orthanc_cpu_s for one in rounds) for n, rounds in found.items()},
        "service_cpu_s": median(ours.service_cpu_s for _, ours in pairs),
        "rounds": {n: [asdict(one) for one in rounds] for n, rounds in found.items()},
    }


def main() -> None:
    arguments = argparse.ArgumentParser(prog="benchmarks.ingest", description=__doc__)
    arguments.add_argument("--instances", type=int, default=500)
    arguments.add_argument("--rounds", type=int, default=7)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measured(Path(folder), asked.instances, asked.rounds)
    print(json.dumps(figures_of(found), indent=1))


if __name__ == "__main__":
    main()
