"""The documentation's pictures of page and viewer: what the browser tests saw last, cut to what a reader needs.

`make page-pictures` runs those tests and then this; look at the pictures before they are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
SEEN, DOCS = Path(__file__).resolve().parent / "output", ROOT / "docs"
#: A palette is enough for pages, and a third of the size. By coverage: the few red pixels of a warning keep their colour.
COLOURS = 256


@dataclass(frozen=True)
class Picture:
    """One of the documentation's, and the one that a test keeps of it."""

    name: str
    seen: str
    height: int
    """From the top, in pixels: what lies below is cut off."""


PICTURES = (
    Picture("page-study", "page-study", 1900),
    Picture("page-needs-reader", "page-needs-reader", 2100),
    Picture("page-list", "page-list-1400-dark", 700),
    Picture("page-phone", "page-studies-uid-page-360-light", 1500),
    Picture("page-refused", "page-refused-with-picture", 1500),
    Picture("viewer-axial", "segmentation-axial", 900),
    Picture("viewer-sagittal", "segmentation-sagittal", 900),
    Picture("viewer-report", "report", 900),
)


def main() -> None:
    for picture in PICTURES:
        with Image.open(SEEN / f"{picture.seen}.png") as whole:
            cut = whole.convert("RGB").crop((0, 0, whole.width, min(whole.height, picture.height)))
        cut.quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(DOCS / f"{picture.name}.png", optimize=True)


if __name__ == "__main__":
    main()
