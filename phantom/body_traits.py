"""What the bodies of real patients show beside the usual: how a tumour, a gland, skin and muscle may look.

The defaults change nothing: a patient without these traits is the same to the last bit as one from before there were any.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tilscope.models.imaging.series import Laterality
from tilscope.phantom.lesion_spec import CurveShape

#: Healthy skin of the breast, mm.
USUAL_SKIN_MM = 2.2
THICKEST_SKIN_MM = 10.0


@dataclass(frozen=True)
class DiffuseTumour:
    """A tumour that has no body: it grows through the gland (inflammatory and diffuse lobular cancer do)."""

    side: Laterality = Laterality.LEFT
    gland_share: float = 0.45
    """Of the breast's gland that it has taken."""
    curve: CurveShape = CurveShape.WASHOUT

    def __post_init__(self) -> None:
        if self.side is Laterality.BOTH:
            raise ValueError("a diffuse tumour lies in the left or the right breast")
        if not 0.2 <= self.gland_share <= 0.8:
            raise ValueError(f"a gland share of {self.gland_share} is not within 0.2 to 0.8")


@dataclass(frozen=True)
class BodyTraits:
    diffuse: DiffuseTumour | None = None
    tumour_spread: float = 0.0
    """How unevenly tumours enhance: 0 alike everywhere, 1 down to half of what they enhance by at most."""
    tumour_gain: float = 1.0
    """Exchange of tumours with the blood over the usual one of their curve: more of it is more enhancement and washout."""
    tumour_brightness: float = 1.0
    """Signal of tumours before contrast over the usual one."""
    dark_core: bool = False
    """Cores of lesions are dead tissue: dark before contrast and after it."""
    clip_mm: float = 0.0
    """Diameter of the signal void of a biopsy clip in the index lesion; 0 is none."""
    patches: float = 0.0
    """How patchy the gland enhances, in both breasts: 0 as usual, 1 whole lobules vividly and others hardly."""
    background_gain: float = 1.0
    """Exchange of the gland with the blood over the usual one of its background's word."""
    texture: float = 0.0
    """How uneven the gland's signal is from millimetre to millimetre: 0 hardly, 1 by a third."""
    fibres: float = 0.0
    """How many thin sheets of fibrous tissue run through fat and gland: 0 the ligaments only, 1 many."""
    skin_mm: float = USUAL_SKIN_MM
    thick_skin_mm: float = 0.0
    """What oedema thickens the skin to on the side of the tumour, at most; 0 is no thickening."""
    skin_brightness: float = 1.0
    """Signal of skin over its usual one."""
    muscle_brightness: float = 1.0
    """Signal of muscle over its usual one; about 1.1 is as bright as gland."""
    bright_cysts: bool = False
    """Every other cyst holds protein or old blood, and is bright before contrast."""

    def __post_init__(self) -> None:
        for name in ("tumour_spread", "patches", "texture", "fibres"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name.replace('_', ' ')} of {getattr(self, name)} is not within 0 to 1")
        if not 0 <= self.clip_mm <= 10:
            raise ValueError(f"a clip's void of {self.clip_mm} mm is not within 0 to 10 mm")
        if not 1 <= self.skin_mm <= 4:
            raise ValueError(f"skin of {self.skin_mm} mm is not within 1 to 4 mm")
        if self.thick_skin_mm and not self.skin_mm <= self.thick_skin_mm <= THICKEST_SKIN_MM:
            raise ValueError(
                f"thickened skin of {self.thick_skin_mm} mm is not within its own to {THICKEST_SKIN_MM:g} mm"
            )
        for name in ("skin_brightness", "muscle_brightness", "tumour_brightness", "tumour_gain", "background_gain"):
            if not 0.25 <= getattr(self, name) <= 4:
                raise ValueError(f"{name.replace('_', ' ')} of {getattr(self, name)} is not within 0.25 to 4")

    @property
    def thickest_skin_mm(self) -> float:
        return max(self.skin_mm, self.thick_skin_mm)

    def with_tumour_on(self, side: Laterality) -> BodyTraits:
        """The same with the diffuse tumour, where there is one, in this breast."""
        return self if self.diffuse is None else replace(self, diffuse=replace(self.diffuse, side=side))
