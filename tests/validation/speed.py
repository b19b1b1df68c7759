"""Seconds and memory of preparation and segmentation on a study of 320 x 320 x 100 x 5, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from validation.kept import ROOT

MOST_SECONDS, MOST_GB = 30.0, 2.5


def figures_of_speed() -> dict[str, Any]:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    done = subprocess.run(
        [sys.executable, "-m", "validation.speed"],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _measure() -> dict[str, Any]:
    from pathlib import Path
    from tempfile import TemporaryDirectory

    import SimpleITK as sitk
    from validation.figures_of_a_case import SETTINGS, Stopwatch, series_of

    from tilscope.models.imaging.series import DceSeries, Phase
    from tilscope.models.lesions.classical import segment
    from tilscope.models.preparation.prepare import prepare
    from tilscope.phantom.spec import PhantomSpec
    from tilscope.phantom.study import make_study

    with TemporaryDirectory() as folder:
        files = [str(Path(folder) / f"{n}.mha") for n in range(5)]
        # A child makes the phantom, so that its memory is not counted as ours.
        if (child := os.fork()) == 0:
            study = make_study(PhantomSpec(matrix=(320, 320, 100), spacing_mm=(1.1, 1.1, 1.6)))
            for file, image in zip(files, study.phases, strict=True):
                sitk.WriteImage(sitk.Cast(image, sitk.sitkInt16), file)
            os._exit(0)
        os.waitpid(child, 0)
        small = series_of(make_study(PhantomSpec.small()))
        spec = PhantomSpec()
        phases = tuple(Phase(sitk.ReadImage(f), t) for f, t in zip(files, spec.times_s, strict=True))
    from tilscope.models.kinetics.timing import choose_phases
    from tilscope.models.settings import TimingSettings

    series = DceSeries(phases, choose_phases(spec.times_s, TimingSettings()), small.laterality, small.time_zero)
    clock = Stopwatch()
    prepared = prepare(series, SETTINGS)
    clock.lap("preparation")
    segment(prepared, SETTINGS)
    clock.lap("segmentation")
    peak_kb = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))  # noqa: SIM115
    return {"seconds": clock.seconds, "peak_gb": round(peak_kb / 1e6, 3)}


if __name__ == "__main__":
    json.dump(_measure(), sys.stdout)
