"""The papers' own recipe against our pipeline, on one patient who moved.

The papers correct the bias field of every phase by N4, register every phase to the first one after contrast by SyN, have a
person draw the tumour, and extract with pyradiomics. The person's time is not counted: the recipe gets our regions for
nothing, while our own time has the segmentation in it.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import SimpleITK as sitk
from benchmarks.stock import Stock, Way
from phantom_series import phantom_case
from validation.kept import ROOT

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries, Phase
from tilscope.models.lesions.classical import segment
from tilscope.models.preparation.prepare import prepare
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import all_signatures, evaluate_all
from tilscope.models.signatures.base import SignatureCase
from tilscope.phantom.spec import PhantomSpec

#: `docker/install.sh --bench` makes it.
PYTHON_WITH_ANTS = ROOT / ".cache" / "bench-venv" / "bin" / "python"


class Laps:
    """Seconds from one to the next, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._begun = time.perf_counter()

    def end(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._begun
        self._begun = now


def figures_of_recipe(spec: PhantomSpec, n4_iterations: Sequence[int]) -> dict[str, Any]:
    series = phantom_case(spec).series
    laps = Laps()
    prepared = prepare(series, PipelineSettings())
    laps.end("registration and bias field")
    regions = segment(prepared, PipelineSettings())
    laps.end("segmentation")
    evaluate_all(prepared, regions, PipelineSettings())
    laps.end("features and signatures")
    theirs, ants = _recipe(series, regions, n4_iterations)
    return {"n4_iterations": list(n4_iterations), "ours_s": laps.seconds, "recipe_s": theirs, "ants": ants}


def _recipe(series: DceSeries, regions: Regions, n4_iterations: Sequence[int]) -> tuple[dict[str, float], str | None]:
    laps = Laps()
    even = [_n4(phase.image, n4_iterations) for phase in series.phases]
    laps.end("N4 of every phase")
    seconds = dict(laps.seconds)
    ants = None
    if PYTHON_WITH_ANTS.exists():
        even, syn_s, ants = _syn(even, series.first_post)
        seconds["SyN of every phase"] = syn_s
    phases = tuple(Phase(image, phase.time_s) for image, phase in zip(even, series.phases, strict=True))
    made = replace(series, phases=phases)
    case = SignatureCase(PreparedSeries(made, made, regions.breast, None), regions)
    wanted = tuple({one for signature in all_signatures() for one in signature.needs(case)})
    _, seconds["stock pyradiomics"] = Stock(case, wanted).run(Way.ORDINARY)
    return seconds, ants


def _n4(image: sitk.Image, iterations: Sequence[int]) -> sitk.Image:
    """As SimpleITK has it: on every voxel, inside Otsu's mask."""
    inside = sitk.OtsuThreshold(image, 0, 1, 200)
    # N4 takes logarithms.
    inside = sitk.And(inside, sitk.Cast(image > 0, sitk.sitkUInt8))
    method = sitk.N4BiasFieldCorrectionImageFilter()
    method.SetMaximumNumberOfIterations(list(iterations))
    return method.Execute(image, inside)


def _syn(phases: list[sitk.Image], fixed: int) -> tuple[list[sitk.Image], float, str]:
    """The moved phases, the seconds of all registrations, and the version of ANTs."""
    moving = [str(number) for number in range(len(phases)) if number != fixed]
    with TemporaryDirectory() as folder:
        for number, image in enumerate(phases):
            sitk.WriteImage(image, str(Path(folder) / f"{number}.nii"))
        script = Path(__file__).with_name("syn.py")
        done = subprocess.run(
            [PYTHON_WITH_ANTS, script, folder, str(fixed), *moving], capture_output=True, text=True, check=True
        )
        told = json.loads(done.stdout.splitlines()[-1])
        moved = list(phases)
        for name in moving:
            image = sitk.Cast(sitk.ReadImage(str(Path(folder) / f"{name}-moved.nii")), sitk.sitkFloat32)
            image.CopyInformation(phases[fixed])  # NIfTI keeps places in single precision
            moved[int(name)] = image
    return moved, sum(told["seconds"].values()), told["version"]
