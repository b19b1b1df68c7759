"""Scores studies in a fresh process, as the engine's workers do: `python one_study.py FOLDER...`, one after the other.

Prints for each, as JSON, the seconds and the peak of memory by stage. The peak is the kernel's own account of this process
(VmHWM), begun anew with every stage: SimpleITK's memory is seen by no Python tool.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

TESTS = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path[:0] = [str(TESTS.parent), str(TESTS)]
    from benchmarks import this_checkout

    this_checkout.use()

from benchmarks.big_study import bytes_of  # noqa: E402


def measure(folders: Sequence[Path], threads: int = 0, program: Path = Path(__file__)) -> list[dict[str, Any]]:
    """In a process of its own, with so many threads of ITK; 0: as many as there are processors.

    `program` is this file, in this checkout or in another version's.
    """
    environment = dict(os.environ)
    if threads:
        environment["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = str(threads)
    done = subprocess.run(
        [sys.executable, program, *map(str, folders)], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the study could not be scored:\n{done.stderr}")
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _scored(folder: Path, begun: float) -> dict[str, Any]:
    from tilscope.dicom_io.archives.folder import FolderArchive
    from tilscope.models.settings import PipelineSettings
    from tilscope.service.scoring.score import score

    peaks = _Peaks()
    peaks.begin("starting")
    now = time.time()
    seconds = {"starting": now - begun}
    with TemporaryDirectory() as out:
        peaks.begin("reading headers")
        archive = FolderArchive(folder, Path(out))
        study = archive.only_study()
        seconds["reading headers"] = time.time() - now
        result = score(archive, study, PipelineSettings(), lambda stage, done: peaks.begin(stage))
        objects = sum(1 for path in Path(out).rglob("*") if path.is_file())
    peaks.begin("done")
    (series,) = result.dynamic_series
    return {
        "begun": begun,
        "ended": time.time(),
        "seconds": seconds | result.timings_s,
        "peak_bytes": peaks.found,
        "objects": objects,
        "volume_cc": next(m.value for m in series.lesions[0].measurements if m.id == "volume"),
    }


class _Peaks:
    """The most memory that this process held in each stage."""

    def __init__(self) -> None:
        self.found: dict[str, int] = {}
        self._stage = ""

    def begin(self, stage: str) -> None:
        if stage == self._stage:
            return
        if self._stage:
            self.found[self._stage] = max(bytes_of("VmHWM"), self.found.get(self._stage, 0))
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # proc(5): the peak begins anew
        self._stage = stage


def main() -> None:
    begun = _process_start()
    found = []
    for folder in sys.argv[1:]:
        found.append(_scored(Path(folder), begun))
        begun = time.time()
    print(json.dumps(found))


def _process_start() -> float:
    """When this process began, in seconds since 1970; proc(5), field 22."""
    fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    since_boot = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - since_boot)


if __name__ == "__main__":
    main()
