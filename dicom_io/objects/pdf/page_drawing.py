"""A drawing of `models.pictures` on a page: crisp lines and real letters at any magnification."""

from __future__ import annotations

from typing import Any

from reportlab.lib.colors import Color
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Flowable

from tilscope.dicom_io.objects.pdf.page_letters import BOLD, TEXT
from tilscope.models.pictures import colours
from tilscope.models.pictures.drawing import Area, Dot, Drawing, Line, Mark, Picture, Text
from tilscope.models.pictures.raster import stretched

#: Dots per point in embedded pictures. Resampled here, since readers differ in how they smooth an enlarged picture.
_DENSITY = 2.5
_DASHES = (2.2, 1.6)


def colour_of(colour: colours.Colour) -> Color:
    return Color(*(part / 255 for part in colour))


class DrawingOnPage(Flowable):  # type: ignore[misc]  # reportlab has no types
    """Its units are the page's points."""

    def __init__(self, drawing: Drawing) -> None:
        super().__init__()
        self.drawing = drawing
        self.width, self.height = drawing.width, drawing.height

    def draw(self) -> None:
        for mark in self.drawing.marks:
            self._draw(self.canv, mark)

    def _draw(self, canvas: Any, mark: Mark) -> None:
        """The page's y runs up."""
        if isinstance(mark, Picture):
            image = stretched(mark, round(mark.width * _DENSITY), round(mark.height * _DENSITY))
            place = (mark.x, self.height - mark.y - mark.height, mark.width, mark.height)
            canvas.drawImage(ImageReader(image), *place, mask="auto" if image.mode == "RGBA" else None)
        elif isinstance(mark, Line):
            canvas.setStrokeColor(colour_of(mark.colour))
            canvas.setLineWidth(mark.width)
            canvas.setLineJoin(1)
            canvas.setDash(*(_DASHES if mark.dashed else ()))
            path = canvas.beginPath()
            path.moveTo(mark.points[0][0], self.height - mark.points[0][1])
            for x, y in mark.points[1:]:
                path.lineTo(x, self.height - y)
            canvas.drawPath(path)
        elif isinstance(mark, Area):
            canvas.setFillColor(colour_of(mark.colour))
            canvas.rect(mark.x, self.height - mark.y - mark.height, mark.width, mark.height, stroke=0, fill=1)
        elif isinstance(mark, Dot):
            canvas.setDash()
            canvas.setLineWidth(0.8)
            canvas.setStrokeColor(colour_of(mark.colour))
            canvas.setFillColor(colour_of(mark.colour if mark.hollow is None else mark.hollow))
            canvas.circle(mark.x, self.height - mark.y, mark.radius, stroke=1, fill=1)
        else:
            self._write(canvas, mark)

    def _write(self, canvas: Any, text: Text) -> None:
        canvas.setFont(BOLD if text.bold else TEXT, text.size)
        write = {"left": canvas.drawString, "middle": canvas.drawCentredString, "right": canvas.drawRightString}
        if text.on_picture:
            # Below the letters: bright tissue may lie there.
            canvas.setFillColor(colour_of((0, 0, 0)))
            shift = 0.07 * text.size
            write[text.anchor](text.x + shift, self.height - text.y - shift, text.words)
        canvas.setFillColor(colour_of(text.colour))
        write[text.anchor](text.x, self.height - text.y, text.words)
