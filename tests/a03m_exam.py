"""The real exam TCGA-AO-A03M (TCIA TCGA-BRCA, CC BY 3.0): both breasts, with a T1 without fat suppression beside the phases.

GE 1.5 T, sagittal. Its headers were not published; the script beside the volumes writes them as DICOM in the ways in
which archives hold such a study.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

STORAGES = ("bilateral", "trigger", "split", "copies")


def tcga_ao_a03m(reference_data: Path) -> Path:
    """The folder of the volumes; skips where it is absent."""
    folder = reference_data / "tcga_ao_a03m"
    if not folder.is_dir():
        pytest.skip(f"real exam absent: {folder}")
    return folder


def stored(reference_data: Path, storage: str, out: Path) -> Path:
    """The exam as DICOM in a folder."""
    script = tcga_ao_a03m(reference_data) / "to_dicom.py"
    subprocess.run([sys.executable, str(script), storage, str(out)], check=True, capture_output=True)
    return out
