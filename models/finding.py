"""What kind of answer a study gets, and what its regions are called."""

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

    @property
    def region(self) -> str:
        """What one of the regions is."""
        return _REGIONS[self]

    def label(self, number: int) -> str:
        """What the region of that number is called, in every object and on every page.

        >>> Finding.MASS.label(1), Finding.DIFFUSE.label(1), Finding.CANDIDATES.label(2)
        ('Lesion 1', 'Diffuse enhancement 1', 'Candidate 2')
        """
        return f"{self.region} {number}"

    def counted(self, regions: int) -> str:
        """So many regions, in words.

        >>> Finding.MASS.counted(1), Finding.CANDIDATES.counted(3)
        ('1 lesion', '3 candidates')
        """
        return f"{regions} {self.region.lower()}{'' if regions == 1 else 's'}"

    @property
    def is_scored(self) -> bool:
        """Whether signatures are computed of the first region."""
        return self is not Finding.CANDIDATES


_REGIONS = {Finding.MASS: "Lesion", Finding.DIFFUSE: "Diffuse enhancement", Finding.CANDIDATES: "Candidate"}
