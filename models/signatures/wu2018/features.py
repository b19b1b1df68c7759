"""The 17 features of Wu et al. 2018 (Breast Cancer Research 20:101), as SIGNATURES section 1 defines them.

T is the index lesion, P the ipsilateral parenchyma (fibroglandular tissue without lesions), P20 its part within 20 mm
of T. PE = (early - pre)/pre; SER = (early - pre)/(late - pre), clipped to [0, 3] and undefined where PE < 0.1.
Intensities are bias-corrected, divided by the mean of the interquartile voxels of the pre-contrast P, on 1 mm voxels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from tilscope.models.breast.fgt_check import check_fgt
from tilscope.models.features.extract import extract
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.resampling import ISOTROPIC, mask_onto, patient_grid, phase_onto
from tilscope.models.imaging.sides import half
from tilscope.models.imaging.voxels import Mask, Volume, box_of, image_of, mask_of, part_of, values_of
from tilscope.models.kinetics.maps import SER_RANGE, bounded_ser, percent_enhancement, signal_enhancement_ratio
from tilscope.models.result import Measurement, Missing
from tilscope.models.settings import Extractor

PARAMETERS = (
    "N4 bias field of the pre-contrast image; intensities over the mean of the interquartile voxels of the "
    "pre-contrast parenchyma; 1 mm isotropic along the patient's axes, linear, masks from a half on; SER clipped to [0, 3], "
    "undefined where PE < 0.1; GLCM with 32 bins on [0, 3], 26 directions, distance 1; margin shell of 2 voxels astride "
    "the border; volumes by voxel count, M1-M3 by mesh."
)
MARGIN_VOXELS = 4
NEAR_TUMOUR_MM = 20.0
SER_BINS = 32

#: Id, name, UCUM unit.
FEATURES: tuple[tuple[str, str, str], ...] = (
    ("M1", "Tumour volume (mesh on 1 mm voxels)", "cm3"),
    ("M2", "Tumour sphericity (1 mm voxels)", "1"),
    ("M3", "Tumour surface to volume ratio (1 mm voxels)", "/mm"),
    ("M4", "Mean gradient of the tumour margin, early phase", "/mm"),
    ("M5", "SD of the gradient of the tumour margin, early phase", "/mm"),
    ("TEX1", "GLCM correlation of tumour SER", "1"),
    ("TEX2", "GLCM cluster shade of tumour SER", "1"),
    ("TEX3", "GLCM joint energy of tumour SER", "1"),
    ("TEX4", "GLCM joint entropy of tumour SER", "1"),
    ("FTV1", "Tumour volume with SER > 1.0", "cm3"),
    ("FTV2", "Tumour volume with SER > 1.5", "cm3"),
    ("BPE1", "Parenchyma volume with PE > 20 %", "cm3"),
    ("BPE2", "Parenchyma volume with PE > 60 %", "cm3"),
    ("BPE3", "Fraction of the parenchyma with PE > 20 %", "1"),
    ("BPE4", "Fraction of the parenchyma with PE > 60 %", "1"),
    ("TS-BPE1", "Mean PE of the parenchyma within 20 mm of the tumour", "1"),
    ("TS-BPE2", "Mean SER of the parenchyma within 20 mm of the tumour", "1"),
)

#: What is measured on the parenchyma, or in units of its signal.
ON_GLANDS = frozenset({"M4", "M5", "BPE1", "BPE2", "BPE3", "BPE4", "TS-BPE1", "TS-BPE2"})

Values = dict[str, float]


class _NoValue(Exception):
    """A feature has no value here; the sentence is the reason."""


@dataclass(frozen=True, eq=False)
class _Field:
    """The region of interest on 1 mm voxels."""

    early: Volume
    tumour: Mask
    parenchyma: Mask
    pe: Volume
    ser: Volume
    """NaN where undefined."""
    extractor: Extractor = "tilscope"

    @property
    def voxel_cc(self) -> float:
        return float(np.prod(ISOTROPIC)) / 1000


def wu_features(
    prepared: PreparedSeries, regions: Regions, extractor: Extractor = "tilscope"
) -> tuple[Measurement, ...]:
    """Measure the 17 features of the paper.

    Parameters
    ----------
    prepared : PreparedSeries
        Phases as acquired and with an even field.
    regions : Regions
        On the grid of `prepared`; the first lesion is measured.
    extractor : str
        Who computes shape and texture: 'tilscope' or 'pyradiomics'.

    Returns
    -------
    tuple of Measurement
        In the paper's order; what cannot be computed is missing with its reason.
    """
    field = replace(_field(prepared, regions), extractor=extractor)
    doubt = check_fgt(prepared, regions).doubt
    values: Values = {}
    why: dict[str, str] = {}
    for ids, compute in _groups(field):
        try:
            if doubt and ON_GLANDS.intersection(ids):
                raise _NoValue(doubt)
            values.update(compute())
        except _NoValue as problem:
            why.update(dict.fromkeys(ids, str(problem)))
    return tuple(
        Measurement.of(id, name, values[id], unit)
        if id in values
        else Measurement(id, name, None, unit, Missing.CALCULATION_FAILURE, why[id])
        for id, name, unit in FEATURES
    )


def _groups(field: _Field) -> Iterator[tuple[tuple[str, ...], Callable[[], Values]]]:
    """What is computed together fails together."""
    yield ("M1", "M2", "M3"), lambda: _shape(field)
    yield ("M4", "M5"), lambda: _margin(field)
    yield ("TEX1", "TEX2", "TEX3", "TEX4"), lambda: _texture(field)
    yield ("FTV1", "FTV2"), lambda: _functional(field)
    yield ("BPE1", "BPE2", "BPE3", "BPE4"), lambda: _background(field)
    yield ("TS-BPE1", "TS-BPE2"), lambda: _near_tumour(field)


def _shape(field: _Field) -> Values:
    inside = field.tumour
    if inside.sum() < 2:
        raise _NoValue("the tumour is a single voxel")
    wanted = {"shape": ["MeshVolume", "Sphericity", "SurfaceVolumeRatio"]}
    found = extract(inside.astype(np.float32), inside, ISOTROPIC, wanted, extractor=field.extractor)
    return {
        "M1": found["shape_MeshVolume"] / 1000,
        "M2": found["shape_Sphericity"],
        "M3": found["shape_SurfaceVolumeRatio"],
    }


def _margin(field: _Field) -> Values:
    if not field.parenchyma.any():
        raise _NoValue("there is no parenchyma on the tumour's side to normalise by")
    around = box_of(field.tumour, margin=3)
    inside = field.tumour[around]
    shell = ndimage.binary_dilation(inside) & ~ndimage.binary_erosion(inside)
    gradient = sitk.GradientMagnitude(sitk.GetImageFromArray(np.ascontiguousarray(field.early[around])))
    steepness = values_of(gradient)[shell]
    return {"M4": float(steepness.mean()), "M5": float(steepness.std())}


def _texture(field: _Field) -> Values:
    ser = field.ser
    inside = field.tumour & np.isfinite(ser)
    if inside.sum() < 2:
        raise _NoValue("SER is defined in fewer than two voxels of the tumour")
    low, high = SER_RANGE
    # The last bin includes its upper border, as 32 bins on [0, 3] mean it; pyradiomics would open a 33rd.
    clipped = np.clip(np.nan_to_num(ser, nan=low), low, np.nextafter(np.float32(high), np.float32(low)))
    names = {"TEX1": "Correlation", "TEX2": "ClusterShade", "TEX3": "JointEnergy", "TEX4": "JointEntropy"}
    wanted, bin_width = {"glcm": list(names.values())}, (high - low) / SER_BINS
    found = extract(clipped, inside, ISOTROPIC, wanted, bin_width, field.extractor)
    return {id: found[f"glcm_{name}"] for id, name in names.items()}


def _functional(field: _Field) -> Values:
    # Comparisons with NaN are false: an undefined SER is not counted.
    ser = field.ser[field.tumour]
    return {f"FTV{n}": float((ser > limit).sum()) * field.voxel_cc for n, limit in ((1, 1.0), (2, 1.5))}


def _background(field: _Field) -> Values:
    pe = field.pe[field.parenchyma]
    if pe.size == 0:
        raise _NoValue("there is no parenchyma on the tumour's side")
    over = {n: float((pe > limit).sum()) for n, limit in ((1, 0.2), (2, 0.6))}
    return {f"BPE{n}": count * field.voxel_cc for n, count in over.items()} | {
        f"BPE{n + 2}": count / pe.size for n, count in over.items()
    }


def _near_tumour(field: _Field) -> Values:
    distance = ndimage.distance_transform_edt(~field.tumour, sampling=ISOTROPIC)
    near = field.parenchyma & (distance <= NEAR_TUMOUR_MM)
    pe, ser = field.pe[near], field.ser[near]
    if not np.isfinite(pe).any() or not np.isfinite(ser).any():
        raise _NoValue(f"no parenchyma with a defined SER lies within {NEAR_TUMOUR_MM:g} mm of the tumour")
    return {"TS-BPE1": float(np.nanmean(pe)), "TS-BPE2": float(np.nanmean(ser))}


# ---------------------------------------------------------------------------------------------------- the 1 mm field


def _field(prepared: PreparedSeries, regions: Regions) -> _Field:
    series = prepared.corrected
    lesion = regions.index_lesion
    tumour = mask_of(lesion.mask)
    parenchyma = mask_of(regions.fgt) & mask_of(half(regions.breast, series.laterality, lesion.laterality))
    norm = _interquartile_mean(series.phases[series.roles.pre].at(parenchyma)) if parenchyma.any() else 1.0
    # Resampled no further than anything is measured: around tumour and parenchyma.
    box = box_of(tumour | parenchyma, margin=MARGIN_VOXELS)
    grid = patient_grid(part_of(series.grid, box))
    roles = (series.roles.pre, series.roles.early, series.roles.late)
    pre, early, late = (phase_onto(grid, series.phases[index]) / norm for index in roles)
    masks = [mask_onto(grid, image_of(m, series.grid)) for m in (tumour, parenchyma)]
    percent = percent_enhancement(pre, early)
    ser = bounded_ser(percent, signal_enhancement_ratio(pre, early, late))
    return _Field(early, masks[0], masks[1] & ~masks[0], percent / np.float32(100), ser)


def _interquartile_mean(values: Volume) -> float:
    low, high = np.percentile(values, [25, 75])
    return float(values[(values >= low) & (values <= high)].mean())
