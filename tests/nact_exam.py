"""The real exam UCSF-BR-06 (TCIA Breast-MRI-NACT-Pilot, CC BY 3.0) as volumes, read by a reader of the tests' own.

GE 1.5 T, sagittal, fat-suppressed, one breast; three phases in one series that differ in ContentTime only. With it the
trial's own PE and SER maps and the numbers of its functional tumour volume.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import SimpleITK as sitk

from tilscope.models.imaging.series import DceSeries, Laterality, Phase, PhaseRoles
from tilscope.models.kinetics.ftv import BoxMm


@dataclass(frozen=True, eq=False)
class NactExam:
    series: DceSeries
    trial_pe: np.ndarray
    trial_ser: np.ndarray
    """0 outside what the trial counted as tumour; cut off at 3."""
    oracle: dict[str, Any]

    @property
    def box(self) -> BoxMm:
        """The trial's volume of interest; its corners are voxels, counted from 0 in the order of InstanceNumber."""
        corners = (self.series.pre.TransformIndexToPhysicalPoint(self.oracle[f"voi_{end}"]) for end in ("start", "end"))
        return BoxMm(*corners)

    @property
    def trial_tumour(self) -> np.ndarray:
        return (self.trial_ser != 0) & self.box.mask(self.series.pre)


def read_nact_exam(reference_data: Path) -> NactExam:
    folder = reference_data / "nact" / "UCSF-BR-06"
    oracle = json.loads((reference_data / "nact" / "ftv_oracle.json").read_text())["cases"]["UCSF-BR-06"]
    phases = defaultdict(list)
    for header in _read(folder / "image_dce_3dfgre_orig"):
        phases[str(header.ContentTime)].append(header)
    assert sorted(phases) == oracle["content_times"]
    images = [_volume(phases[time]) for time in sorted(phases)]
    times = oracle["phase_mid_times_s_rel_injection"]
    series = DceSeries(
        tuple(Phase(image, float(time)) for image, time in zip(images, times, strict=True)),
        PhaseRoles(pre=0, early=1, late=2),
        Laterality.LEFT,
        "start of the first post-contrast phase",
    )
    pe, ser = (_volume(_read(folder / f"image_dce_{kind}")) for kind in ("pe1", "ser"))
    return NactExam(series, sitk.GetArrayFromImage(pe), sitk.GetArrayFromImage(ser), oracle)


def _read(folder: Path) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in sorted(folder.glob("*.dcm"))]


def _volume(headers: list[pydicom.Dataset]) -> sitk.Image:
    """Slices along the normal, so that the grid is right-handed; stored values through the rescale slope."""
    row, column = np.array(headers[0].ImageOrientationPatient, float).reshape(2, 3)
    normal = np.cross(row, column)
    ordered = sorted(headers, key=lambda h: float(normal @ np.array(h.ImagePositionPatient, float)))
    slope = float(headers[0].get("RescaleSlope", 1))
    image = sitk.GetImageFromArray(np.stack([h.pixel_array * np.float32(slope) for h in ordered]).astype(np.float32))
    first, last = (np.array(ordered[i].ImagePositionPatient, float) for i in (0, -1))
    between = float(normal @ (last - first)) / (len(ordered) - 1)
    down, across = (float(v) for v in headers[0].PixelSpacing)
    image.SetSpacing((across, down, between))
    image.SetOrigin(first.tolist())
    image.SetDirection(np.column_stack([row, column, normal]).ravel().tolist())
    return image
