"""One date of a phantom patient through the real pipeline, kept as plain values: the result, and which lesion is which."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

import tilscope
from tilscope.dicom_io.identity import tracking_uid_of
from tilscope.models.followup import Exam, exam_of, exam_of_refusal
from tilscope.models.imaging.voxels import mask_of, values_of
from tilscope.models.kinetics.ftv import background_of, functional_tumour_volume
from tilscope.models.refusals import Refused
from tilscope.models.result_schema import read_result
from tilscope.models.settings import FtvSettings
from tilscope.phantom import PhantomSpec, PhantomStudy, make_study, write_study

#: A region is the lesion that it shares most with.
NOTHING = ""


def scored_date(spec: PhantomSpec, names: Sequence[str]) -> dict[str, Any]:
    """The result or the refusal; of each lesion its true functional volume; and the name of each region that was found."""
    study = make_study(spec)
    with tempfile.TemporaryDirectory() as folder:
        write_study(study, folder, companions=False)
        about = {
            "date": spec.injected_at.date().isoformat(),
            "patient_id": f"P{spec.patient_number}",
            "true_ftv": _true_volumes(study, names),
        }
        try:
            scored = tilscope.score(folder)
        except Refused as refusal:
            return {**about, "refusal": [spec.imaged.value, refusal.code, str(refusal)], "regions": []}
        regions = [scored.mask(name) for name in scored.mask_names if name not in ("breast", "fgt", "ring")]
        return {
            **about,
            "result": scored.as_json(),
            "regions": [_name_of(region, study, names) for region in regions],
        }


def exam_kept(kept: dict[str, Any], number: int) -> Exam:
    """The date as it is followed."""
    when, patient = date.fromisoformat(kept["date"]), kept["patient_id"]
    if "refusal" in kept:
        side, code, sentence = kept["refusal"]
        return exam_of_refusal(f"2.25.{number}", when, patient, side, code, sentence)
    return exam_of(read_result(kept["result"]), when, patient, tracking_uid_of)


def _true_volumes(study: PhantomStudy, names: Sequence[str]) -> dict[str, float]:
    """By the trial's rule inside the true outline; the pieces of one lesion together."""
    volumes: dict[str, float] = dict.fromkeys(names, 0.0)
    roles = study.truth.roles
    assert roles is not None
    pre, early, late = (study.phases[number] for number in (roles.pre, roles.early, roles.late))
    for name, lesion in zip(names, study.truth.lesions, strict=True):
        (tight,) = ndimage.find_objects(values_of(lesion.mask).astype(np.uint8))
        background = background_of(values_of(pre)[tight], FtvSettings())
        volumes[name] += functional_tumour_volume(pre, early, late, lesion.mask, FtvSettings(), background).pe_cc
    return volumes


def _name_of(region: sitk.Image, study: PhantomStudy, names: Sequence[str]) -> str:
    found = mask_of(region)
    shared = [int((found & mask_of(lesion.mask)).sum()) for lesion in study.truth.lesions]
    return names[int(np.argmax(shared))] if max(shared, default=0) else NOTHING
