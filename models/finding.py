"""What kind of answer a study gets."""

from __future__ import annotations

from enum import StrEnum


class Finding(StrEnum):
    """What kind of answer the regions are: between a sure mass and nothing at all stand two more."""

    MASS = "mass"
    """Lesions that stand out from what surrounds them."""
    DIFFUSE = "diffuse"
    """A large part of the gland enhances as a tumour does: one region, its extent, no outline of a mass."""
    CANDIDATES = "candidates"
    """Something may be a lesion and nothing is surely one: a person must decide which, and nothing is scored until then."""
