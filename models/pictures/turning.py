"""The subtraction as a projection that turns about the patient's long axis, of the breasts alone: the heart would hide them.

A full turn, seen from the front first. What is seen from behind is the mirror image of what is seen from the front, so that
half of the projections are computed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import Mask, Volume, box_of, image_of, mask_of, part_of, values_of
from tilscope.models.pictures.colours import DARK
from tilscope.models.pictures.drawing import Drawing, Picture, Pixels, Text
from tilscope.models.pictures.exhibit import Window, grey
from tilscope.models.pictures.panels import WHITE, fitting, scale_bar
from tilscope.models.pictures.raster import pixels_of
from tilscope.models.pictures.upright import letters_of

#: Frames of a full turn.
FRAMES = 30
STEP_DEGREES = 360 // FRAMES
#: The longer side of the breasts in samples of a projection at most, and of a frame in pixels.
_SAMPLES = 224
_PIXELS = 320
#: Letters of 9 units are 13 pixels high.
_PER_UNIT = 1.5
#: Around the breasts, so that no letter lies on them.
_AROUND_MM = 8.0
#: Of what is seen of the breasts: the noise that every projection gathers, and what is burnt out to white at most.
_DULL_PERCENTILE, _BRIGHT_PERCENTILE = 40.0, 99.5
#: The floor stays below this part of white: a weak lesion must not sink.
_FLOOR_AT_MOST = 1 / 3

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """Whence one frame is seen, on the screen's axes, in the patient (LPS)."""

    degrees: float
    """0 is from the front; then the patient's left side comes forward."""

    @property
    def right(self) -> Vector:
        """Where the right edge of the screen lies: a unit vector, [x y z] in the patient (LPS)."""
        turned = math.radians(self.degrees)
        return np.array([math.cos(turned), math.sin(turned), 0.0])

    @property
    def onward(self) -> Vector:
        """The direction in which one looks: a unit vector, [x y z] in the patient (LPS)."""
        turned = math.radians(self.degrees)
        return np.array([-math.sin(turned), math.cos(turned), 0.0])

    @property
    def direction(self) -> Vector:
        """[axis of the patient, axis of the screen]: right, down and onward, as unit vectors."""
        return np.stack([self.right, np.array([0.0, 0.0, -1.0]), self.onward], axis=1)


@dataclass(frozen=True, eq=False)
class TurningProjection:
    """The subtraction inside the breasts, black around them."""

    inside: sitk.Image
    """Early minus pre, float32, 0 outside; no larger than the breasts."""
    shown: Mask
    """[z, y, x]: breasts and lesions, on the same grid."""
    notice: str
    """Stands on every frame."""

    @classmethod
    def of(cls, series: DceSeries, regions: Regions, notice: str) -> TurningProjection:
        """Of a scored series.

        Parameters
        ----------
        series : DceSeries
            Free of motion.
        regions : Regions
            On the grid of the series; the lesions are shown even where they leave the breast.
        notice : str
            Words for every frame.

        Returns
        -------
        TurningProjection
            Nothing is projected yet.
        """
        shown: Mask = mask_of(regions.breast)
        for lesion in regions.lesions:
            shown = shown | mask_of(lesion.mask)
        # The margin is black: what is interpolated at the border must not end in the air.
        box = box_of(shown, 1)
        early, pre = (
            values_of(series.phases[index].part(lambda whole: part_of(whole, box)))
            for index in (series.roles.early, series.roles.pre)
        )
        inside = np.where(shown[box], np.maximum(early - pre, 0), np.float32(0))
        return cls(image_of(inside, part_of(series.grid, box)), shown[box], notice)

    @cached_property
    def _reach(self) -> tuple[Vector, float, float]:
        """The middle of what is shown (LPS), the longest way from the axis through it, and half its height, in mm."""
        at = np.argwhere(self.shown)[:, ::-1]
        step = np.array(self.inside.GetDirection()).reshape(3, 3) * np.array(self.inside.GetSpacing())
        points = np.array(self.inside.GetOrigin()) + at @ step.T
        low, high = points.min(axis=0), points.max(axis=0)
        middle = (low + high) / 2
        from_axis = np.linalg.norm((points - middle)[:, :2], axis=1).max()
        return middle, float(from_axis) + _AROUND_MM, float(high[2] - low[2]) / 2 + _AROUND_MM

    @property
    def spacing_mm(self) -> float:
        """Between the samples of a projection, alike in all directions; not finer than the images."""
        _, across, up = self._reach
        return float(max(2 * max(across, up) / _SAMPLES, min(self.inside.GetSpacing())))

    def projected(self, view: View) -> Volume:
        """The brightest along the way onward.

        Parameters
        ----------
        view : View
            Whence it is seen.

        Returns
        -------
        ndarray of float32, [row, column]
            In units of the signal.
        """
        middle, across, up = self._reach
        size = [max(1, round(2 * reach / self.spacing_mm)) for reach in (across, up, across)]
        corner = middle - view.direction @ ((np.array(size) - 1) / 2 * self.spacing_mm)
        turned = sitk.Resample(
            self.inside, size, sitk.Transform(), sitk.sitkLinear, corner.tolist(), [self.spacing_mm] * 3,
            view.direction.ravel().tolist(), 0.0, sitk.sitkFloat32,
        )  # fmt: skip
        brightest: Volume = values_of(turned).max(axis=0)
        return brightest

    @cached_property
    def projections(self) -> tuple[Volume, ...]:
        """Of a full turn, each [row, column] in units of the signal; from behind everything is mirrored."""
        half = [self.projected(View(STEP_DEGREES * number)) for number in range(FRAMES // 2)]
        return (*half, *(plane[:, ::-1] for plane in half))

    @cached_property
    def window(self) -> Window:
        """The same for all frames: nothing may flicker."""
        seen = np.concatenate([plane[plane > 0] for plane in self.projections[: FRAMES // 2]])
        if not seen.size:
            return 0.0, 1.0
        dull, bright = (float(v) for v in np.percentile(seen, (_DULL_PERCENTILE, _BRIGHT_PERCENTILE)))
        return min(dull, _FLOOR_AT_MOST * bright), bright

    def frames(self) -> NDArray[np.uint8]:
        """The pictures of a full turn.

        Returns
        -------
        ndarray of uint8, [frame, row, column]
            Grey, 0 to 255.
        """
        drawn = (self._drawn(View(STEP_DEGREES * n), plane) for n, plane in enumerate(self.projections))
        return np.stack(list(drawn))

    def _drawn(self, view: View, plane: Volume) -> Pixels:
        rows, columns = plane.shape
        per_sample = _PIXELS / _PER_UNIT / max(rows, columns)
        drawing = Drawing(columns * per_sample, rows * per_sample)
        drawing.add(Picture(0, 0, drawing.width, drawing.height, grey(plane, self.window)))
        bar, label = scale_bar(drawing, per_sample / self.spacing_mm, DARK)
        drawing.add(*bar, label, *_letters(view, drawing), *_words(self.notice, drawing))
        return pixels_of(drawing, DARK.paper, _PER_UNIT)[..., 0]


def _letters(view: View, drawing: Drawing) -> Sequence[Text]:
    """Which way the patient lies: what turns, and what does not."""
    size, middle = DARK.text, drawing.height / 2
    edge = 0.4 * size
    return (
        Text(edge, middle, letters_of(-view.right), size, WHITE, "left", True, True),
        Text(drawing.width - edge, middle, letters_of(view.right), size, WHITE, "right", True, True),
        Text(drawing.width / 2, edge + 0.76 * size, "H", size, WHITE, "middle", True, True),
    )


def _words(notice: str, drawing: Drawing) -> Sequence[Text]:
    """What the picture is, in the upper left corner, and the notice at the lower edge."""
    size = 0.85 * DARK.text
    title, room = "Early minus pre, MIP", drawing.width / 2 - 1.5 * size
    return (
        Text(0.4 * size, 1.1 * size, title, fitting(title, size, room), WHITE, on_picture=True),
        Text(
            drawing.width - 0.4 * size, drawing.height - 0.5 * size, notice,
            fitting(notice, size, 0.62 * drawing.width, True), WHITE, "right", True, True,
        ),
    )  # fmt: skip
