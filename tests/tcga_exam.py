"""The real exam TCGA-AO-A03M (TCIA TCGA-BRCA, CC BY 3.0, Lingle et al., doi 10.7937/K9/TCIA.2016.AB2NAS8R), as volumes.

GE 1.5 T, sagittal, fat-suppressed, the left breast of a bilateral exam: one phase before contrast, five after it. The lesion
is where the eye sees the cancer on the subtraction, and no radiologist's outline.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import SimpleITK as sitk

from tilscope.models.imaging.series import DceSeries, Laterality, Phase, PhaseRoles

#: Middle of the phases in seconds after the injection, which is taken to begin with the first post-contrast phase.
TIMES_S = (-130.0, 50.0, 150.0, 250.0, 350.0, 450.0)


@dataclass(frozen=True, eq=False)
class TcgaExam:
    series: DceSeries
    lesion_by_eye: sitk.Image


def read_tcga_exam(reference_data: Path) -> TcgaExam:
    folder = reference_data / "tcga_ao_a03m"
    images = [
        sitk.ReadImage(str(folder / f"{name}_left.nii.gz")) for name in ("pre", *(f"post{n}" for n in range(1, 6)))
    ]
    phases = tuple(Phase(sitk.Cast(image, sitk.sitkFloat32), time) for image, time in zip(images, TIMES_S, strict=True))
    series = DceSeries(
        phases, PhaseRoles(pre=0, early=2, late=5), Laterality.LEFT, "start of the first post-contrast phase"
    )
    lesion = sitk.ReadImage(str(folder / "lesion_by_eye_left.nii.gz"))
    return TcgaExam(series, sitk.Cast(lesion != 0, sitk.sitkUInt8))
