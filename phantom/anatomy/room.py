"""Lesions, implants, cysts and nodes: what comes first displaces what comes later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilscope.phantom.anatomy.axilla import nodes_of
from tilscope.phantom.anatomy.breasts import breasts_of
from tilscope.phantom.anatomy.inserts import cyst, implant_of
from tilscope.phantom.anatomy.lesions import dull_part, lesion_body
from tilscope.phantom.anatomy.placement import Ball, cyst_places
from tilscope.phantom.anatomy.shapes import Box, Coordinates, around, ellipsoid, inside
from tilscope.phantom.grid import Mask, PhantomGrid, Vector, Volume
from tilscope.phantom.lesion_spec import CurveShape
from tilscope.phantom.signal import LESION_WITH, Tissue
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.texture import generator, smooth_field


@dataclass(frozen=True, eq=False)
class Part:
    """A tissue that fills only a small box of the volume."""

    tissue: Tissue
    box: Box
    amount: Volume


class Room:
    """What of each voxel nothing has taken yet."""

    def __init__(self, spec: PhantomSpec, grid: PhantomGrid, fill: Volume, voxel: float) -> None:
        """`fill` is the part of a voxel between skin and chest muscle."""
        self.spec, self.grid, self.voxel = spec, grid, voxel
        self.here = grid.coordinates()
        self.fill = fill
        self.free = np.ones(grid.shape, dtype=np.float32)
        self.parts: list[Part] = []

    def take(self, box: Box, amount: Volume) -> Volume:
        """Give a tissue what is still free of the voxels that it wants.

        Parameters
        ----------
        box : tuple of slice
            Indices of slices, rows and columns.
        amount : ndarray of float32, [slice, row, column]
            What it wants in the box, 0 to 1.

        Returns
        -------
        ndarray of float32, [slice, row, column]
            What it gets in the box, 0 to 1.
        """
        taken: Volume = amount * self.free[box]
        self.free[box] -= taken
        return taken

    def lesions(self, places: tuple[Ball, ...]) -> tuple[Mask, ...]:
        """Put the lesions of the spec.

        Parameters
        ----------
        places : tuple of Ball
            Where each lies: patient LPS, mm.

        Returns
        -------
        tuple of ndarray of bool, [slice, row, column]
            True where a lesion fills more than half of a voxel; in the order of the spec.
        """
        breasts = {breast.side: breast for breast in breasts_of(self.spec)}
        masks = []
        for number, (lesion, ball) in enumerate(zip(self.spec.lesions, places, strict=True)):
            # Named by its breast, so that a sagittal examination of that breast shows the same lesion.
            name = f"{ball.side.word} {sum(other.side is ball.side for other in places[:number]) + 1}"
            mask = self._nowhere()
            masks.append(mask)
            body = lesion_body(self.spec, lesion, ball, breasts[ball.side], name, self.grid, self.voxel)
            if body is None:
                continue
            amount = self.take(body.box, body.amount * self.fill[body.box])
            mask[body.box] = amount > 0.5
            textured = amount * (1 + 0.06 * smooth_field(self.spec.seed, f"lesion grain {name}", 5.0, *body.here))
            scale_mm = max(4.0, 0.2 * lesion.diameter_mm)
            self.tumour(lesion.curve, body.box, textured * (1 - body.core), name, scale_mm, body.here)
            if body.core.any():
                core = Tissue.NECROSIS if self.spec.body.dark_core else Tissue.LESION_CORE
                self.parts.append(Part(core, body.box, textured * body.core))
        return tuple(masks)

    def tumour(
        self, curve: CurveShape, box: Box, amount: Volume, name: str, scale_mm: float, here: Coordinates
    ) -> None:
        """Make this amount tumour, the whole of it alike or parts of it duller.

        Parameters
        ----------
        curve : CurveShape
            Of the parts that enhance most.
        box : tuple of slice
            Indices of slices, rows and columns.
        amount : ndarray of float32, [slice, row, column]
            Tumour in the box, 0 to 1.
        name : str
            Another tumour has other bumps.
        scale_mm : float
            How wide its bumps are.
        here : tuple of ndarray of float32
            The box's patient x, y and z in mm, LPS, that broadcast to [slice, row, column].
        """
        amount = amount * np.float32(self.spec.body.tumour_brightness)
        if self.spec.body.tumour_spread:
            dull = amount * dull_part(self.spec, name, scale_mm, here)
            self.parts.append(Part(Tissue.DULL_TUMOUR, box, dull))
            amount = amount - dull
        self.parts.append(Part(LESION_WITH[curve], box, amount))

    def clip(self, places: tuple[Ball, ...]) -> Mask:
        """Put the void of a biopsy clip half way to the index lesion's border: it takes room and has no signal.

        Parameters
        ----------
        places : tuple of Ball
            Where the lesions lie: patient LPS, mm.

        Returns
        -------
        ndarray of bool, [slice, row, column]
            True where it fills more than half of a voxel.
        """
        mask = self._nowhere()
        for ball in places[:1]:
            away = generator(self.spec.seed, "clip").standard_normal(3)
            centre = np.add(ball.centre, 0.5 * ball.radius * away / np.linalg.norm(away))
            x, y, z = (float(c) for c in centre)
            radius = self.spec.body.clip_mm / 2
            if (near := self._near((x, y, z), (radius,) * 3)) is not None:
                box, here = near
                void = inside(ellipsoid(here, (x, y, z), (radius,) * 3), self.voxel)
                mask[box] = self.take(box, void * self.fill[box]) > 0.5
        return mask

    def implants(self) -> Mask:
        """Put an implant into each breast.

        Returns
        -------
        ndarray of bool, [slice, row, column]
            True where one fills more than half of a voxel.
        """
        mask = self._nowhere()
        for breast in breasts_of(self.spec):
            centre, radii = implant_of(breast)
            if (near := self._near(centre, radii)) is not None:
                box, here = near
                self._put(Tissue.SILICONE, box, inside(ellipsoid(here, centre, radii), self.voxel), mask)
        return mask

    def cysts(self, places: tuple[Ball, ...]) -> Mask:
        """Put cysts where lesions leave room.

        Parameters
        ----------
        places : tuple of Ball
            Where the lesions lie: patient LPS, mm.

        Returns
        -------
        ndarray of bool, [slice, row, column]
            True where one fills more than half of a voxel.
        """
        mask = self._nowhere()
        for number, ball in enumerate(cyst_places(self.spec, places)):
            bright = self.spec.body.bright_cysts and number % 2 == 0
            if (near := self._near(ball.centre, (ball.radius, ball.radius, ball.radius))) is not None:
                box, here = near
                wall = cyst(self.spec, here, ball.centre, ball.radius)
                self._put(Tissue.BRIGHT_CYST if bright else Tissue.CYST, box, inside(wall, self.voxel), mask)
        return mask

    def nodes(self) -> Mask:
        """Put the armpits' nodes. The hilum belongs to the node, though it is fat.

        Returns
        -------
        ndarray of bool, [slice, row, column]
            True where one fills more than half of a voxel.
        """
        mask = self._nowhere()
        for node in nodes_of(self.spec):
            if (near := self._near(node.centre, node.radii)) is not None:
                box, here = near
                whole = inside(ellipsoid(here, node.centre, node.radii), self.voxel)
                self._put(Tissue.NODE, box, whole * (1 - inside(ellipsoid(here, *node.hilum), self.voxel)), mask)
                mask[box] |= whole * self.fill[box] > 0.5
        return mask

    def _put(self, tissue: Tissue, box: Box, amount: Volume, mask: Mask) -> None:
        taken = self.take(box, amount * self.fill[box])
        mask[box] |= taken > 0.5
        self.parts.append(Part(tissue, box, taken))

    def _near(self, centre: Vector, radii: Vector) -> tuple[Box, Coordinates] | None:
        x, y, z = (1.2 * radius + 2 * self.voxel for radius in radii)
        return around(self.here, centre, (x, y, z))

    def _nowhere(self) -> Mask:
        return np.zeros(self.grid.shape, dtype=bool)
