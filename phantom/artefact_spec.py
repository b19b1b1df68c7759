"""What goes wrong while a patient is imaged, and how much. The defaults are a scanner at its best: they change nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PhaseEncoding(StrEnum):
    """The patient's axis along which the phase is encoded: where ghosts and wrap go."""

    LEFT_RIGHT = "left-right"
    FRONT_BACK = "front-back"
    HEAD_FEET = "head-feet"

    @property
    def axis(self) -> int:
        """Of patient x, y and z."""
        return list(PhaseEncoding).index(self)


@dataclass(frozen=True)
class Artefacts:
    fat_residue: float = 1.0
    """Signal of suppressed fat over its usual one: the usual is an eighth of the gland's, on patients it is up to the half."""
    failed_suppression: float = 0.0
    """How bright fat is where its suppression fails, in smooth regions near skin and air: 1 as without suppression."""
    coil_flare: float = 0.0
    """How much brighter it is beside an element of the coil than in the middle of the breast: 1 is twice as bright."""
    ghosts: float = 0.0
    """Signal of the heart's ghosts along the phase encoding, over the heart's own."""
    wrap: float = 0.0
    """How strongly what lies beyond the field of view along the phase encoding is seen on its other side."""
    encoding: PhaseEncoding = PhaseEncoding.LEFT_RIGHT
    acquired: float = 1.0
    """Part of each in-plane axis of k-space that is measured; the rest is filled with zeros, which blurs and rings."""

    def __post_init__(self) -> None:
        if not 0 < self.fat_residue <= 8:
            raise ValueError(f"a fat residue of {self.fat_residue} is not within 0 to 8")
        for name, most in (("failed_suppression", 1.0), ("coil_flare", 4.0), ("ghosts", 0.5), ("wrap", 1.0)):
            if not 0 <= getattr(self, name) <= most:
                raise ValueError(f"{name.replace('_', ' ')} of {getattr(self, name)} is not within 0 to {most:g}")
        if not 0.4 <= self.acquired <= 1:
            raise ValueError(f"an acquired part of {self.acquired} is not within 0.4 to 1")
