"""The dynamic series as numbers: phases on one grid, each with its time after injection.

Images are SimpleITK images, so geometry travels with every volume. SimpleITK's physical space is DICOM's patient
space (LPS, millimetres); numpy views of an image are indexed [z, y, x].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import SimpleITK as sitk

from tilscope.models.imaging.voxels import Mask, Volume, box_of, part_of, values_of

Cut = Callable[[sitk.Image], sitk.Image]


class Laterality(StrEnum):
    LEFT = "L"
    RIGHT = "R"
    BOTH = "B"

    @property
    def word(self) -> str:
        return {"L": "left", "R": "right", "B": "both"}[self.value]

    @property
    def the_breasts(self) -> str:
        """Within a sentence."""
        return self.breasts if self is Laterality.BOTH else f"the {self.breasts}"

    @property
    def whole(self) -> str:
        """Heading of what is measured of all that is imaged: of two breasts together, and not of either."""
        return "Both breasts together" if self is Laterality.BOTH else f"Breast, {self.word}"

    @property
    def breasts(self) -> str:
        return "both breasts" if self is Laterality.BOTH else f"{self.word} breast"


def after_injection(assumed: bool) -> str:
    """What follows '177 s' in a sentence."""
    return "after the assumed injection" if assumed else "after injection"


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

    stored: sitk.Image
    """Real-world values on a right-handed grid, in a type that holds them exactly: 16-bit where they are such integers."""
    time_s: float
    """Middle of the acquisition in seconds after the injection; negative before it."""

    @property
    def image(self) -> sitk.Image:
        """The signal as float32 on the grid of the series, to compute with: a difference of unsigned integers would wrap. Made anew at each call."""
        return self.part(lambda whole: whole)

    def part(self, cut: Cut) -> sitk.Image:
        """The signal as float32 where it is wanted only.

        Parameters
        ----------
        cut : callable
            Takes a part of an image on the grid of the series, in any unit.

        Returns
        -------
        SimpleITK.Image
            float32 on that part's grid, in units of the signal.
        """
        cut_out = cut(self.stored)
        return cut_out if cut_out.GetPixelID() == sitk.sitkFloat32 else sitk.Cast(cut_out, sitk.sitkFloat32)

    def within(self, box: tuple[slice, slice, slice]) -> Volume:
        """The signal in a box, of which no more is computed.

        Parameters
        ----------
        box : tuple of slice
            Indices along z, y and x of the grid of the series.

        Returns
        -------
        ndarray of float32, [z, y, x]
            In units of the signal.
        """
        return values_of(self.part(lambda whole: part_of(whole, box)))

    def at(self, region: Mask) -> Volume:
        """The signal at a region's voxels.

        Parameters
        ----------
        region : ndarray of bool, [z, y, x]
            On the grid of the series; not empty.

        Returns
        -------
        ndarray of float32, shape (n,)
            In units of the signal, in the order of the voxels.
        """
        box = box_of(region)
        return self.within(box)[region[box]]


@dataclass(frozen=True, eq=False)
class DceSeries:
    """A dynamic contrast-enhanced series: one grid, at least three phases, in time order."""

    phases: tuple[Phase, ...]
    roles: PhaseRoles
    laterality: Laterality
    time_zero: str
    """In words: what was taken as the moment of injection."""
    time_zero_assumed: bool = False
    """True where nothing tells when the injection was."""

    @property
    def after_injection(self) -> str:
        """For sentences about times: 'after injection', or after the assumed one."""
        return after_injection(self.time_zero_assumed)

    @property
    def grid(self) -> sitk.Image:
        """An image on the grid of all phases, for its geometry only."""
        return self.phases[0].stored

    @property
    def first_post(self) -> int:
        """Index of the first phase after the injection: the one after the last before it."""
        return self.roles.pre + 1

    @property
    def pre(self) -> sitk.Image:
        """The pre-contrast phase, float32 signal on the series' grid. Made anew at each call."""
        return self.phases[self.roles.pre].image

    @property
    def early(self) -> sitk.Image:
        """The early phase, float32 signal on the series' grid. Made anew at each call."""
        return self.phases[self.roles.early].image

    @property
    def late(self) -> sitk.Image:
        """The late phase, float32 signal on the series' grid. Made anew at each call."""
        return self.phases[self.roles.late].image
