"""The dynamic series as numbers: phases on one grid, each with its time after injection.

Images are SimpleITK images, so geometry travels with every volume. SimpleITK's physical space is DICOM's patient
space (LPS, millimetres); numpy views of an image are indexed [z, y, x].
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import SimpleITK as sitk


class Laterality(StrEnum):
    LEFT = "L"
    RIGHT = "R"
    BOTH = "B"

    @property
    def word(self) -> str:
        return {"L": "left", "R": "right", "B": "both"}[self.value]


@dataclass(frozen=True)
class PhaseRoles:
    """Which phases are the pre-contrast, early and late ones, as indexes into `DceSeries.phases`."""

    pre: int
    early: int
    late: int

    def name(self, index: int) -> str:
        """'pre', 'early', 'late' or '' for the phases between."""
        return {self.pre: "pre", self.early: "early", self.late: "late"}.get(index, "")


@dataclass(frozen=True, eq=False)
class Phase:
    """One volume of the dynamic series."""

    image: sitk.Image
    """float32, real-world values, right-handed grid."""
    time_s: float
    """Middle of the acquisition in seconds after the injection; negative before it."""


@dataclass(frozen=True, eq=False)
class DceSeries:
    """A dynamic contrast-enhanced series: one grid, at least three phases, in time order."""

    phases: tuple[Phase, ...]
    roles: PhaseRoles
    laterality: Laterality
    time_zero: str
    """In words: what was taken as the moment of injection."""

    @property
    def pre(self) -> sitk.Image:
        return self.phases[self.roles.pre].image

    @property
    def early(self) -> sitk.Image:
        return self.phases[self.roles.early].image

    @property
    def late(self) -> sitk.Image:
        return self.phases[self.roles.late].image
