"""From prepared volumes to lesions, and to what kind of answer they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tilscope.models.finding import Finding
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion
from tilscope.models.imaging.sides import side_of
from tilscope.models.imaging.voxels import Mask, image_of
from tilscope.models.lesions.armpit import armpits
from tilscope.models.lesions.candidates import Candidate, candidates_of
from tilscope.models.lesions.pieces import Piece
from tilscope.models.lesions.shape import solidity
from tilscope.models.lesions.signs import TELLING_CURVE, Signs, signs_of
from tilscope.models.lesions.surroundings import Level, Surroundings
from tilscope.models.lesions.traits import Traits, traits_of
from tilscope.models.lesions.uptake import Uptake
from tilscope.models.settings import SegmentationSettings

#: From this sureness on a piece is a lesion; from that on it may be one, and a person must decide.
SURE, POSSIBLE = 0.5, 0.25

#: Pieces that share voxels are about as sure as each other within so many log-odds; beyond so many all are sure enough.
ABOUT_AS_SURE, SURE_ENOUGH = 1.0, 0.8

#: Ten times the diameter makes up for a border that is half as sharp.
SIZE_TELLS = 0.3

#: What holds so much more than there is elsewhere of its kind, as a natural logarithm, is no background.
ALONE = 0.5

#: A diffuse tumour takes up more than these parts of its gland and its breast, and fills less than this of the ellipsoid that it
#: reaches through: a mass of that size has a body, and pushes fat and gland aside.
DIFFUSE_SHARE, DIFFUSE_PART_OF_BREAST, DIFFUSE_SOLIDITY = 0.3, 0.07, 0.85

#: What takes up this many times what its gland reaches, as a logarithm to base 2, is outlined by uptake alone: the curve is the
#: noisier of the two, and leaves out what of a tumour does not wash out.
CLEAR_UPTAKE = 1.0
#: ... and no more of its gland: where much of it comes as fast without taking up more, that is how this gland enhances.
MOST_BY_CURVE = 0.15

#: A further lesion takes up 1.7 times what its surroundings reach (a logarithm to base 2): its curve alone may be a patch's.
FURTHER_BORDER = 0.75

#: What makes half of the rank by size: between two sure pieces the larger one is the index lesion.
HALF_DIAMETER_MM = 10.0


@dataclass(frozen=True, eq=False)
class WeighedPiece:
    """A piece and what speaks for it."""

    candidate: Candidate
    signs: Signs
    core: Signs | None = None
    """Of a piece within it that is surer: a tumour's hot core may say most clearly what it is."""

    @property
    def piece(self) -> Piece:
        return self.candidate.piece

    @property
    def traits(self) -> Traits:
        return self.candidate.traits

    @property
    def sureness(self) -> float:
        return max(self.signs.sureness, self.core.sureness if self.core else 0.0)

    @property
    def rank(self) -> float:
        """Which comes first: sureness and size."""
        return self.sureness * self.traits.diameter_mm / (self.traits.diameter_mm + HALF_DIAMETER_MM)


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
        self.prepared, self.settings = prepared, settings
        self.uptake = Uptake.of(prepared, gland)
        self.armpit = armpits(prepared)[self.uptake.box]
        background = Surroundings.of(prepared, self.uptake, other_breast)
        self.candidates = list(candidates_of(self.uptake, self.armpit, settings, asked))
        sure = [one for one in self._examined(self.candidates, background) if _cannot_be_background(one.signs)]
        #: Without what is surely lesion: a second focus must not be measured against the first one. Not without patches that are
        #: as alike as those of both breasts: each would stand alone without the others.
        self.background = background.without((one.piece for one in sure), self.uptake)
        self.examined = self._apart(self._examined(self.candidates, self.background))

    def found(self) -> Found:
        """Lesions, likeliest first; else candidates; else nothing."""
        sure = [one for one in self.examined if one.sureness >= SURE]
        if sure:
            if self._is_diffuse(sure[0]):
                return Found(Finding.DIFFUSE, self.lesions(self._in_other_breasts(sure)))
            return Found(Finding.MASS, self.lesions(self._worth_reporting(sure)))
        possible = [one for one in self.examined if one.sureness >= POSSIBLE]
        return Found(Finding.CANDIDATES, self.lesions(possible[: self.settings.most_lesions]))

    def examine(self, piece: Piece) -> WeighedPiece:
        """A piece that somebody else has outlined."""
        traits = traits_of(piece, self.uptake, self.armpit)
        return self._weighed(Candidate(piece, traits, piece.sharpness), self.background)

    def lesions(self, examined: Iterable[WeighedPiece]) -> tuple[Lesion, ...]:
        """Weighed pieces as lesions.

        Parameters
        ----------
        examined : iterable of WeighedPiece
            The index lesion first.

        Returns
        -------
        tuple of Lesion
            On the grid of the series, numbered from 1.
        """
        lesions = []
        for number, one in enumerate(examined, start=1):
            image = image_of(self.on_the_grid(one.piece), self.prepared.series.grid)
            side = side_of(image, self.prepared.breast, self.prepared.series.laterality)
            lesions.append(Lesion(number, image, side, round(one.sureness, 3)))
        return tuple(lesions)

    def nearest(self, seed: NDArray[np.float64], reach_mm: float) -> WeighedPiece | None:
        """The piece that holds a point or lies nearest within reach.

        Parameters
        ----------
        seed : ndarray of float64, shape (3,)
            mm along z, y and x from the middle of the grid's first voxel.
        reach_mm : float
            How far from the point a piece may lie.

        Returns
        -------
        WeighedPiece or None
            None where none lies within reach.
        """
        near = [(self._distance(seed, one.piece), one) for one in self.examined]
        near = [(away, one) for away, one in near if away <= reach_mm]
        return min(near, key=lambda one: (one[0], -one[1].rank))[1] if near else None

    def _distance(self, seed: NDArray[np.float64], piece: Piece) -> float:
        """From a point to the nearest voxel's centre, 0 within the piece's voxels, mm."""
        corner = [outer.start + inner.start for outer, inner in zip(self.uptake.box, piece.box, strict=True)]
        away = np.abs((np.argwhere(piece.voxels) + corner) * self.uptake.spacing - seed)
        # A point within a voxel is in the piece, wherever in the voxel it lies.
        beyond = np.maximum(away - self.uptake.spacing / 2, 0)
        return float(np.sqrt((beyond**2).sum(axis=1).min()))

    def on_the_grid(self, piece: Piece) -> Mask:
        """A piece's voxels.

        Parameters
        ----------
        piece : Piece
            Of this search's uptake.

        Returns
        -------
        ndarray of bool, [z, y, x]
            On the grid of the series.
        """
        whole = np.zeros(self.prepared.breast.GetSize()[::-1], bool)
        whole[self.uptake.box][piece.box] = piece.voxels
        return whole

    def _examined(self, candidates: Sequence[Candidate], background: Surroundings) -> list[WeighedPiece]:
        weighed = [self._weighed(one, background) for one in candidates]
        return [one for one in weighed if not one.candidate.by_curve or _curve_tells_more(one.signs)]

    def _weighed(self, candidate: Candidate, background: Surroundings) -> WeighedPiece:
        return WeighedPiece(candidate, signs_of(candidate.piece, self.uptake, background, self.uptake.depth_mm))

    def _apart(self, examined: list[WeighedPiece]) -> list[WeighedPiece]:
        """Of pieces one within another one that keeps its voxels; all by their rank.

        The surest says that there is a lesion, and how sure that is; where it ends says, of those that are about as sure, the
        one that is outlined best: the hottest part of a tumour may be surest of all.
        """
        taken = np.zeros(self.uptake.breast.shape, bool)
        left, kept = sorted(examined, key=lambda one: -one.signs.odds), []
        while left:
            surest = left.pop(0)
            if not (taken[surest.piece.box] & surest.piece.voxels).any():
                whole = max(self._as_sure_around(surest, left, taken), key=_how_well_outlined)
                taken[whole.piece.box] |= whole.piece.voxels
                kept.append(replace(whole, core=surest.signs))
        return sorted(kept, key=lambda one: -one.rank)

    def _as_sure_around(self, surest: WeighedPiece, others: list[WeighedPiece], taken: Mask) -> list[WeighedPiece]:
        """The surest, and what shares voxels with it and is about as sure; none that holds a lesion found before."""
        marked = np.zeros_like(taken)
        marked[surest.piece.box] = surest.piece.voxels
        least = min(surest.signs.odds, SURE_ENOUGH) - ABOUT_AS_SURE
        return [surest] + [
            one
            for one in others
            if one.signs.odds >= least
            and (marked[one.piece.box] & one.piece.voxels).any()
            and not (taken[one.piece.box] & one.piece.voxels).any()
        ]

    def _worth_reporting(self, sure: list[WeighedPiece]) -> list[WeighedPiece]:
        """Beside an index lesion the smallest foci are no finding, nor is what is not set off from what surrounds it."""
        wanted = self.settings
        further = [
            one
            for one in sure[1:]
            if one.traits.diameter_mm >= wanted.minimum_further_lesion_diameter_mm
            and one.signs.border >= FURTHER_BORDER
        ]
        return [sure[0], *further[: wanted.most_lesions - 1]]

    def _is_diffuse(self, one: WeighedPiece) -> bool:
        """Whether it takes up much of gland and breast, and has no body."""
        side = self.uptake.breast & self.background.sides[self.background.side_of(one.piece)]
        part = float(np.count_nonzero(one.piece.voxels)) / max(1.0, float(np.count_nonzero(side)))
        large = one.signs.share > DIFFUSE_SHARE and part > DIFFUSE_PART_OF_BREAST
        return large and solidity(one.piece.voxels, self.uptake.spacing) < DIFFUSE_SOLIDITY

    def _in_other_breasts(self, sure: list[WeighedPiece]) -> list[WeighedPiece]:
        """The first, and what lies in another breast: of its own one it is the extent."""
        side = self.background.side_of(sure[0].piece)
        return [
            sure[0],
            *(one for one in self._worth_reporting(sure)[1:] if self.background.side_of(one.piece) != side),
        ]

    def how_much_enhances(self) -> dict[str, float]:
        """The facts of a refusal that says there is no lesion: the gland's early uptake in percent of its own signal."""
        gland = self.uptake.early[self.uptake.gland]
        median, high = np.percentile(gland, [50, 95]) if gland.size else (0.0, 0.0)
        return {"median": 100 * float(median), "high": 100 * float(high)}


def _cannot_be_background(signs: Signs) -> bool:
    return signs.sureness >= SURE and signs.compared and signs.alone >= ALONE


def _curve_tells_more(signs: Signs) -> bool:
    """Whether an outline by the curve may be better than one by uptake."""
    return signs.uptake < CLEAR_UPTAKE and signs.curve >= TELLING_CURVE and signs.share <= MOST_BY_CURVE


def _how_well_outlined(one: WeighedPiece) -> float:
    """By the sharpness of its border; of two that are as sharp the larger one holds the other for its core."""
    return float(one.candidate.sharpness * one.traits.diameter_mm**SIZE_TELLS)
