"""From prepared volumes to lesions, and to what kind of answer they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.finding import Finding
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion
from tilscope.models.imaging.sides import side_of
from tilscope.models.imaging.voxels import Mask, image_of
from tilscope.models.lesions.armpit import armpits
from tilscope.models.lesions.background import Background, Level
from tilscope.models.lesions.evidence import Evidence, evidence_of
from tilscope.models.lesions.exclusions import why_not
from tilscope.models.lesions.pieces import Piece, pieces_of
from tilscope.models.lesions.traits import Traits, traits_of
from tilscope.models.lesions.uptake import Uptake
from tilscope.models.settings import SegmentationSettings

#: From this sureness on a piece is a lesion; from that on it may be one, and a person must decide.
SURE, POSSIBLE = 0.5, 0.25

#: Of a lesion that takes up more of its gland than this without a sharp border there is no mass to outline.
DIFFUSE_SHARE, DIFFUSE_BORDER = 0.3, 0.7

#: What makes half of the rank by size: between two sure pieces the larger one is the index lesion.
HALF_DIAMETER_MM = 10.0


@dataclass(frozen=True, eq=False)
class Examined:
    """A piece that no rule excludes."""

    piece: Piece
    traits: Traits
    evidence: Evidence

    @property
    def tier(self) -> int:
        """2 for what is surely a lesion, 1 for what may be one, 0 for the rest."""
        return (self.evidence.sureness >= POSSIBLE) + (self.evidence.sureness >= SURE)

    @property
    def rank(self) -> float:
        """Which comes first: sureness and size."""
        return self.evidence.sureness * self.traits.diameter_mm / (self.traits.diameter_mm + HALF_DIAMETER_MM)


@dataclass(frozen=True, eq=False)
class Found:
    """What the search has found. `lesions` is empty where nothing may be one."""

    finding: Finding
    lesions: tuple[Lesion, ...]


class LesionSearch:
    """One series, looked at once: pieces, background and what speaks for each piece."""

    def __init__(
        self,
        prepared: PreparedSeries,
        gland: Mask,
        settings: SegmentationSettings,
        other_breast: Level | None = None,
        asked: bool = False,
    ) -> None:
        """`gland` lies on the grid of the series, lesions in it; `asked`: a person points at a lesion, and no rule excludes it."""
        self.prepared, self.settings, self.asked = prepared, settings, asked
        self.uptake = Uptake.of(prepared, gland)
        self.armpit = armpits(prepared)[self.uptake.box]
        framed = np.pad(self.uptake.breast, 1)
        self.depth = ndimage.distance_transform_edt(framed, sampling=self.uptake.spacing)[1:-1, 1:-1, 1:-1]
        background = Background.of(prepared, self.uptake, other_breast)
        self.candidates = list(self._not_excluded())
        sure = [one for one in self._examined(self.candidates, background) if one.evidence.sureness >= SURE]
        #: Without what is surely lesion: a second focus must not be measured against the first one.
        self.background = background.without((one.piece for one in sure), self.uptake)
        self.examined = self._apart(self._examined(self.candidates, self.background))

    def found(self) -> Found:
        """Lesions, likeliest first; else candidates; else nothing."""
        sure = [one for one in self.examined if one.evidence.sureness >= SURE]
        if sure:
            first = sure[0].evidence
            diffuse = first.share > DIFFUSE_SHARE and first.border < DIFFUSE_BORDER
            return Found(Finding.DIFFUSE if diffuse else Finding.MASS, self.lesions(self._worth_reporting(sure)))
        possible = [one for one in self.examined if one.evidence.sureness >= POSSIBLE]
        return Found(Finding.CANDIDATES, self.lesions(possible[: self.settings.most_lesions]))

    def examine(self, piece: Piece) -> Examined:
        """A piece that somebody else has outlined."""
        traits = traits_of(piece, self.uptake, self.armpit)
        return Examined(piece, traits, evidence_of(piece, self.uptake, self.background, self.depth))

    def lesions(self, examined: Iterable[Examined]) -> tuple[Lesion, ...]:
        """On the grid of the series, numbered from 1."""
        lesions = []
        for number, one in enumerate(examined, start=1):
            image = image_of(self.on_the_grid(one.piece), self.prepared.series.grid)
            side = side_of(image, self.prepared.breast, self.prepared.series.laterality)
            lesions.append(Lesion(number, image, side, round(one.evidence.sureness, 3)))
        return tuple(lesions)

    def nearest(self, seed: NDArray[np.float64], reach_mm: float) -> Examined | None:
        """The likeliest of the pieces that lie nearest to a point within reach, mm along z, y, x from the grid's first voxel."""
        near = [(self._distance(seed, one.piece), one) for one in self._examined(self.candidates, self.background)]
        near = [(away, one) for away, one in near if away <= reach_mm]
        if not near:
            return None
        least = min(away for away, _ in near)
        return max((one for away, one in near if away <= least + 1e-6), key=lambda one: (one.tier, one.piece.sharpness))

    def _distance(self, seed: NDArray[np.float64], piece: Piece) -> float:
        """From a point to the nearest voxel's centre, 0 within the piece's voxels, mm."""
        corner = [outer.start + inner.start for outer, inner in zip(self.uptake.box, piece.box, strict=True)]
        away = np.abs((np.argwhere(piece.voxels) + corner) * self.uptake.spacing - seed)
        # A point within a voxel is in the piece, wherever in the voxel it lies.
        beyond = np.maximum(away - self.uptake.spacing / 2, 0)
        return float(np.sqrt((beyond**2).sum(axis=1).min()))

    def on_the_grid(self, piece: Piece) -> Mask:
        """A piece's voxels on the grid of the series."""
        whole = np.zeros(self.prepared.breast.GetSize()[::-1], bool)
        whole[self.uptake.box][piece.box] = piece.voxels
        return whole

    def _not_excluded(self) -> Iterator[tuple[Piece, Traits]]:
        wanted = self.settings
        for piece in pieces_of(self.uptake, wanted.minimum_lesion_diameter_mm, wanted.least_uptake_percent / 100):
            traits = traits_of(piece, self.uptake, self.armpit)
            if self.asked or why_not(traits) is None:
                yield piece, traits

    def _examined(self, candidates: Sequence[tuple[Piece, Traits]], background: Background) -> list[Examined]:
        return [
            Examined(piece, traits, evidence_of(piece, self.uptake, background, self.depth))
            for piece, traits in candidates
        ]

    def _apart(self, examined: list[Examined]) -> list[Examined]:
        """Of pieces one within another the one with the sharpest border, if it is as sure as others; all by their rank.

        The hottest part of a tumour is surest of all, and yet it is the tumour that has the border.
        """
        taken = np.zeros(self.uptake.breast.shape, bool)
        kept = []
        for one in sorted(examined, key=lambda one: (-one.tier, -one.piece.sharpness)):
            if not (taken[one.piece.box] & one.piece.voxels).any():
                taken[one.piece.box] |= one.piece.voxels
                kept.append(one)
        return sorted(kept, key=lambda one: -one.rank)

    def _worth_reporting(self, sure: list[Examined]) -> list[Examined]:
        """Beside an index lesion the smallest foci are no finding."""
        wanted = self.settings
        large = [one for one in sure[1:] if one.traits.diameter_mm >= wanted.minimum_further_lesion_diameter_mm]
        return [sure[0], *large[: wanted.most_lesions - 1]]

    def how_much_enhances(self) -> dict[str, float]:
        """The facts of a refusal that says there is no lesion: the gland's early uptake in percent of its own signal."""
        gland = self.uptake.early[self.uptake.gland]
        median, high = np.percentile(gland, [50, 95]) if gland.size else (0.0, 0.0)
        return {"median": 100 * float(median), "high": 100 * float(high)}
