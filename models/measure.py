"""Lesions and breast in numbers: what the report says beside the signatures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.ftv import background_of, functional_voxels
from models.kinetics import KineticMaps, curve_type
from models.preparation import PreparedSeries
from models.radiomics import extract
from models.regions import Lesion, Regions
from models.result import LesionResult, Measurement, Missing
from models.settings import PipelineSettings
from models.voxels import Mask, Volume, mask_of, values_of, voxel_cc

#: The peak of a lesion's enhancement is this percentile of it: a single bright voxel is noise.
PEAK_PERCENTILE = 95.0

SHAPE_FEATURES = ("Maximum3DDiameter", "Sphericity", "SurfaceVolumeRatio")


def measure_lesion(
    lesion: Lesion, prepared: PreparedSeries, maps: KineticMaps, settings: PipelineSettings
) -> LesionResult:
    """Size, functional volume, enhancement and curve of one lesion."""
    series = prepared.series
    inside = mask_of(lesion.mask)
    pe, ser = values_of(maps.pe), values_of(maps.ser)
    cc = voxel_cc(lesion.mask)
    shape = extract(inside.astype(np.float32), inside, lesion.mask.GetSpacing(), {"shape": list(SHAPE_FEATURES)})
    functional = _functional(lesion, prepared, pe, ser, settings)
    early, late = (float(values_of(image)[inside].mean()) for image in (series.early, series.late))
    return LesionResult(
        number=lesion.number,
        laterality=lesion.laterality.value,
        confidence=lesion.confidence,
        measurements=(
            Measurement.of("volume", "Volume", float(inside.sum()) * cc, "cm3"),
            Measurement.of("longest_diameter", "Longest diameter", shape["shape_Maximum3DDiameter"], "mm"),
            Measurement.of("sphericity", "Sphericity", shape["shape_Sphericity"], "1"),
            Measurement.of("surface_volume_ratio", "Surface to volume ratio", shape["shape_SurfaceVolumeRatio"], "/mm"),
            Measurement.of("ftv", "Functional tumour volume", float(functional.sum()) * cc, "cm3"),
            Measurement.of(
                "ftv_ser",
                f"Functional tumour volume with SER > {settings.ftv.ser_threshold:g}",
                float((ser[functional] > settings.ftv.ser_threshold).sum()) * cc,
                "cm3",
            ),
            _average("pe_mean", "Mean percent enhancement", pe[inside], "%"),
            _peak("pe_peak", "Peak percent enhancement", pe[inside], "%"),
            _average("ser_mean", "Mean signal enhancement ratio", ser[inside & (ser >= 0)], "{ratio}"),
        ),
        curve_type=curve_type(early, late).value,
    )


def measure_breast(prepared: PreparedSeries, regions: Regions, maps: KineticMaps) -> tuple[Measurement, ...]:
    """Breast, fibroglandular tissue and its background enhancement, over all that was imaged."""
    breast, fgt = mask_of(regions.breast), mask_of(regions.fgt)
    cc = voxel_cc(regions.breast)
    pe = values_of(maps.pe)[fgt]
    share = 100.0 * float(fgt.sum()) / float(breast.sum())
    return (
        Measurement.of("breast_volume", "Breast volume", float(breast.sum()) * cc, "cm3"),
        Measurement.of("fgt_volume", "Fibroglandular tissue volume", float(fgt.sum()) * cc, "cm3"),
        Measurement.of("fgt_percent", "Fibroglandular tissue, part of the breast", share, "%"),
        _average("bpe_mean", "Background parenchymal enhancement, mean", pe, "%"),
        _middle("bpe_median", "Background parenchymal enhancement, median", pe, "%"),
    )


def _functional(lesion: Lesion, prepared: PreparedSeries, pe: Volume, ser: Volume, settings: PipelineSettings) -> Mask:
    """The trial's rule inside the lesion; the background is that of the lesion's surroundings, its bounding box."""
    pre = values_of(prepared.series.pre)
    inside = mask_of(lesion.mask)
    box = tuple(slice(int(axis.min()), int(axis.max()) + 1) for axis in np.nonzero(inside))
    background = background_of(pre[box], settings.ftv)
    functional: Mask = functional_voxels(pre, pe, ser, background, settings.ftv) & inside
    return functional


def _average(id: str, name: str, values: Volume, unit: str) -> Measurement:
    return _statistic(id, name, values, unit, lambda v: float(v.mean()))


def _middle(id: str, name: str, values: Volume, unit: str) -> Measurement:
    return _statistic(id, name, values, unit, lambda v: float(np.median(v)))


def _peak(id: str, name: str, values: Volume, unit: str) -> Measurement:
    return _statistic(id, name, values, unit, lambda v: float(np.percentile(v, PEAK_PERCENTILE)))


def _statistic(id: str, name: str, values: Volume, unit: str, statistic: Callable[[Volume], float]) -> Measurement:
    """Over the voxels where the value is defined; missing where it is defined nowhere."""
    defined = values[np.isfinite(values)].astype(np.float64)
    if defined.size == 0:
        return Measurement(id, name, None, unit, Missing.CALCULATION_FAILURE, "it is defined in no voxel of the region")
    return Measurement.of(id, name, statistic(defined), unit)
