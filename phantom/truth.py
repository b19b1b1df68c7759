"""The truth beside the DICOM: what a perfect reader would find, as a small JSON file and masks on the very grid.

Every study says under `dynamic_series` what each of its dynamic series is: one, or two for a sagittal pair (right, then
left). A study of one says the same at the top level.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from tilscope.phantom.artefact_spec import Artefacts
from tilscope.phantom.body_traits import BodyTraits
from tilscope.phantom.layouts import Layout
from tilscope.phantom.spec import Density, PhantomSpec
from tilscope.phantom.study import DiffuseTruth, LesionTruth, PhantomStudy

FILE_NAME = "truth.json"
#: The finding of a patient in whom there is nothing to find.
NO_FINDING = "none"

#: The fields' bumps are some centimetres wide: between samples so far apart they are linear to hundredths of a millimetre.
DISPLACEMENT_STEP_MM = 5.0


@dataclass(frozen=True)
class WrittenPhase:
    files: tuple[Path, ...]
    """In the order of the slice normal; a multi-frame instance once."""
    series_uids: tuple[str, ...]
    frames: tuple[int, ...] = ()
    """Of a multi-frame instance: the phase's frames, from 1, in the order of the slice normal."""


@dataclass(frozen=True)
class WrittenSeries:
    kind: str
    """dynamic, registered, motion-corrected, or the companion's kind."""
    uid: str
    number: int
    description: str
    files: tuple[Path, ...]
    """In the order of the instance numbers."""


@dataclass(frozen=True, eq=False)
class WrittenStudy:
    """Everything that truth.json tells about how the study was written."""

    uid: str
    layout: Layout
    reversed_slices: bool
    syntax: str
    stored: str
    dynamic: tuple[tuple[PhantomStudy, tuple[WrittenPhase, ...]], ...]
    series: tuple[WrittenSeries, ...]


def write_truth(written: WrittenStudy, folder: Path) -> Path:
    """Write FOLDER/truth; file names in it are relative to FOLDER."""
    place = folder / "truth"
    place.mkdir(parents=True, exist_ok=True)
    layout = written.layout
    alone = len(written.dynamic) == 1
    dynamic = [
        _dynamic(study, phases, layout, folder, place if alone else place / study.spec.imaged.word)
        for study, phases in written.dynamic
    ]
    document: dict[str, Any] = {
        "synthetic": True,
        "study_instance_uid": written.uid,
        "seed": written.dynamic[0][0].spec.seed,
        "layout": layout.name,
        "layout_meaning": layout.meaning,
        "layout_source": layout.source,
        "evidence": list(layout.evidence),
        "reversed_slices": written.reversed_slices,
        "transfer_syntax": written.syntax,
        "stored": written.stored,
        "plane": dynamic[0]["plane"],
        "laterality": dynamic[0]["laterality"] if alone else "B",
        "expected": {"layout": layout.expected, "refusal": dynamic[0]["expected"]["refusal"] if alone else None},
        "series": [
            {
                "kind": one.kind,
                "series_instance_uid": one.uid,
                "number": one.number,
                "description": one.description,
                "instances": len(one.files),
            }
            for one in written.series
        ],
        "dynamic_series": dynamic,
    }
    if alone:
        document |= {
            key: dynamic[0][key]
            for key in ("grid", "phases", "finding", "breast", "fgt", "lesion", "lesions", "diffuse", "patient")
        }
    path = place / FILE_NAME
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path


def _dynamic(
    study: PhantomStudy, phases: Sequence[WrittenPhase], layout: Layout, folder: Path, place: Path
) -> dict[str, Any]:
    """One dynamic series; its masks go to `place`."""
    truth, spec = study.truth, study.spec
    place.mkdir(parents=True, exist_ok=True)
    masks = {"breast": truth.breast, "fgt": truth.fgt, "lesion": truth.lesion}
    masks["diffuse"] = truth.diffuse.mask if truth.diffuse is not None else None
    masks |= {f"lesion-{number}": one.mask for number, one in enumerate(truth.lesions[1:], start=2)}
    masks |= {f"not-{name}": mask for name, mask in truth.distractors.items()}
    for name, mask in masks.items():
        if mask is not None:
            sitk.WriteImage(mask, str(place / f"{name}.nii.gz"), True, 1)
    moved = [_write_displacement(field, place, number, folder) for number, field in enumerate(truth.displacements, 1)]
    return {
        "plane": spec.plane.value,
        "laterality": spec.imaged.value,
        "grid": {"size": spec.grid.size, "spacing_mm": spec.grid.spacing, "origin_mm": spec.grid.origin},
        "expected": {"layout": layout.expected, "refusal": truth.refusal},
        "phase_starts_s": spec.phase_starts_s,
        "phase_duration_s": spec.phase_duration_s,
        "phases": [
            {
                "time_s": time_s,
                "role": truth.roles.name(number) if truth.roles is not None else "",
                "files": [file.relative_to(folder).as_posix() for file in phases[number].files],
                "series_instance_uids": list(phases[number].series_uids),
                **({"frames": list(phases[number].frames)} if phases[number].frames else {}),
                **({"displacement": moved[number]} if moved[number] else {}),
            }
            for number, time_s in enumerate(study.times_s)
        ],
        "masks": {
            name: (place / f"{name}.nii.gz").relative_to(folder).as_posix()
            for name, mask in masks.items()
            if mask is not None
        },
        "finding": NO_FINDING if truth.finding is None else truth.finding.value,
        "breast": {"volume_cc": round(truth.breast_cc, 3)},
        "fgt": {"volume_cc": round(truth.fgt_cc, 3), **_curve(study, truth.fgt_signal)},
        "lesion": _lesion(study, truth.lesions[0]) if truth.lesion is not None else None,
        "lesions": [_lesion(study, one) for one in truth.lesions],
        "diffuse": _diffuse(study, truth.diffuse) if truth.diffuse is not None else None,
        "patient": _patient(study.spec),
    }


def _write_displacement(field: sitk.Image | None, place: Path, number: int, folder: Path) -> str | None:
    """Of a phase that moved: millimetres along the patient's axes, from where a tissue is seen to its place in the masks.

    NRRD, since it says which way its axes run; of vectors in NIfTI readers do not agree.
    """
    if field is None:
        return None
    path = place / f"displacement-{number}.nrrd"
    sitk.WriteImage(sitk.Cast(_coarser(field), sitk.sitkVectorFloat32), str(path), True, 1)
    return path.relative_to(folder).as_posix()


def _coarser(field: sitk.Image) -> sitk.Image:
    """The whole field in fewer samples: on the images' own grid it would be larger than they are."""
    extent = [(n - 1) * step for n, step in zip(field.GetSize(), field.GetSpacing(), strict=True)]
    size = [math.ceil(length / DISPLACEMENT_STEP_MM) + 1 for length in extent]
    step, origin, direction = [DISPLACEMENT_STEP_MM] * 3, field.GetOrigin(), field.GetDirection()
    kind = field.GetPixelID()
    return sitk.Resample(field, size, sitk.Transform(), sitk.sitkLinear, origin, step, direction, 0.0, kind, True)


def _lesion(study: PhantomStudy, lesion: LesionTruth) -> dict[str, Any]:
    return {
        "side": lesion.spec.side.value,
        "centre_mm": lesion.centre_mm,
        "nominal_diameter_mm": lesion.spec.diameter_mm,
        "volume_cc": round(lesion.cc, 3),
        "curve": lesion.spec.curve.value,
        "kind": lesion.spec.kind.value,
        **_curve(study, lesion.signal),
    }


def _diffuse(study: PhantomStudy, tumour: DiffuseTruth) -> dict[str, Any]:
    return {
        "side": tumour.spec.side.value,
        "gland_share": tumour.spec.gland_share,
        "volume_cc": round(tumour.cc, 3),
        "curve": tumour.spec.curve.value,
        **_curve(study, tumour.signal),
    }


def _patient(spec: PhantomSpec) -> dict[str, Any]:
    """What was chosen; what followed from it stands beside it."""
    return {
        "density": spec.density,
        "density_category": Density.of(spec.density).value,
        "background": spec.background.value,
        "breast_size": spec.breast_size,
        "nodes_a_side": spec.distractors.nodes_a_side,
        "cysts_a_breast": spec.distractors.cysts,
        "implants": spec.distractors.implants,
        "fat_saturated": spec.fat_saturated,
        "snr": spec.snr,
        "coil_shading": spec.coil_shading,
        "motion_mm": 0 if spec.motion is None else spec.motion.rms_mm,
        **_chosen("body", spec.body),
        **_chosen("artefacts", spec.artefacts),
    }


def _chosen(name: str, traits: BodyTraits | Artefacts) -> dict[str, Any]:
    """The traits that are not as usual; nothing of a patient without any."""
    chosen = {key: value for key, value in asdict(traits).items() if value != getattr(type(traits)(), key)}
    chosen.pop("diffuse", None)
    return {name: chosen} if chosen else {}


def _curve(study: PhantomStudy, signal: tuple[float, ...]) -> dict[str, Any]:
    """A region's mean signal without noise, and its PE and SER."""
    found = study.truth.enhancement(signal)
    pe, ser = (None, None) if found is None else (round(found[0], 4), round(found[1], 4))
    return {"mean_signal": [round(value, 2) for value in signal], "pe": pe, "ser": ser}
