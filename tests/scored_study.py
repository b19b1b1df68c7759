"""A small scored study, whole: images, headers, regions and a result, on any grid. What the result objects are built from.

The lesion is shaped like an L and off centre, so that no flip or turn of it can be mistaken for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import SimpleITK as sitk
from mr_headers import AXIAL, SAGITTAL, mr_header
from scored_description import described

from tilscope.dicom_io.dce.source import DceSource, SourcePhase
from tilscope.models import PIPELINE_VERSION
from tilscope.models.finding import Finding
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import DceSeries, Laterality, Phase, PhaseRoles
from tilscope.models.result import (
    CalibrationState,
    LesionResult,
    Measurement,
    Missing,
    PhaseSummary,
    QualityFinding,
    SeriesResult,
    SignatureResult,
)

#: As (row direction, column direction); the volume runs along their cross product.
GRIDS: dict[str, Sequence[float]] = {
    "axial": AXIAL,
    "axial prone": (-1, 0, 0, 0, -1, 0),
    "axial from head to foot": (-1, 0, 0, 0, 1, 0),
    "axial mirrored": (1, 0, 0, 0, -1, 0),
    "sagittal": SAGITTAL,
    "sagittal from left to right": (0, -1, 0, 0, 0, -1),
    "coronal": (1, 0, 0, 0, 0, -1),
    "oblique": (0.9396926, 0.3420201, 0.0, -0.2961981, 0.8137977, -0.5),
}
#: z, y, x. Columns that are no multiple of eight: a BINARY segmentation packs bits across rows and frames.
SHAPE = (11, 44, 52)
#: x, y, z in mm.
SPACING = (1.1, 1.3, 2.5)
ORIGIN = (-31.25, 17.5, -42.125)
TIMES_S = (-60.0, 150.0, 450.0)
ROLES = PhaseRoles(pre=0, early=1, late=2)


@dataclass(frozen=True, eq=False)
class ScoredStudy:
    result: SeriesResult
    series: DceSeries
    regions: Regions
    source: DceSource

    @property
    def parts(self) -> tuple[SeriesResult, DceSeries, Regions, DceSource]:
        return self.result, self.series, self.regions, self.source


def scored_study(
    grid: str = "axial",
    laterality: Laterality = Laterality.LEFT,
    tags: dict[str, Any] | None = None,
    with_fgt: bool = True,
    **result_changes: Any,
) -> ScoredStudy:
    """`tags` go into every header; `result_changes` replace fields of the result."""
    orientation = np.array(GRIDS[grid], dtype=float).reshape(2, 3)
    finding = result_changes.get("finding", Finding.MASS)
    regions = replace(_regions(orientation, laterality, with_fgt), finding=finding)
    source = DceSource(_phases(orientation, tags or {}), ROLES, laterality, "start of the first post-contrast phase")
    series = DceSeries(_images(orientation, regions), ROLES, laterality, source.time_zero)
    return ScoredStudy(_result(source, regions, result_changes), series, regions, source)


# ------------------------------------------------------------------------------------------------------------- images


def _image(values: np.ndarray, orientation: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(values)
    along_row, along_column = orientation
    image.SetDirection(np.column_stack([along_row, along_column, np.cross(along_row, along_column)]).ravel().tolist())
    image.SetOrigin(ORIGIN)
    image.SetSpacing(SPACING)
    return image


def _phases(orientation: np.ndarray, tags: dict[str, Any]) -> tuple[SourcePhase, ...]:
    along_row, along_column = orientation
    normal = np.cross(along_row, along_column)
    slices, rows, columns = SHAPE
    usual: dict[str, Any] = {
        "PatientName": "Test^Anna", "PatientID": "T-1", "PatientBirthDate": "19700101", "PatientSex": "F",
        "StudyTime": "101500", "StudyID": "1", "AccessionNumber": "A-1", "StudyDescription": "MR breast",
        "Manufacturer": "Test scanner maker", "ManufacturerModelName": "Scanner", "SoftwareVersions": "5",
        "SpecificCharacterSet": "ISO_IR 100", "ReferringPhysicianName": "", "SliceThickness": 2.0,
        "SpacingBetweenSlices": 0.5,  # the gap, as some scanners write it
    }  # fmt: skip
    phases = []
    for number, time_s in enumerate(TIMES_S):
        headers = tuple(
            mr_header(
                "dynamic", number, k,
                **{
                    **usual,
                    "ImageOrientationPatient": [round(float(v), 7) for v in orientation.ravel()],
                    "ImagePositionPatient": [round(float(v), 5) for v in np.array(ORIGIN) + normal * SPACING[2] * k],
                    "PixelSpacing": [SPACING[1], SPACING[0]],
                    "Rows": rows,
                    "Columns": columns,
                    # Unrelated to the order in space, as on real scanners.
                    "InstanceNumber": (7 * k + 3) % slices + 1,
                    **tags,
                },
            )
            for k in range(slices)
        )  # fmt: skip
        phases.append(SourcePhase(headers, time_s))
    return tuple(phases)


def _regions(orientation: np.ndarray, laterality: Laterality, with_fgt: bool) -> Regions:
    breast, fgt, first, second = (np.zeros(SHAPE, np.uint8) for _ in range(4))
    breast[1:10, 6:40, 5:49] = 1
    first[3:8, 12:24, 10:15] = 1
    first[3:6, 20:24, 10:23] = 1
    second[6:9, 28:33, 34:41] = 1
    if with_fgt:
        fgt[2:9, 10:36, 8:44] = 1
        fgt[(first | second) == 1] = 0
    lesion_side = Laterality.LEFT if laterality is Laterality.BOTH else laterality
    return Regions(
        breast=_image(breast, orientation),
        fgt=_image(fgt, orientation),
        lesions=(
            Lesion(1, _image(first, orientation), lesion_side, 0.91),
            Lesion(2, _image(second, orientation), lesion_side, 0.58),
        ),
        algorithm="classical",
        algorithm_version="1",
    )


def _images(orientation: np.ndarray, regions: Regions) -> tuple[Phase, ...]:
    """Breast darker than gland darker than lesion; the lesion brightens early and washes out."""
    rng = np.random.default_rng(7)
    breast, fgt = (sitk.GetArrayFromImage(mask).astype(np.float32) for mask in (regions.breast, regions.fgt))
    lesion = sum(sitk.GetArrayFromImage(x.mask).astype(np.float32) for x in regions.lesions)
    phases = []
    for time_s, (gland_up, lesion_up) in zip(TIMES_S, ((1.0, 1.0), (1.2, 2.4), (1.35, 2.0)), strict=True):
        values = 60 * breast + 90 * gland_up * fgt + 130 * lesion_up * lesion + rng.normal(0, 6, SHAPE)
        phases.append(Phase(_image(np.clip(values, 0, None).astype(np.float32), orientation), time_s))
    return tuple(phases)


# ------------------------------------------------------------------------------------------------------------- result


def lesion_measurements(scale: float) -> tuple[Measurement, ...]:
    return (
        Measurement.of("volume", "Volume", 3.4567891 * scale, "cm3"),
        Measurement.of("longest_diameter", "Longest diameter", 23.98765432 * scale, "mm"),
        Measurement.of("sphericity", "Sphericity", 0.61803398, "1"),
        Measurement.of("surface_volume_ratio", "Surface to volume ratio", 0.33333333, "/mm"),
        Measurement.of("ftv", "Functional tumour volume", 2.7182818 * scale, "cm3"),
        Measurement.of("ftv_ser", "Functional tumour volume, SER > 0.9", 1.2345678e-05 * scale, "cm3"),
        Measurement.of("pe_mean", "Percent enhancement, mean", 141.42135, "%"),
        Measurement.of("pe_peak", "Percent enhancement, peak", 1234567.8, "%"),
        Measurement.of("ser_mean", "SER, mean", 1.1547005, "{ratio}"),
    )


WU_FEATURES: tuple[Measurement, ...] = (
    Measurement.of("M1", "Volume", 3.4567891, "cm3"),
    Measurement.of("M2", "Sphericity", 0.61803398, "1"),
    Measurement.of("M3", "Surface to volume ratio", 0.33333333, "/mm"),
    Measurement.of("M4", "Margin gradient, mean", 12.345678, "1"),
    Measurement.of("M5", "Margin gradient, SD", 4.5678912, "1"),
    Measurement.of("TEX1", "GLCM correlation of SER", 0.4142135, "1"),
    Measurement.of("TEX2", "GLCM cluster shade of SER", -57.29577, "1"),
    Measurement.of("TEX3", "GLCM joint energy of SER", 0.0123456, "1"),
    Measurement(
        "TEX4", "GLCM joint entropy of SER", None, "1", Missing.CALCULATION_FAILURE, "SER is the same everywhere"
    ),
    Measurement.of("FTV1", "Volume with SER > 1.0", 1.0101010, "cm3"),
    Measurement.of("FTV2", "Volume with SER > 1.5", 0.0, "cm3"),
    Measurement.of("BPE1", "Parenchyma with PE > 20 %", 10.101010, "cm3"),
    Measurement.of("BPE2", "Parenchyma with PE > 60 %", 5.0505050, "cm3"),
    Measurement.of("BPE3", "Fraction with PE > 20 %", 0.2020202, "1"),
    Measurement.of("BPE4", "Fraction with PE > 60 %", 0.1010101, "1"),
    Measurement.of("TS-BPE1", "Mean PE within 20 mm", 0.3141592, "1"),
    Measurement.of("TS-BPE2", "Mean SER within 20 mm", 0.8660254, "{ratio}"),
)


def wu_signature(**changes: Any) -> SignatureResult:
    facts: dict[str, Any] = {
        "id": "wu2018",
        "title": "Stromal TIL percentage (Wu 2018)",
        "citation": "Wu J et al., 2018.",
        "version": "1",
        "state": CalibrationState.UNCALIBRATED,
        "reason": "No reference cohort is installed for these settings; run tilscope calibrate on scored studies.",
        "score": Measurement(
            "til_percent", "Estimated TIL", None, "%", Missing.NOT_ATTEMPTED, "the features cannot be standardised"
        ),
        "category": None,
        "features": WU_FEATURES,
        "parameters": "1 mm isotropic; SER in 32 bins on [0, 3]; undefined where PE < 0.1",
    }
    return SignatureResult(**{**facts, **changes})


def _result(source: DceSource, regions: Regions, changes: dict[str, Any]) -> SeriesResult:
    lesions = tuple(
        LesionResult(lesion.number, lesion.laterality.value, lesion.confidence, lesion_measurements(scale), curve)
        for lesion, scale, curve in zip(regions.lesions, (1.0, 0.2), ("washout", "persistent"), strict=True)
    )
    facts: dict[str, Any] = {
        "study_uid": source.study_uid,
        "series_uids": source.series_uids,
        "input_hash": "9f2c4e6a8b0d1f35",
        "measurement_hash": "5d3b1f9e7c2a4860",
        "settings_hash": "a1b2c3d4e5f60718",
        "pipeline_version": PIPELINE_VERSION,
        "segmenter": "classical 1",
        "laterality": source.laterality.value,
        "time_zero": source.time_zero,
        "phases": tuple(
            PhaseSummary(index + 1, ROLES.name(index), phase.time_s) for index, phase in enumerate(source.phases)
        ),
        "lesions": lesions,
        "breast": (
            Measurement.of("breast_volume", "Breast volume", 612.34567, "cm3"),
            Measurement.of("fgt_volume", "Fibroglandular tissue", 98.765432, "cm3"),
            Measurement.of("fgt_percent", "Fibroglandular tissue, share", 16.129032, "%"),
            Measurement.of("bpe_mean", "BPE, mean", 27.182818, "%"),
            Measurement.of("bpe_median", "BPE, median", 22.360679, "%"),
        ),
        "description": described(Laterality(source.laterality)),
        "signatures": (wu_signature(),),
        "quality": (QualityFinding("low-snr", "The pre-contrast phase is noisy: signal to noise 6.1 in the breast."),),
    }
    return SeriesResult(**{**facts, **changes})
