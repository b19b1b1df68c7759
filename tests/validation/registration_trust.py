"""How often a phase is registered, by how far she moved: phantoms of every kind, several patients each.

What must be 0 is the share where nothing moved: a method that finds motion there makes the images worse.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from statistics import median

import numpy as np
import SimpleITK as sitk

from tilscope.models.breast.body import body_mask
from tilscope.models.breast.breasts import find_breasts
from tilscope.models.imaging.series import DceSeries, Phase, PhaseRoles
from tilscope.models.imaging.voxels import mask_of
from tilscope.models.preparation.agreement import Evidence, evidence_for
from tilscope.models.preparation.motion import motion_by
from tilscope.models.preparation.registration import COARSE, find_displacement
from tilscope.models.settings import MotionSettings
from tilscope.phantom.patient_motion import MotionSpec
from tilscope.phantom.spec import Background, PhantomSpec
from tilscope.phantom.study import Truth, make_study

AMPLITUDES_MM = (0.0, 0.5, 1.0, 2.3, 5.0)
SEEDS = (1, 2, 3)
PLANES = {"axial": PhantomSpec.small(), "sagittal": PhantomSpec.small().sagittal()}
KINDS: dict[str, dict[str, object]] = {
    "usual": {},
    "marked BPE, SNR 20": {"background": Background.MARKED, "snr": 20.0},
    "SNR 10": {"snr": 10.0},
}


@dataclass(frozen=True)
class Trial:
    kind: str
    moved_mm: float
    looked_mm: float
    evidence: Evidence
    left_mm: float
    """By the field, whether it is believed or not."""
    cpu_seconds: float

    @property
    def registered(self) -> bool:
        return self.looked_mm >= MotionSettings().still_rms_mm and self.evidence.proven


def trials() -> Iterator[Trial]:
    for (plane, spec), (kind, changes), rms_mm, seed in product(PLANES.items(), KINDS.items(), AMPLITUDES_MM, SEEDS):
        motion = MotionSpec(rms_mm=rms_mm) if rms_mm else None
        starts = (-210.0, 0.0, 180.0)
        yield _tried(
            f"{plane}, {kind}", replace(spec, seed=seed, motion=motion, phase_starts_s=starts, **changes), rms_mm
        )


def _tried(kind: str, spec: PhantomSpec, rms_mm: float) -> Trial:
    study = make_study(spec)
    phases = tuple(Phase(image, time_s) for image, time_s in zip(study.phases, study.times_s, strict=True))
    series = DceSeries(phases, PhaseRoles(0, 1, 2), spec.imaged, "injection of the phantom")
    breast = find_breasts(body_mask(series), series)
    moving, fixed = study.phases[:2]
    before = time.process_time()
    look = motion_by(find_displacement(fixed, moving, breast, COARSE), breast, 1)
    field = find_displacement(fixed, moving, breast)
    evidence = evidence_for(field, fixed, moving, breast)
    seconds = time.process_time() - before
    return Trial(kind, rms_mm, look.rms_mm, evidence, left_mm(field, study.truth), seconds)


def left_mm(field: sitk.Image, truth: Truth, phase: int = 0) -> float:
    """Root mean square over the true breast of what remains: there by the field found, back by the known one."""
    there, known = sitk.DisplacementFieldTransform(sitk.Image(field)), truth.displacements[phase]
    back = sitk.Transform()
    if known is not None:
        back = sitk.DisplacementFieldTransform(sitk.Cast(known, sitk.sitkVectorFloat64))
    voxels = np.argwhere(mask_of(truth.breast))[::97, ::-1].tolist()
    points = [truth.breast.TransformIndexToPhysicalPoint(voxel) for voxel in voxels]
    error = np.subtract([back.TransformPoint(there.TransformPoint(point)) for point in points], points)
    return float(np.sqrt(np.square(error).sum(axis=1).mean()))


def table(tried: list[Trial]) -> list[str]:
    lines = [
        "| phantom | moved, mm | registered | looked, mm | gain, least to most | certainty, least | left by the fit, mm |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind, rms_mm in dict.fromkeys((t.kind, t.moved_mm) for t in tried):
        these = [t for t in tried if (t.kind, t.moved_mm) == (kind, rms_mm)]
        gains = [t.evidence.gain for t in these]
        lines.append(
            f"| {kind} | {rms_mm:g} | {sum(t.registered for t in these)} of {len(these)} "
            f"| {median(t.looked_mm for t in these):.2f} | {min(gains):+.3f} to {max(gains):+.3f} "
            f"| {min(t.evidence.certainty for t in these):.1f} | {median(t.left_mm for t in these):.2f} |"
        )
    return lines
