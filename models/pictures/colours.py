"""Every colour that a picture uses, sRGB. All of them stay apart in grey print."""

from __future__ import annotations

from dataclasses import dataclass

from tilscope.models.kinetics.ftv import SER_BORDERS

Colour = tuple[int, int, int]

#: Of the lesions, in segmentations, pictures and tables alike.
LESION_COLOURS: tuple[Colour, ...] = (
    (255, 122, 0), (232, 62, 140), (255, 193, 7), (142, 68, 236), (0, 188, 212),
)  # fmt: skip
BREAST_COLOUR: Colour = (170, 190, 160)
FGT_COLOUR: Colour = (72, 160, 220)
RING_COLOUR: Colour = (120, 200, 120)

#: The trial's bins of SER, the last with all that lies above it. From blue, still rising, to red, washing out, as in the
#: trial's maps; each has a grey of its own, at least 30 of 255 from the next.
SER_COLOURS: tuple[Colour, ...] = ((24, 48, 170), (60, 170, 80), (255, 228, 70), (245, 145, 40), (215, 40, 40))
SER_BINS: tuple[tuple[float, float], ...] = tuple(zip(SER_BORDERS[:5], (*SER_BORDERS[1:5], float("inf")), strict=True))


def lesion_colour(index: int) -> Colour:
    return LESION_COLOURS[index % len(LESION_COLOURS)]


@dataclass(frozen=True)
class Style:
    """The surface that a picture is drawn on, and how large its words are."""

    paper: Colour
    ink: Colour
    faint: Colour
    """For grids and for words that say less."""
    text: float
    """Height of letters, in the units of the drawing."""


#: For screens in dark rooms.
DARK = Style(paper=(0, 0, 0), ink=(240, 243, 246), faint=(132, 143, 154), text=9.0)
#: For paper.
LIGHT = Style(paper=(255, 255, 255), ink=(29, 39, 51), faint=(120, 131, 142), text=6.6)
