"""What there is to find in a breast, and what must not be taken for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tilscope.models.imaging.series import Laterality

#: A lesion larger than this would not fit between skin and chest wall.
LARGEST_LESION_MM = 60.0
SMALLEST_LESION_MM = 4.0


class CurveShape(StrEnum):
    """Shape of the lesion's enhancement curve (BI-RADS MRI: the delayed phase)."""

    PERSISTENT = "persistent"
    PLATEAU = "plateau"
    WASHOUT = "washout"


class LesionKind(StrEnum):
    """Shape, margin and internal enhancement of a lesion, in BI-RADS' words."""

    ROUND = "round"
    """A smooth ball."""
    LOBULATED = "lobulated"
    SPICULATED = "spiculated"
    """A lobulated body with thin strands that pull into the tissue around it."""
    RIM = "rim"
    """A thin wall that enhances around a centre that hardly does."""
    NON_MASS = "non-mass"
    """Clumps in a cone towards the nipple, without a body."""


@dataclass(frozen=True)
class LesionSpec:
    side: Laterality = Laterality.LEFT
    diameter_mm: float = 24.0
    """Of the body without spiculae; of non-mass enhancement its length."""
    lobulation: float = 0.15
    """How far the border leaves the sphere, as a fraction of the radius (standard deviation); 0 is a sphere."""
    curve: CurveShape = CurveShape.WASHOUT
    necrotic_core: bool = True
    """A centre that enhances slowly, as in many large cancers."""
    kind: LesionKind = LesionKind.LOBULATED

    def __post_init__(self) -> None:
        if self.side is Laterality.BOTH:
            raise ValueError("a lesion lies in the left or the right breast")
        if not SMALLEST_LESION_MM <= self.diameter_mm <= LARGEST_LESION_MM:
            raise ValueError(
                f"a lesion of {self.diameter_mm} mm is not within {SMALLEST_LESION_MM:g} to {LARGEST_LESION_MM:g} mm"
            )
        if not 0 <= self.lobulation <= 0.3:
            raise ValueError(f"lobulation {self.lobulation} is not within 0 to 0.3")


@dataclass(frozen=True)
class Distractors:
    """What else is seen in a breast and is no lesion. Heart, great vessels and skin are always there."""

    nodes_a_side: int = 1
    """Axillary lymph nodes: they enhance as cancers do, round a fatty hilum."""
    cysts: int = 0
    """In each breast: dark before contrast and after it."""
    implants: bool = False
    """On both sides, between gland and muscle."""

    def __post_init__(self) -> None:
        if not 0 <= self.nodes_a_side <= 3:
            raise ValueError(f"{self.nodes_a_side} nodes a side are not within 0 to 3")
        if not 0 <= self.cysts <= 6:
            raise ValueError(f"{self.cysts} cysts a breast are not within 0 to 6")
