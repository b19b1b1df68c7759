"""A dynamic series made ready for segmentation, and what was done about the motion of its phases."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import SimpleITK as sitk

from tilscope.models.imaging.series import Cut, DceSeries, Phase


class MotionOutcome(StrEnum):
    """What was done about a phase's motion."""

    STILL = "still"
    REGISTERED = "registered"
    UNPROVEN = "unproven"

    @property
    def in_words(self) -> str:
        return {
            "still": "was too small to be taken out",
            "registered": "was taken out",
            "unproven": "could not be confirmed on fine detail, and the phase was left as acquired",
        }[self.value]


@dataclass(frozen=True, eq=False)
class PhaseMotion:
    """How one phase lay against the first post-contrast phase, over the breasts."""

    number: int
    """Of the phase, counted from 1 in time order."""
    outcome: MotionOutcome
    rms_mm: float
    p95_mm: float
    lowest_jacobian: float
    """Least local volume ratio in the breast: 1 for tissue that keeps its volume, 0 or less where the field folds."""
    field: sitk.Image | None
    """Displacements in mm, patient LPS, from the first post-contrast phase to this one, on a grid around the breasts; None
    where the phase was left as it is."""

    @property
    def registered(self) -> bool:
        """Whether the motion was taken out."""
        return self.outcome is MotionOutcome.REGISTERED


@dataclass(frozen=True, eq=False)
class EvenPhase(Phase):
    """A phase without the coil's shading, which is taken out when its image is asked for: all phases even at once would be
    twice what was read."""

    shading: sitk.Image
    """The field that the signal is divided by: float32 on the same grid."""

    def part(self, cut: Cut) -> sitk.Image:
        """The even signal where it is wanted only.

        Parameters
        ----------
        cut : callable
            Takes a part of an image on the grid of the series, in any unit.

        Returns
        -------
        SimpleITK.Image
            float32 on that part's grid, in units of the signal.
        """
        # In float32, whose quotients are the same: the operator makes an image of doubles of it.
        return sitk.Divide(super().part(cut), cut(self.shading))


@dataclass(frozen=True, eq=False)
class PreparedSeries:
    """The series as acquired, but for motion, and the same with an even field. PE and SER are the same from both."""

    series: DceSeries
    corrected: DceSeries
    breast: sitk.Image
    """The breasts without skin, both or the one imaged."""
    bias_field: sitk.Image | None
    """What every phase was divided by; 1 on (geometric) average in the breast. None where the setting is off."""
    motion: tuple[PhaseMotion, ...] = ()
    """Of every phase but the first after the injection; empty where the setting is off."""
