"""The summary: one page that can be pinned to the wall, and on the next the signatures' features and what the report's words rest on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from pydicom import Dataset
from reportlab.platypus import Flowable, PageBreak, Paragraph, Spacer

from tilscope.dicom_io.objects.pdf.over_time_part import over_time_part
from tilscope.dicom_io.objects.pdf.page_drawing import DrawingOnPage
from tilscope.dicom_io.objects.pdf.page_frame import WIDTH, body_height, pages
from tilscope.dicom_io.objects.pdf.page_letters import register_fonts
from tilscope.dicom_io.objects.pdf.page_style import SMALL
from tilscope.dicom_io.objects.pdf.patient_strip import patient_strip, short_identity
from tilscope.dicom_io.objects.pdf.signature_details import signature_details
from tilscope.dicom_io.objects.pdf.signature_rows import signature_rows
from tilscope.dicom_io.objects.pdf.summary_parts import (
    finding,
    measurements,
    provenance,
    quality,
    report_block,
    report_rules,
    scope,
    warnings,
)
from tilscope.models.pictures.montage import PagePictures
from tilscope.models.result import SeriesResult

_AIR = 5.0
_NO_PICTURES = "No pictures: this page was made from the numbers of an earlier report on the same images, and its pictures still hold."


def summary_page(result: SeriesResult, header: Dataset, pictures: PagePictures | None, created: datetime) -> bytes:
    """The PDF. Equal inputs and time give equal bytes. `pictures`: None where the images were not read again."""
    register_fonts()
    above = [patient_strip(header, result), Spacer(0, _AIR), *scope(result), *finding(result), *warnings(result)]
    lesion = result.finding.label(1).lower()
    below = [
        *report_block(result),
        *measurements(result),
        *signature_rows(result.signatures, lesion),
        *quality(result),
        *provenance(result),
    ]
    first = [*above, *_pictures(pictures, body_height(result.demo) - _height(above) - _height(below)), *below]
    content: list[Flowable] = [OnOnePage(first, body_height(result.demo))]
    details = [
        *over_time_part(result.over_time),
        *(signature_details(result.signatures, lesion) if result.signatures else ()),
        *report_rules(result),
    ]
    if details:
        content += [PageBreak(), *details]
    return pages(content, short_identity(header), result.demo, created)


class OnOnePage(Flowable):  # type: ignore[misc]  # reportlab has no types
    """Always one page: what long names and many warnings leave no room for is set smaller, all of it alike."""

    def __init__(self, parts: Sequence[Flowable], room: float) -> None:
        super().__init__()
        # The frame of a page takes nothing that is as high as itself to the last bit.
        self.parts, self.room = parts, room - 0.1

    def wrap(self, *_: float) -> tuple[float, float]:
        return WIDTH, self.room

    def draw(self) -> None:
        scale = min(1.0, self.room / _height(self.parts))
        self.canv.translate((1 - scale) * WIDTH / 2, self.room)
        self.canv.scale(scale, scale)
        y = 0.0
        for part in self.parts:
            # Nothing precedes the first.
            y -= part.getSpaceBefore() if y else 0
            y -= part.wrap(WIDTH, 1e6)[1]
            part.drawOn(self.canv, 0, y)
            y -= part.getSpaceAfter()


def _pictures(pictures: PagePictures | None, room: float) -> list[Flowable]:
    """They take what the words leave."""
    if pictures is None:
        return [Paragraph(_NO_PICTURES, SMALL)]
    return [DrawingOnPage(pictures.drawn(WIDTH, room - _AIR)), Spacer(0, 2)]


def _height(parts: Sequence[Flowable]) -> float:
    return math.fsum(part.wrap(WIDTH, 1e6)[1] + part.getSpaceBefore() + part.getSpaceAfter() for part in parts)
