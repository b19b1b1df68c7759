"""The other series of a real examination, which a reader must look at and set aside: localizer, T2, subtraction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from phantom import anatomy, scanner
from phantom.grid import Grid, Plane
from phantom.kinetics import APPEARANCE, Contrast, Tissue
from phantom.spec import PhantomSpec
from phantom.study import PhantomStudy, mix

#: Brings the still images into the range of stored values that scanners use.
GAIN = 600.0


@dataclass(frozen=True, eq=False)
class Companion:
    """A series that lies beside the dynamic one and must not be taken for it."""

    kind: str
    """localizer, T2 or subtraction."""
    images: tuple[sitk.Image, ...]
    """One volume, or the localizer's single slices."""


def make_companions(study: PhantomStudy) -> tuple[Companion, ...]:
    """Image the patient once more for each of them; the subtraction comes from the phases themselves."""
    found = [_localizer(study.spec), _t2(study.spec)]
    roles = study.truth.roles
    if roles is not None:
        difference = study.phases[roles.early] - study.phases[roles.pre]
        found.append(Companion("subtraction", (sitk.Clamp(difference, sitk.sitkFloat32, 0.0),)))
    return tuple(found)


def _still(spec: PhantomSpec, grid: Grid, name: str, seen: Callable[[Contrast], float]) -> sitk.Image:
    """A single, not dynamic, image of the patient."""
    patient = anatomy.build(spec, grid)
    clean = scanner.coil_sensitivity(grid, spec.coil_shading) * mix(
        patient, {tissue: GAIN * seen(APPEARANCE[tissue]) for tissue in Tissue}
    )
    return grid.image(scanner.rician(clean, GAIN / spec.snr, spec.seed, f"noise of {name}"))


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
