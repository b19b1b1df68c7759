"""The truth beside the DICOM: what a perfect reader would find, as a small JSON file and masks on the very grid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from phantom.layouts import Layout
from phantom.study import PhantomStudy

FILE_NAME = "truth.json"


@dataclass(frozen=True)
class WrittenSeries:
    kind: str
    """dynamic, or the companion's kind."""
    uid: str
    number: int
    description: str
    files: tuple[Path, ...]
    """In the order of the instance numbers."""
    phases: dict[int, tuple[Path, ...]]
    """Files of each phase, in the order of the slice normal; empty for a companion."""


def write_truth(
    study: PhantomStudy,
    folder: Path,
    study_uid: str,
    layout: Layout,
    reversed_slices: bool,
    series: Sequence[WrittenSeries],
) -> Path:
    """Write FOLDER/truth; file names in it are relative to FOLDER."""
    truth, spec = study.truth, study.spec
    place = folder / "truth"
    place.mkdir(parents=True, exist_ok=True)
    masks = {"breast": truth.breast, "fgt": truth.fgt, "lesion": truth.lesion}
    for name, mask in masks.items():
        if mask is not None:
            sitk.WriteImage(mask, str(place / f"{name}.nii.gz"), True, 1)
    phase_files = {phase: files for one in series for phase, files in one.phases.items()}
    document: dict[str, Any] = {
        "synthetic": True,
        "study_instance_uid": study_uid,
        "seed": spec.seed,
        "layout": layout.name,
        "layout_meaning": layout.meaning,
        "reversed_slices": reversed_slices,
        "plane": spec.plane.value,
        "laterality": spec.imaged.value,
        "grid": {"size": spec.grid.size, "spacing_mm": spec.grid.spacing, "origin_mm": spec.grid.origin},
        "expected": {"layout": layout.expected, "refusal": truth.refusal},
        "phases": [
            {
                "time_s": time_s,
                "role": truth.roles.name(number) if truth.roles is not None else "",
                "files": [file.relative_to(folder).as_posix() for file in phase_files[number]],
            }
            for number, time_s in enumerate(study.times_s)
        ],
        "series": [
            {
                "kind": one.kind,
                "series_instance_uid": one.uid,
                "number": one.number,
                "description": one.description,
                "instances": len(one.files),
            }
            for one in series
        ],
        "breast": {"volume_cc": round(truth.breast_cc, 3)},
        "fgt": {"volume_cc": round(truth.fgt_cc, 3), **_curve(study, truth.fgt_signal)},
        "lesion": _lesion(study),
    }
    path = place / FILE_NAME
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path


def _lesion(study: PhantomStudy) -> dict[str, Any] | None:
    lesion, truth = study.spec.lesion, study.truth
    if lesion is None or truth.lesion is None:
        return None
    return {
        "side": lesion.side.value,
        "centre_mm": truth.lesion_centre_mm,
        "nominal_diameter_mm": lesion.diameter_mm,
        "volume_cc": round(truth.lesion_cc, 3),
        "curve": lesion.curve.value,
        **_curve(study, truth.lesion_signal),
    }


def _curve(study: PhantomStudy, signal: tuple[float, ...]) -> dict[str, Any]:
    """A region's mean signal without noise, and its PE and SER."""
    found = study.truth.enhancement(signal)
    pe, ser = (None, None) if found is None else (round(found[0], 4), round(found[1], 4))
    return {"mean_signal": [round(value, 2) for value in signal], "pe": pe, "ser": ser}
