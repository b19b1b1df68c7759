"""What the features' sensitivity is measured on: lesions whose outline does not come from our own segmentation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import SimpleITK as sitk
from a03m_exam import lesion_by_eye, read_a03m
from nact_exam import read_nact_exam
from validation.figures_of_a_case import series_of

from tilscope.models.breast.fgt import find_fgt
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import DceSeries, Laterality
from tilscope.models.imaging.voxels import image_of
from tilscope.models.lesions.classical import regions_of
from tilscope.models.preparation.prepare import prepare
from tilscope.models.settings import MotionSettings, PipelineSettings
from tilscope.models.signatures import evaluate_all
from tilscope.phantom.cases import validation_case
from tilscope.phantom.study import make_study

#: A change that is made to a study after registration must not be taken back by it.
SETTINGS = replace(PipelineSettings(), motion=MotionSettings(register=False))

#: Of the validation's patients: two axial and two sagittal ones, with lesions of 18 to 29 mm.
PHANTOM_SEEDS = (4, 8, 12, 13)


@dataclass(frozen=True, eq=False)
class Case:
    series: DceSeries
    lesion: sitk.Image
    """0 and 1, on the grid of the series."""
    side: Laterality


def all_cases(reference_data: Path) -> dict[str, Callable[[], Case]]:
    """By name; each is read or made when it is asked for."""
    cases: dict[str, Callable[[], Case]] = {}
    if reference_data.is_dir():
        cases["UCSF-BR-06"] = lambda: _br_06(reference_data)
        cases["TCGA-AO-A03M"] = lambda: _a03m(reference_data)
    return cases | {f"phantom {seed}": lambda seed=seed: _phantom(seed) for seed in PHANTOM_SEEDS}


def features_of(case: Case, prepared: PreparedSeries | None = None) -> dict[str, float]:
    """Every feature that has a value, by signature and id; bias field, breast and glands are found anew where not given."""
    made = prepare(case.series, SETTINGS) if prepared is None else prepared
    results = evaluate_all(made, regions_in(case, made), SETTINGS)
    return {f"{one.id} {m.id}": m.value for one in results for m in one.features if m.value is not None}


def regions_in(case: Case, prepared: PreparedSeries) -> Regions:
    return regions_of(prepared, find_fgt(prepared), [Lesion(1, case.lesion, case.side, 1.0)])


def _br_06(reference_data: Path) -> Case:
    exam = read_nact_exam(reference_data)
    return Case(exam.series, image_of(exam.trial_tumour, exam.series.grid), Laterality.LEFT)


def _a03m(reference_data: Path) -> Case:
    folder = reference_data / "tcga_ao_a03m"
    return Case(read_a03m(folder), lesion_by_eye(folder), Laterality.LEFT)


def _phantom(seed: int) -> Case:
    study = make_study(validation_case(seed))
    index = study.truth.lesions[0]
    return Case(series_of(study), index.mask, index.spec.side)
