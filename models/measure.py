"""What is measured of each lesion and of the breast, with units.

Volumes are voxel counts times the voxel's volume: the report's volume is that of the segmentation. Shape is that of
pyradiomics' mesh on the acquired grid. FTV is the trial's rule on the phases as acquired, in the lesion's box, and
counts inside the lesion.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.breast.fgt_check import check_fgt
from tilscope.models.features.extract import extract
from tilscope.models.imaging.inner_point import inner_point
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import Mask, box_of, mask_of, part_of, values_of, voxel_cc
from tilscope.models.kinetics.ftv import FunctionalTumourVolume, background_of, functional_tumour_volume
from tilscope.models.kinetics.maps import CurveType, KineticMaps, bounded_ser, curve_type, percent_enhancement
from tilscope.models.result import LesionResult, Measurement, Missing
from tilscope.models.settings import FtvSettings, PipelineSettings

#: Around a lesion: the trial's rule counts a voxel's neighbours, a peak those in its slice.
MARGIN_VOXELS = 1

#: Peak enhancement is the highest mean of so many voxels in a slice: a single one would be the noise's highest.
PEAK_WINDOW = (1, 3, 3)

_SHAPE = {"shape": ("Sphericity", "SurfaceVolumeRatio", "Maximum3DDiameter")}


def measure_lesion(
    lesion: Lesion, prepared: PreparedSeries, maps: KineticMaps, settings: PipelineSettings
) -> LesionResult:
    """Size, shape, functional volume and kinetics of one lesion.

    Parameters
    ----------
    lesion : Lesion
        On the grid of the series; not empty.
    prepared : PreparedSeries
        Its phases as acquired are measured.
    maps : KineticMaps
        Of the same series, on the same grid.
    settings : PipelineSettings
        The rule of functional tumour volume, and who computes shape.

    Returns
    -------
    LesionResult
        Each measurement with its unit, or with the reason why it has no value.
    """
    grid = lesion.mask
    box = box_of(mask_of(grid), MARGIN_VOXELS)
    crop = _cropped(prepared.series, box)
    inside = part_of(grid, box)
    region = mask_of(inside)
    found = extract(region.astype(np.float32), region, grid.GetSpacing(), _SHAPE, extractor=settings.extractor)
    ftv = _functional_volume(crop, inside, settings.ftv)
    pe, ser = values_of(part_of(maps.pe, box)), values_of(part_of(maps.ser, box))
    ser_inside = bounded_ser(pe[region], ser[region])
    measurements = (
        Measurement.of("volume", "Volume", float(region.sum()) * voxel_cc(grid), "cm3"),
        Measurement.of("longest_diameter", "Longest diameter", found["shape_Maximum3DDiameter"], "mm"),
        Measurement.of("sphericity", "Sphericity", found["shape_Sphericity"], "1"),
        Measurement.of("surface_volume_ratio", "Surface to volume ratio", found["shape_SurfaceVolumeRatio"], "/mm"),
        Measurement.of("ftv", "Functional tumour volume", ftv.pe_cc, "cm3"),
        Measurement.of("ftv_ser", f"Functional tumour volume, SER > {settings.ftv.ser_threshold:g}", ftv.ser_cc, "cm3"),
        _mean("pe_mean", "Percent enhancement, mean", pe[region], "%"),
        _measured("pe_peak", "Percent enhancement, peak", _peak(crop, region), "%", "pre-contrast signal is 0"),
        _mean("ser_mean", "Signal enhancement ratio, mean", ser_inside, "{ratio}"),
    )
    return LesionResult(
        number=lesion.number,
        laterality=lesion.laterality.value,
        confidence=lesion.confidence,
        measurements=measurements,
        curve_type=_curve(crop, region).value,
        point_mm=inner_point(grid),
    )


def measure_breast(prepared: PreparedSeries, regions: Regions, maps: KineticMaps) -> tuple[Measurement, ...]:
    """Volume of breast and glands, and the enhancement of the glands outside the lesions (BPE).

    Parameters
    ----------
    prepared : PreparedSeries
        Gives the grid.
    regions : Regions
        On the grid of the series.
    maps : KineticMaps
        On the same grid.

    Returns
    -------
    tuple of Measurement
        Volumes in cm3, enhancement in percent; what is measured on glands that are doubtful is missing, with the reason.
    """
    cc = voxel_cc(prepared.series.grid)
    breast, fgt = mask_of(regions.breast), mask_of(regions.fgt)
    breast_cc, fgt_cc = float(breast.sum()) * cc, float(fgt.sum()) * cc
    pe = values_of(maps.pe)[fgt]
    percent = 100 * fgt_cc / breast_cc if breast_cc else float("nan")
    defined = pe[np.isfinite(pe)]
    median = float(np.median(defined)) if defined.size else float("nan")
    of_glands = (
        Measurement.of("fgt_volume", "Fibroglandular tissue volume", fgt_cc, "cm3"),
        _measured("fgt_percent", "Fibroglandular tissue", percent, "%", "the breast has no volume"),
        _mean("bpe_mean", "Background parenchymal enhancement, mean", pe, "%"),
        _measured("bpe_median", "Background parenchymal enhancement, median", median, "%", _NO_VOXEL),
    )
    doubt = check_fgt(prepared, regions).doubt
    return (
        Measurement.of("breast_volume", "Breast volume", breast_cc, "cm3"),
        *(_withheld(one, doubt) if doubt else one for one in of_glands),
    )


def _withheld(one: Measurement, doubt: str) -> Measurement:
    return Measurement(one.id, one.name, None, one.unit, Missing.OUT_OF_RANGE, doubt)


_NO_VOXEL = "no voxel of the region has a defined value"


def _mean(id: str, name: str, values: NDArray[np.floating], unit: str) -> Measurement:
    """The mean of the defined values."""
    defined = values[np.isfinite(values)]
    mean = float(defined.mean(dtype=np.float64)) if defined.size else float("nan")
    return _measured(id, name, mean, unit, _NO_VOXEL)


def _measured(id: str, name: str, value: float, unit: str, why_not: str) -> Measurement:
    if np.isfinite(value):
        return Measurement.of(id, name, value, unit)
    return Measurement(id, name, None, unit, Missing.CALCULATION_FAILURE, why_not)


def _functional_volume(crop: DceSeries, lesion: sitk.Image, settings: FtvSettings) -> FunctionalTumourVolume:
    """The trial's rule; the background is taken from the lesion's whole box, as a reader's box would hold it."""
    (tight,) = ndimage.find_objects(values_of(lesion).astype(np.uint8))
    background = background_of(values_of(crop.pre)[tight], settings)
    return functional_tumour_volume(crop.pre, crop.early, crop.late, lesion, settings, background)


def _peak(crop: DceSeries, region: Mask) -> float:
    pre, early = (
        ndimage.uniform_filter(values_of(image), PEAK_WINDOW, mode="nearest") for image in (crop.pre, crop.early)
    )
    found = percent_enhancement(pre, early)[region]
    return float(np.nanmax(found)) if np.isfinite(found).any() else float("nan")


def _curve(crop: DceSeries, region: Mask) -> CurveType:
    """Of the lesion's mean signal."""
    early, late = (float(values_of(image)[region].mean(dtype=np.float64)) for image in (crop.early, crop.late))
    return curve_type(early, late)


def _cropped(series: DceSeries, box: tuple[slice, slice, slice]) -> DceSeries:
    phases = tuple(replace(phase, stored=part_of(phase.stored, box)) for phase in series.phases)
    return replace(series, phases=phases)
