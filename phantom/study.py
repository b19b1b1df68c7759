"""From a spec to a study: the dynamic phases and the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from tilscope.models.finding import Finding
from tilscope.models.imaging.series import PhaseRoles
from tilscope.models.kinetics.timing import choose_phases
from tilscope.models.refusals import Refused
from tilscope.models.settings import TimingSettings
from tilscope.phantom import anatomy
from tilscope.phantom import patient_motion as motion
from tilscope.phantom.anatomy import Anatomy
from tilscope.phantom.body_traits import DiffuseTumour
from tilscope.phantom.grid import Mask, PhantomGrid, Vector
from tilscope.phantom.imaging import Examination, mix, patient_seen
from tilscope.phantom.signal import Tissue, dynamic_signal
from tilscope.phantom.spec import LesionSpec, PhantomSpec

__all__ = ["LesionSpec", "LesionTruth", "PhantomSpec", "PhantomStudy", "Truth", "make_study", "true_enhancement"]


@dataclass(frozen=True, eq=False)
class LesionTruth:
    """One lesion where the images show it."""

    spec: LesionSpec
    centre_mm: Vector
    mask: sitk.Image
    cc: float
    signal: tuple[float, ...]
    """Mean signal, phase by phase, without noise."""


@dataclass(frozen=True, eq=False)
class DiffuseTruth:
    """A diffuse tumour where the images show it."""

    spec: DiffuseTumour
    mask: sitk.Image
    cc: float
    signal: tuple[float, ...]
    """Mean signal, phase by phase, without noise."""


@dataclass(frozen=True, eq=False)
class Truth:
    """What a perfect reader would find. `lesion` and what begins with it concern the index lesion."""

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
    lesions: tuple[LesionTruth, ...]
    """Every lesion in the field of view, the index lesion first."""
    diffuse: DiffuseTruth | None
    distractors: dict[str, sitk.Image]
    """Masks of what must not be reported: heart, great vessels, vessels, skin, nodes, cysts, implants, clips."""
    displacements: tuple[sitk.Image | None, ...]
    """Phase by phase, from where a tissue is seen to where it is in the first post-contrast phase; None: not moved."""

    @property
    def finding(self) -> Finding | None:
        """What kind of answer is right; None where there is nothing to find."""
        if self.diffuse is not None:
            return Finding.DIFFUSE
        return Finding.MASS if self.lesions else None

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
    examination = Examination.of(spec)
    patient, coil = examination.seen.patient, examination.seen.coil

    roles, refusal = _expected(spec)
    displacements = tuple(_displacement(spec, number, grid, patient) for number in range(len(spec.times_s)))
    phases: list[sitk.Image] = []
    seen = [np.flatnonzero(mask) for mask in (patient.fgt, patient.diffuse, *patient.lesions)]
    curves: list[list[float]] = [[] for _ in seen]
    for number, time_s in enumerate(spec.times_s):
        still = examination.still(time_s)
        clean = coil * still
        for curve, where in zip(curves, seen, strict=True):
            curve.append(float(clean.ravel()[where].mean()) if len(where) else 0.0)
        if (field := displacements[number]) is not None:
            clean = coil * motion.moved(still, field, grid)
        phases.append(grid.image(examination.image(clean, number, time_s)))

    lesions = tuple(
        LesionTruth(lesion, ball.centre, grid.image(mask), _volume(mask, grid), tuple(curve))
        for lesion, ball, mask, curve in zip(
            spec.lesions, anatomy.lesion_places(spec), patient.lesions, curves[2:], strict=True
        )
        if mask.any()
    )
    index = lesions[0] if patient.lesion.any() else None
    truth = Truth(
        breast=grid.image(patient.breast),
        fgt=grid.image(patient.fgt),
        lesion=index.mask if index is not None else None,
        lesion_centre_mm=index.centre_mm if index is not None else None,
        breast_cc=_volume(patient.breast, grid),
        fgt_cc=_volume(patient.fgt, grid),
        lesion_cc=index.cc if index is not None else 0.0,
        lesion_signal=index.signal if index is not None else (),
        fgt_signal=tuple(curves[0]),
        roles=roles,
        refusal=refusal,
        lesions=lesions,
        diffuse=_diffuse(spec, patient, grid, tuple(curves[1])),
        distractors={name: grid.image(mask) for name, mask in patient.distractors.items() if mask.any()},
        displacements=displacements,
    )
    return PhantomStudy(spec, tuple(phases), spec.times_s, truth)


def _diffuse(spec: PhantomSpec, patient: Anatomy, grid: PhantomGrid, signal: tuple[float, ...]) -> DiffuseTruth | None:
    if spec.body.diffuse is None or not patient.diffuse.any():
        return None
    mask = grid.image(patient.diffuse)
    return DiffuseTruth(spec.body.diffuse, mask, _volume(patient.diffuse, grid), signal)


def true_enhancement(spec: PhantomSpec) -> sitk.Image:
    """Early PE of every voxel without noise and without motion; 0 in air. Coil shading cancels in it.

    Parameters
    ----------
    spec : PhantomSpec
        The patient and her examination.

    Returns
    -------
    SimpleITK.Image
        float32, a ratio: 1 where the signal doubles; on the grid of the spec.

    Raises
    ------
    ValueError
        The phases have no roles.
    """
    roles, _ = _expected(spec)
    if roles is None:
        raise ValueError("the phases of this study have no roles: there is no early enhancement")
    patient = patient_seen(spec, spec.grid)
    pre, early = (
        mix(patient, {tissue: dynamic_signal(spec, tissue, spec.times_s[i]) for tissue in Tissue})
        for i in (roles.pre, roles.early)
    )
    return spec.grid.image(np.divide(early - pre, pre, out=np.zeros_like(pre), where=pre > 0))


def _displacement(spec: PhantomSpec, phase: int, grid: PhantomGrid, patient: Anatomy) -> sitk.Image | None:
    """How the patient moved in this phase. Lesion and breast of the truth are those of the first post-contrast phase."""
    frame_of_reference = next((number for number, time_s in enumerate(spec.times_s) if time_s >= 0), None)
    if spec.motion is None or phase == frame_of_reference:
        return None
    if spec.motion.phases is not None and phase not in spec.motion.phases:
        return None
    return motion.displacement(spec.motion, spec.seed, phase, grid, patient.breast)


def _expected(spec: PhantomSpec) -> tuple[PhaseRoles | None, str | None]:
    """The roles of the phases by SIGNATURES' rule, or why the study must be refused."""
    if len(spec.phase_starts_s) < 3:
        return None, "too-few-phases"
    try:
        roles = choose_phases(spec.times_s, TimingSettings())
    except Refused as reason:
        return None, reason.code
    return roles, None if spec.sides_of_tumours else "no-lesion"


def _volume(mask: Mask, grid: PhantomGrid) -> float:
    return float(np.count_nonzero(mask)) * grid.voxel_cc
