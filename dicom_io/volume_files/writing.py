"""What was scored as NIfTI, in a folder that can be read as a study again: phases, masks, PE and SER maps.

Geometry is the images' own, in the format's 32 bits. Of a study that came as volumes everything is listed as it was there, so
that masks lie on the volumes voxel by voxel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import SimpleITK as sitk
from pydicom import Dataset

from tilscope.dicom_io.dce.fat_suppression import PLACES
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.dce.values import number, text
from tilscope.dicom_io.identity import Kind
from tilscope.dicom_io.objects.images.parametric_maps import map_values
from tilscope.dicom_io.volume_files.derived_images import is_derived, was_left_handed
from tilscope.dicom_io.volume_files.facts import SIDE_FILE, CaseFacts
from tilscope.models.features.peritumoral import ring_on_images
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import image_of

_MAPS = {"pe": Kind.PE_MAP, "ser": Kind.SER_MAP}
#: Header values that a side file can tell, by the name of the fact.
_NUMBERS = {
    "field_strength_t": "MagneticFieldStrength",
    "repetition_ms": "RepetitionTime",
    "echo_ms": "EchoTime",
    "flip_degrees": "FlipAngle",
}
_WORDS = {"patient": "PatientID", "manufacturer": "Manufacturer", "model": "ManufacturerModelName"}


def write_nifti(folder: Path, series: DceSeries, regions: Regions, source: DceSource) -> list[Path]:
    """The phases as they were measured, the masks of all regions, and the maps.

    Parameters
    ----------
    folder : Path
        Is made if need be; files of the same names are replaced.
    series : DceSeries
        Free of motion.
    regions : Regions
        On the grid of the series.
    source : DceSource
        Headers of the series.

    Returns
    -------
    list of Path
        `phase_0000.nii.gz` and so on in order of time; `mask_breast`, `mask_fgt`, `mask_ring`, and one mask for each lesion;
        `pe` (percent) and `ser`, NaN where there is no value; and the side file with times and what else is known.
    """
    folder.mkdir(parents=True, exist_ok=True)
    phases = {f"phase_{index:04d}": phase.stored for index, phase in enumerate(series.phases)}
    maps = {name: image_of(map_values(kind, series, regions), series.grid) for name, kind in _MAPS.items()}
    written = []
    for name, image in {**phases, **_masks(series, regions), **maps}.items():
        written.append(folder / f"{name}.nii.gz")
        sitk.WriteImage(_as_it_was_listed(image, source), str(written[-1]), useCompression=True)
    side_file = folder / SIDE_FILE
    facts = _facts(source) | {"phases": [f"{name}.nii.gz" for name in phases]}
    side_file.write_text(json.dumps(facts, indent=2, ensure_ascii=False), encoding="utf-8")
    return [*written, side_file]


def _masks(series: DceSeries, regions: Regions) -> Mapping[str, sitk.Image]:
    finding = regions.finding
    lesions = {finding.label(one.number).lower().replace(" ", "_"): one.mask for one in regions.lesions}
    ring = {"ring": ring_on_images(series, regions)} if finding.is_scored else {}
    masks = {"breast": regions.breast, "fgt": regions.fgt, **ring, **lesions}
    return {f"mask_{name}": mask for name, mask in masks.items()}


def _as_it_was_listed(image: sitk.Image, source: DceSource) -> sitk.Image:
    return image[:, :, ::-1] if was_left_handed(source.early.headers) else image


def _facts(source: DceSource) -> dict[str, Any]:
    """What the headers tell; an injection that was assumed is left to be assumed again."""
    header = source.early.headers[0]
    assumed = source.time_zero_assumed
    times = [source.start_s(i) if assumed else phase.time_s for i, phase in enumerate(source.phases)]
    told: dict[str, Any] = {fact: text(header, keyword)[:64] for fact, keyword in _WORDS.items()}
    told |= {fact: number(header, keyword) for fact, keyword in _NUMBERS.items()}
    told |= {"starts_s" if assumed else "times_s": [round(time, 3) for time in times]}
    told |= {"fat_suppressed": _fat_suppressed(header), "patient_position": text(header, "PatientPosition")}
    facts = {fact: value for fact, value in told.items() if value not in ("", None)}
    CaseFacts.model_validate(facts)
    return facts


def _fat_suppressed(header: Dataset) -> bool | None:
    """That no option was used proves nothing (`fat_suppression`), but where a person has told it."""
    if any(read(header) for read in PLACES.values()):
        return True
    return False if is_derived(header) and "ScanOptions" in header else None
