"""Parametric Maps (PS3.3 A.75) of percent enhancement and signal enhancement ratio, on the grid of the early phase.

A map holds the very numbers that are measured, in floats: of the lesions, and of the breasts where there was signal before
contrast to compare with. Everywhere else, and where a voxel has no value, is one number that none can be: neither 0,
which is a measured value, nor NaN, which the standard allows but which leaves viewers that take a window from the least and
the greatest value with none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import highdicom as hd
import numpy as np
from pydicom import Dataset
from pydicom.sr.coding import Code

from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.identity import MANUFACTURER, MODEL_NAME, Author, Kind, code_item, sign
from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.codes.private_codes import declare_scheme, private
from tilscope.dicom_io.objects.seg.frame_groups import put_frames_in_order_of_slices
from tilscope.dicom_io.objects.seg.segmentation import check_grid, fix_dimension_uid, slice_header
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import Volume, mask_of, values_of
from tilscope.models.kinetics.maps import LEAST_PE_PERCENT, percent_enhancement, signal_enhancement_ratio
from tilscope.models.quality.noise import noise_sd

#: Far below every value that means anything; viewers that do not know Float Pixel Padding Value show it black.
NO_VALUE = -32768.0

#: Of a voxel before contrast. A gland with less has its study refused (`QualitySettings.snr_refused`); suppressed fat mostly
#: has less, and would cover a map with speckles of some thousand percent.
LEAST_SIGNAL_TO_NOISE = 4.0


@dataclass(frozen=True)
class Quantity:
    """What a map is of."""

    label: str
    explanation: str
    code: Code
    unit: str
    window: tuple[float, float]
    """From black to white."""


QUANTITIES: dict[Kind, Quantity] = {
    Kind.PE_MAP: Quantity(
        "PE", "Percent enhancement, (early - pre) / pre", private("PE"), "%", (0.0, 200.0)
    ),
    Kind.SER_MAP: Quantity(
        "SER", f"Signal enhancement ratio where PE >= {LEAST_PE_PERCENT:g} %", private("SER"), "{ratio}", (0.0, 3.0)
    ),
}  # fmt: skip


def map_values(kind: Kind, series: DceSeries, regions: Regions) -> Volume:
    """The numbers of a map.

    SER is left out where hardly anything enhances, as from every mean of it: one small difference over another is noise.

    Parameters
    ----------
    kind : Kind
        `PE_MAP` or `SER_MAP`.
    series : DceSeries
        Free of motion.
    regions : Regions
        On the grid of the series.

    Returns
    -------
    ndarray of float32, [z, y, x]
        Percent, or a ratio, on the grid of the series; NaN where there is none.
    """
    pre, early = values_of(series.pre), values_of(series.early)
    values = pe = percent_enhancement(pre, early)
    if kind is Kind.SER_MAP:
        ser = signal_enhancement_ratio(pre, early, values_of(series.late))
        values = np.where(pe >= LEAST_PE_PERCENT, ser, np.float32(np.nan))
    shown = mask_of(regions.breast) & (pre >= LEAST_SIGNAL_TO_NOISE * noise_sd(series, regions))
    for lesion in regions.lesions:
        shown |= mask_of(lesion.mask)
    found: Volume = np.where(shown & (values > NO_VALUE), values, np.float32(np.nan))
    return found


def build_map(
    kind: Kind, series: DceSeries, regions: Regions, source: DceSource, author: Author, now: datetime
) -> Dataset:
    """One map, in an object and a series of its own: viewers take an object for one quantity.

    Parameters
    ----------
    kind : Kind
        `PE_MAP` or `SER_MAP`.
    series : DceSeries
        Free of motion.
    regions : Regions
        On the grid of the series.
    source : DceSource
        Headers of the series; those of the early phase place the frames.
    author : Author
        Gives UIDs and software version.
    now : datetime
        Content date and time.

    Returns
    -------
    Dataset
        A Parametric Map of 32-bit floats.

    Raises
    ------
    ValueError
        A slice does not lie where its header says.
    """
    quantity = QUANTITIES[kind]
    values = map_values(kind, series, regions)
    distance = round(series.grid.GetSpacing()[2], 6)
    headers = [slice_header(header, distance) for header in source.early.headers]
    check_grid(quantity.label, series.grid, headers)
    low, high = quantity.window
    obj: Dataset = hd.pm.ParametricMap(
        source_images=headers,
        pixel_array=np.where(np.isnan(values), np.float32(NO_VALUE), values),
        series_instance_uid=author.series_uid(kind),
        series_number=kind.series_number(author.side),
        sop_instance_uid=author.instance_uid(kind),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MODEL_NAME,
        software_versions=author.version,
        device_serial_number=author.serial_number,
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[_mapping(quantity, values)],
        window_center=(low + high) / 2,
        window_width=high - low,
        content_label=quantity.label,
        content_description=("DEMO. " if author.demo else "") + "Research use only; in the breasts",
    )
    put_frames_in_order_of_slices(obj, headers[0])
    obj.FloatPixelPaddingValue = obj.FloatPixelPaddingRangeLimit = NO_VALUE
    obj.SharedFunctionalGroupsSequence[0].FrameAnatomySequence = [_anatomy(source)]
    obj.BodyPartExamined = "BREAST"
    fix_dimension_uid(obj, author.uid(kind, "dimensions", kind.name))
    declare_scheme(obj)
    sign(obj, kind, author, headers[0], now)
    return obj


def _mapping(quantity: Quantity, values: Volume) -> hd.pm.RealWorldValueMapping:
    """Stored values are real ones; the range leaves out the number for no value."""
    defined = values[~np.isnan(values)]
    low, high = (float(defined.min()), float(defined.max())) if defined.size else (0.0, 0.0)
    return hd.pm.RealWorldValueMapping(
        lut_label=quantity.label,
        lut_explanation=quantity.explanation,
        unit=concepts.unit_code(quantity.unit),
        value_range=(low, high),
        slope=1.0,
        intercept=0.0,
        quantity_definition=quantity.code,
    )


def _anatomy(source: DceSource) -> Dataset:
    """Frame Anatomy (PS3.3 C.7.6.16.2.8)."""
    region = code_item(concepts.BREAST)
    region.AnatomicRegionModifierSequence = [code_item(concepts.LATERALITY[source.laterality])]
    item = Dataset()
    item.FrameLaterality = source.laterality.value
    item.AnatomicRegionSequence = [region]
    return item
