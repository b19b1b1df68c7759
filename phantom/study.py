"""From a spec to a study: the dynamic phases and the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from models.answers import Refused
from models.series import PhaseRoles
from models.settings import TimingSettings
from models.timing import choose_phases
from phantom import anatomy, kinetics, scanner
from phantom.anatomy import Anatomy
from phantom.grid import Grid, Mask, Vector, Volume
from phantom.kinetics import Tissue
from phantom.spec import Curve, LesionSpec, PhantomSpec

__all__ = ["LesionSpec", "PhantomSpec", "PhantomStudy", "Truth", "make_study", "mix"]


@dataclass(frozen=True, eq=False)
class Truth:
    """What a perfect reader would find."""

    breast: sitk.Image
    fgt: sitk.Image
    lesion: sitk.Image | None
    lesion_centre_mm: Vector | None
    breast_cc: float
    fgt_cc: float
    lesion_cc: float
    lesion_signal: tuple[float, ...]
    """Mean signal in the lesion, phase by phase, without noise; empty without a lesion."""
    fgt_signal: tuple[float, ...]
    roles: PhaseRoles | None
    """None where the phases do not serve."""
    refusal: str | None
    """The code of the reason for which this study must be refused, or None."""

    def enhancement(self, signal: tuple[float, ...]) -> tuple[float, float] | None:
        """PE = (early - pre)/pre and SER = (early - pre)/(late - pre) of a mean curve."""
        if self.roles is None or not signal:
            return None
        pre, early, late = (signal[i] for i in (self.roles.pre, self.roles.early, self.roles.late))
        return (early - pre) / pre, (early - pre) / (late - pre)


@dataclass(frozen=True, eq=False)
class PhantomStudy:
    spec: PhantomSpec
    phases: tuple[sitk.Image, ...]
    """float32, in time order, on one grid."""
    times_s: tuple[float, ...]
    truth: Truth


def make_study(spec: PhantomSpec) -> PhantomStudy:
    """Image the patient of this spec. Deterministic: equal specs give equal volumes."""
    grid = spec.grid
    patient = anatomy.build(spec, grid)
    coil = scanner.coil_sensitivity(grid, spec.coil_shading)
    curve = spec.lesion.curve if spec.lesion is not None else Curve.WASHOUT
    sigma = kinetics.dynamic_signal(Tissue.GLAND, -1.0, curve, spec.background) / spec.snr

    roles, refusal = _expected(spec)
    phases: list[sitk.Image] = []
    lesion_signal: list[float] = []
    fgt_signal: list[float] = []
    for number, time_s in enumerate(spec.times_s):
        signal = {tissue: kinetics.dynamic_signal(tissue, time_s, curve, spec.background) for tissue in Tissue}
        clean = coil * mix(patient, signal)
        if patient.lesion.any():
            lesion_signal.append(float(clean[patient.lesion].mean()))
        fgt_signal.append(float(clean[patient.fgt].mean()) if patient.fgt.any() else 0.0)
        phases.append(grid.image(scanner.rician(clean, sigma, spec.seed, f"noise of phase {number}")))

    truth = Truth(
        breast=grid.image(patient.breast),
        fgt=grid.image(patient.fgt),
        lesion=grid.image(patient.lesion) if patient.lesion.any() else None,
        lesion_centre_mm=anatomy.lesion_centre(spec),
        breast_cc=_volume(patient.breast, grid),
        fgt_cc=_volume(patient.fgt, grid),
        lesion_cc=_volume(patient.lesion, grid),
        lesion_signal=tuple(lesion_signal),
        fgt_signal=tuple(fgt_signal),
        roles=roles,
        refusal=refusal,
    )
    return PhantomStudy(spec, tuple(phases), spec.times_s, truth)


def _expected(spec: PhantomSpec) -> tuple[PhaseRoles | None, str | None]:
    """The roles of the phases by SIGNATURES' rule, or why the study must be refused."""
    if len(spec.phase_starts_s) < 3:
        return None, "too-few-phases"
    try:
        roles = choose_phases(spec.times_s, TimingSettings())
    except Refused as reason:
        return None, reason.code
    return roles, None if spec.lesion is not None else "no-lesion"


def mix(patient: Anatomy, signal: Mapping[Tissue, float]) -> Volume:
    """Each voxel's signal: its tissues' signals, by amount."""
    total = np.zeros_like(patient.amounts[Tissue.FAT])
    for tissue, amount in patient.amounts.items():
        total += amount * np.float32(signal[tissue])
    return total


def _volume(mask: Mask, grid: Grid) -> float:
    return float(np.count_nonzero(mask)) * grid.voxel_cc
