"""What the motion that was taken out does to the tissue: tumours keep their volume, and nothing folds.

A registration that compresses a lesion makes its measurements wrong without their looking wrong. Its field shows by how
much: the Jacobian is the local volume ratio. Only phases that were moved back have a field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilscope.models.imaging.prepared_series import PhaseMotion
from tilscope.models.imaging.regions import Lesion
from tilscope.models.preparation.motion import jacobian_range


@dataclass(frozen=True)
class LesionDeformation:
    """A lesion's volume in a phase as acquired over its volume in the first post-contrast phase, by the field."""

    lesion: int
    phase: int
    least: float
    mean: float
    greatest: float
    """Least and greatest over its voxels."""

    @property
    def change(self) -> float:
        """Of the lesion's volume, as a part of it, either way."""
        return abs(self.mean - 1)


def worst_deformation(motions: Sequence[PhaseMotion], lesions: Sequence[Lesion]) -> LesionDeformation | None:
    """That of the lesion and phase whose volume ratio is farthest from 1; None where no phase was registered.

    Parameters
    ----------
    motions : sequence of PhaseMotion
        Fields in mm, patient LPS.
    lesions : sequence of Lesion
        On the grid of the series.

    Returns
    -------
    LesionDeformation or None
        Ratios of volume.
    """
    found = [
        LesionDeformation(lesion.number, motion.number, *jacobian_range(motion.field, lesion.mask))
        for motion in motions
        if motion.field is not None
        for lesion in lesions
    ]
    return max(found, key=lambda one: one.change, default=None)


def most_compressed(motions: Sequence[PhaseMotion]) -> PhaseMotion | None:
    """The registered phase with the least local volume ratio in the breast."""
    return min((motion for motion in motions if motion.registered), key=lambda m: m.lowest_jacobian, default=None)
