"""The real exam TCGA-AO-A03M (TCIA TCGA-BRCA, CC BY 3.0, Lingle et al., doi 10.7937/K9/TCIA.2016.AB2NAS8R).

GE 1.5 T, sagittal, fat-suppressed, both breasts: one phase before contrast, five after it, and a T1 without fat suppression
beside them. Its headers were not published; the script beside the volumes writes them as DICOM in the ways in which archives
hold such a study.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import SimpleITK as sitk

from tilscope.models.imaging.series import DceSeries, Laterality, Phase, PhaseRoles

STORAGES = ("bilateral", "trigger", "split", "copies")
POSTS = ("post1", "post2", "post3", "post4", "post5")
#: Middle of each volume in seconds after the injection, which is taken to begin with the first post-contrast phase.
TIMES_S = {"t1": -300.0, "pre": -130.0, "post1": 50.0, "post2": 150.0, "post3": 250.0, "post4": 350.0, "post5": 450.0}


def read_a03m(folder: Path, side: str = "left", volumes: Sequence[str] = ("pre", *POSTS)) -> DceSeries:
    """The volumes of one breast in this order, roles by number: of the six phases, pre, post2 and post5."""
    images = (sitk.ReadImage(folder / f"{name}_{side}.nii.gz", sitk.sitkFloat32) for name in volumes)
    phases = tuple(Phase(image, TIMES_S[name]) for image, name in zip(images, volumes, strict=True))
    roles = PhaseRoles(pre=0, early=min(2, len(phases) - 2), late=len(phases) - 1)
    return DceSeries(phases, roles, Laterality(side[0].upper()), "start of the first post-contrast phase", True)


def lesion_by_eye(folder: Path) -> sitk.Image:
    """0 and 1 on the left breast's grid: where the eye sees the cancer on the subtraction. A threshold region, no
    radiologist's outline: good for which lesion it is, not for its border."""
    return sitk.Cast(sitk.ReadImage(folder / "lesion_by_eye_left.nii.gz") != 0, sitk.sitkUInt8)


def stored(folder: Path, storage: str, out: Path) -> Path:
    """The exam as DICOM in a folder."""
    subprocess.run([sys.executable, folder / "to_dicom.py", storage, out], check=True, capture_output=True)
    return out
