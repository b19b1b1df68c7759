"""From a spec to a study: the dynamic phases, the other series of a real examination, and the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from models.answers import Refused
from models.series import PhaseRoles
from models.settings import TimingSettings
from models.timing import choose_phases
from phantom import anatomy, kinetics, scanner
from phantom.anatomy import Anatomy
from phantom.grid import Grid, Mask, Plane, Vector, Volume
from phantom.kinetics import APPEARANCE, Contrast, Tissue
from phantom.spec import Curve, PhantomSpec


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
class Companion:
    """A series that lies beside the dynamic one and must not be taken for it."""

    kind: str
    """localizer, T2 or subtraction."""
    images: tuple[sitk.Image, ...]
    """One volume, or the localizer's single slices."""


@dataclass(frozen=True, eq=False)
class PhantomStudy:
    spec: PhantomSpec
    phases: tuple[sitk.Image, ...]
    """float32, in time order, on one grid."""
    times_s: tuple[float, ...]
    truth: Truth
    companions: tuple[Companion, ...]


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
        clean = coil * _mix(patient, signal)
        if patient.lesion.any():
            lesion_signal.append(float(clean[patient.lesion].mean()))
        fgt_signal.append(float(clean[patient.fgt].mean()) if patient.fgt.any() else 0.0)
        phases.append(grid.image(scanner.rician(clean, sigma, spec.seed, f"noise of phase {number}")))

    companions = [_localizer(spec), _t2(spec)]
    if roles is not None:
        companions.append(
            Companion("subtraction", (sitk.Clamp(phases[roles.early] - phases[roles.pre], sitk.sitkFloat32, 0.0),))
        )
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
    return PhantomStudy(spec, tuple(phases), spec.times_s, truth, tuple(companions))


def _expected(spec: PhantomSpec) -> tuple[PhaseRoles | None, str | None]:
    """The roles of the phases by SIGNATURES' rule, or why the study must be refused."""
    if len(spec.phase_starts_s) < 3:
        return None, "too-few-phases"
    try:
        roles = choose_phases(spec.times_s, TimingSettings())
    except Refused as reason:
        return None, reason.code
    return roles, None if spec.lesion is not None else "no-lesion"


def _mix(patient: Anatomy, signal: Mapping[Tissue, float]) -> Volume:
    """Each voxel's signal: its tissues' signals, by amount."""
    total = np.zeros_like(patient.amounts[Tissue.FAT])
    for tissue, amount in patient.amounts.items():
        total += amount * np.float32(signal[tissue])
    return total


def _volume(mask: Mask, grid: Grid) -> float:
    return float(np.count_nonzero(mask)) * grid.voxel_cc


def _still(spec: PhantomSpec, grid: Grid, name: str, seen: Callable[[Contrast], float]) -> sitk.Image:
    """A single, not dynamic, image of the patient."""
    patient = anatomy.build(spec, grid)
    clean = scanner.coil_sensitivity(grid, spec.coil_shading) * _mix(
        patient, {tissue: 600 * seen(APPEARANCE[tissue]) for tissue in Tissue}
    )
    return grid.image(scanner.rician(clean, 600 / spec.snr, spec.seed, f"noise of {name}"))


def _localizer(spec: PhantomSpec) -> Companion:
    """Three crossing slices of another geometry each."""
    x = 0.0 if spec.plane is Plane.AXIAL else spec.grid.position(spec.grid.size[2] // 2)[0]
    images = []
    for plane, centre in (
        (Plane.AXIAL, (0.0, 25.0, 0.0)),
        (Plane.SAGITTAL, (x or 78.0, 25.0, 0.0)),
        (Plane.CORONAL, (0.0, -25.0, 0.0)),
    ):
        grid = Grid.centred(plane, (128, 128, 1), (3.0, 3.0, 8.0), centre)
        images.append(_still(spec, grid, f"{plane} localizer", lambda c: c.not_saturated))
    return Companion("localizer", tuple(images))


def _t2(spec: PhantomSpec) -> Companion:
    """A fluid-sensitive series on a coarser grid of the same field of view."""
    full = spec.grid
    size = (full.size[0] // 2, full.size[1] // 2, max(full.size[2] // 2, 3))
    spacing = (full.spacing[0] * 2, full.spacing[1] * 2, round(full.spacing[2] * full.size[2] / size[2], 4))
    middle = np.mean([full.position(0), full.position(full.size[2] - 1)], axis=0)
    row, column = np.array(full.plane.orientation[:3], float), np.array(full.plane.orientation[3:], float)
    middle = middle + row * full.spacing[0] * (full.size[0] - 1) / 2 + column * full.spacing[1] * (full.size[1] - 1) / 2
    grid = Grid.centred(full.plane, size, spacing, (float(middle[0]), float(middle[1]), float(middle[2])))
    return Companion("T2", (_still(spec, grid, "T2", lambda c: c.t2_weighted),))
