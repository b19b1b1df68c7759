"""Studies that must be refused in words: damage done to a written phantom study, and a study that is no MR at all.

Each function knows from the truth beside the study which file is what, so it works for every layout.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.uid import CTImageStorage

from tilscope.phantom import anatomy
from tilscope.phantom.grid import PhantomGrid, SlicePlane
from tilscope.phantom.imaging import mix
from tilscope.phantom.instances import Identity, image_of, write_slice
from tilscope.phantom.layouts import Tags, clock, date
from tilscope.phantom.signal import LESION_WITH, Tissue
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.texture import generator
from tilscope.phantom.truth import FILE_NAME

#: Hounsfield units.
DENSITY_HU = {
    Tissue.FAT: -100.0,
    Tissue.SKIN: 40.0,
    Tissue.GLAND: 35.0,
    Tissue.ACTIVE_GLAND: 35.0,
    Tissue.VIVID_GLAND: 35.0,
    Tissue.MUSCLE: 55.0,
    Tissue.LUNG: -850.0,
    Tissue.BLOOD: 45.0,
    Tissue.DULL_TUMOUR: 50.0,
    Tissue.LESION_CORE: 45.0,
    Tissue.NECROSIS: 20.0,
    Tissue.NODE: 40.0,
    Tissue.CYST: 5.0,
    Tissue.BRIGHT_CYST: 40.0,
    Tissue.SILICONE: 100.0,
    **dict.fromkeys(LESION_WITH.values(), 50.0),
}


def without_slice(folder: Path, phase: int = -1, slice_index: int | None = None) -> Path:
    """Remove one slice of one phase (by default the middle of the last); returns the file that is gone.

    Of a sagittal pair it is a slice of the first breast; a multi-frame study has no file of one slice.
    """
    if "frames" in _dynamic(folder)[0]["phases"][phase]:
        raise ValueError("a multi-frame instance holds all slices of a phase: none can be removed alone")
    files = _phase_files(folder)[phase]
    gone = files[len(files) // 2 if slice_index is None else slice_index]
    gone.unlink()
    return gone


def two_phases_only(folder: Path) -> list[Path]:
    """Remove every phase after the second; returns the files that are gone."""
    later = {folder / name for one in _dynamic(folder) for phase in one["phases"][2:] for name in phase["files"]}
    kept = {folder / name for one in _dynamic(folder) for phase in one["phases"][:2] for name in phase["files"]}
    if later & kept:
        raise ValueError("all phases are in one multi-frame instance: none can be removed alone")
    for file in later:
        file.unlink()
        if not any(file.parent.iterdir()):
            file.parent.rmdir()
    return sorted(later)


def truncated_file(folder: Path, phase: int = 0, slice_index: int = 0) -> Path:
    """Cut a file off in the middle of its pixels, as a broken transfer does; returns it."""
    damaged = _phase_files(folder)[phase][slice_index]
    content = damaged.read_bytes()
    damaged.write_bytes(content[: len(content) - _pixel_bytes(folder) // 2])
    return damaged


def write_ct_study(folder: Path, spec: PhantomSpec | None = None, slices: int = 12) -> list[Path]:
    """A small CT of the same patient: read, understood and refused."""
    spec = spec or PhantomSpec.small()
    grid = PhantomGrid.centred(SlicePlane.AXIAL, (128, 128, slices), (3.0, 3.0, 5.0), (0.0, 25.0, 0.0))
    identity = Identity(spec, "ct")
    patient = anatomy.build(spec, grid)
    filled = np.clip(mix(patient, dict.fromkeys(Tissue, 1.0)), 0, 1)
    hounsfield = mix(patient, DENSITY_HU) - 1000 * (1 - filled)
    hounsfield = hounsfield + generator(spec.seed, "ct noise").normal(0, 12, grid.shape)
    stored = np.clip(np.rint(hounsfield + 1024), 0, 4095).astype(np.uint16)

    image = image_of(identity, CTImageStorage, "CT", "TILscope", grid)
    image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    image.SeriesDescription, image.SeriesNumber = "Chest CT", 2
    image.SeriesInstanceUID = identity.uid("ct")
    image.KVP = 120
    image.RescaleIntercept, image.RescaleSlope, image.RescaleType = -1024, 1, "HU"
    image.WindowCenter, image.WindowWidth = 40, 400
    files = []
    for index in range(slices):
        tags: Tags = {"InstanceNumber": index + 1, "AcquisitionNumber": 1}
        for kind in ("Series", "Acquisition", "Content"):
            tags[f"{kind}Date"], tags[f"{kind}Time"] = date(spec.injected_at), clock(spec.injected_at)
        path = folder / "dicom" / "series-0002" / f"{index + 1:04d}.dcm"
        write_slice(image, path, grid, index, stored[index], identity.uid("ct", index), tags)
        files.append(path)
    return files


def _truth(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "truth" / FILE_NAME).read_text(encoding="utf-8"))
    return document


def _dynamic(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _truth(folder)["dynamic_series"]
    return found


def _phase_files(folder: Path) -> list[list[Path]]:
    """The files of each phase of the first dynamic series, in the order of the slice normal."""
    return [[folder / name for name in phase["files"]] for phase in _dynamic(folder)[0]["phases"]]


def _pixel_bytes(folder: Path) -> int:
    columns, rows, _ = _dynamic(folder)[0]["grid"]["size"]
    return int(columns * rows * 2)
