"""Grayscale Softcopy Presentation State (PS3.3 A.33.1): the lesions' contours in their colours over the images of the early phase.

For viewers that show no segmentation: they draw the images themselves, so that window and zoom stay the reader's. The class
is that of grey images; the colours are those of its graphic layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import highdicom as hd
import numpy as np
from pydicom import Dataset
from pydicom.uid import GrayscaleSoftcopyPresentationStateStorage
from pydicom.valuerep import DA, TM

from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.identity import Author, Kind, inherited, new_object
from tilscope.dicom_io.objects.sr.key_objects import key_slice
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import mask_of
from tilscope.models.pictures.colours import lesion_colour
from tilscope.models.pictures.outline import outlines

_KIND = Kind.PRESENTATION
_SCALING = ("RescaleIntercept", "RescaleSlope", "RescaleType")
_WINDOW = ("WindowCenter", "WindowWidth")


def build_presentation_state(regions: Regions, source: DceSource, author: Author, now: datetime) -> Dataset:
    """The slices that a lesion cuts, the key slice of lesion 1 first.

    Parameters
    ----------
    regions : Regions
        On the grid of the series.
    source : DceSource
        Headers of the series; those of the early phase are the images.
    author : Author
        Gives UIDs and software version.
    now : datetime
        Content date and time.

    Returns
    -------
    Dataset
        A presentation state with a layer for each lesion.
    """
    cut = sorted({int(k) for one in regions.lesions for k in np.flatnonzero(mask_of(one.mask).any(axis=(1, 2)))})
    slices = list(dict.fromkeys([key_slice(regions.index_lesion), *cut]))
    headers = [source.early.headers[index] for index in slices]
    header = inherited(headers[0])
    obj = new_object(GrayscaleSoftcopyPresentationStateStorage, _KIND, author, header, now)
    obj.Modality = "PR"
    obj.Laterality = "" if source.laterality is Laterality.BOTH else source.laterality.value
    # The class has moments of its own name.
    del obj.ContentDate, obj.ContentTime
    obj.ContentLabel = "TILSCOPE"
    obj.ContentDescription = (
        f"{'DEMO. ' if author.demo else ''}RESEARCH USE ONLY: contours of {regions.finding.region.lower()}s"
    )
    obj.PresentationCreationDate, obj.PresentationCreationTime = DA(now.date()), TM(now.time().replace(tzinfo=None))
    obj.ContentCreatorName = ""
    obj.ReferencedSeriesSequence = _by_series(headers)
    obj.GraphicLayerSequence = [
        _layer(number, regions, author) for number in range(1, len(regions.lesions) + 1)
    ]  # fmt: skip
    obj.GraphicAnnotationSequence = [
        _annotation(number, lesion, index, source.early.headers[index], regions)
        for number, lesion in enumerate(regions.lesions, start=1)
        for index in slices
        if mask_of(lesion.mask)[index].any()
    ]
    obj.DisplayedAreaSelectionSequence = [_whole_image(header)]
    _take_over_scaling(obj, headers)
    obj.PresentationLUTShape = "IDENTITY"
    return obj


def _by_series(headers: Sequence[Dataset]) -> list[Dataset]:
    series: dict[str, Dataset] = {}
    for header in headers:
        one = series.setdefault(str(header.SeriesInstanceUID), Dataset())
        one.SeriesInstanceUID = header.SeriesInstanceUID
        one.ReferencedImageSequence = [*one.get("ReferencedImageSequence", ()), _image(header)]
    return list(series.values())


def _image(header: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = header.SOPClassUID, header.SOPInstanceUID
    return item


def _layer(number: int, regions: Regions, author: Author) -> Dataset:
    item = Dataset()
    item.GraphicLayer = f"LESION{number}"
    item.GraphicLayerOrder = number
    colour = hd.color.CIELabColor.from_rgb(*lesion_colour(number - 1))
    item.GraphicLayerRecommendedDisplayCIELabValue = list(colour.value)
    item.GraphicLayerDescription = regions.finding.label(number)
    return item


def _annotation(number: int, lesion: Lesion, index: int, header: Dataset, regions: Regions) -> Dataset:
    """The contours of one lesion on one slice, and its name beside the first of them."""
    contours = outlines(mask_of(lesion.mask)[index])
    item = Dataset()
    item.ReferencedImageSequence = [_image(header)]
    item.GraphicLayer = f"LESION{number}"
    item.GraphicObjectSequence = [_polyline(np.array(contour)) for contour in contours]
    right = np.array(contours[0]).max(axis=0)
    name = Dataset()
    name.AnchorPointAnnotationUnits = "PIXEL"
    name.UnformattedTextValue = f"{regions.finding.label(number)} (research use only)"
    name.AnchorPoint = [float(right[0]), float(right[1])]
    name.AnchorPointVisibility = "N"
    item.TextObjectSequence = [name]
    return item


def _polyline(points: np.ndarray) -> Dataset:
    """Points x, y in pixels from the upper left corner of the first one (PS3.3 C.10.5)."""
    item = Dataset()
    item.GraphicAnnotationUnits = "PIXEL"
    item.GraphicDimensions = 2
    item.NumberOfGraphicPoints = len(points)
    item.GraphicData = [float(v) for v in points.ravel()]
    item.GraphicType = "POLYLINE"
    item.GraphicFilled = "N"
    return item


def _whole_image(header: Dataset) -> Dataset:
    item = Dataset()
    item.DisplayedAreaTopLeftHandCorner = [1, 1]
    item.DisplayedAreaBottomRightHandCorner = [int(header.Columns), int(header.Rows)]
    item.PresentationSizeMode = "SCALE TO FIT"
    item.PresentationPixelSpacing = header.PixelSpacing
    return item


def _take_over_scaling(obj: Dataset, headers: Sequence[Dataset]) -> None:
    """The images' own, where they share one: without it a viewer would take stored values for the signal (PS3.3 C.11.1)."""
    if len({tuple(str(header.get(keyword, "")) for keyword in (*_SCALING, *_WINDOW)) for header in headers}) > 1:
        return
    first = headers[0]
    if "RescaleSlope" in first and "RescaleIntercept" in first:
        obj.RescaleSlope, obj.RescaleIntercept = first.RescaleSlope, first.RescaleIntercept
        obj.RescaleType = first.get("RescaleType") or "US"
    if all(keyword in first for keyword in _WINDOW):
        voi = Dataset()
        voi.WindowCenter, voi.WindowWidth = first.WindowCenter, first.WindowWidth
        obj.SoftcopyVOILUTSequence = [voi]
