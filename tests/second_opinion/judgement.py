"""Whether the network's opinion helps: what it says of every piece that the classical search weighs, beside what is true."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from second_opinion.views import views_of
from validation.figures_of_a_case import SETTINGS, SHARED, series_of
from validation.real_exams import RealExam
from validation.truths import true_lesions

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.injection_time import place_injection
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.models.breast.fgt import find_fgt
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import Mask, Volume, image_of, mask_of, values_of
from tilscope.models.lesions.classical import gland_level
from tilscope.models.lesions.search import LesionSearch
from tilscope.models.lesions.surroundings import Level
from tilscope.models.preparation.prepare import prepare
from tilscope.phantom.patients import patient_like
from tilscope.phantom.study import make_study
from tilscope.service.scoring.inspect_study import inspect_study

#: From views to how likely each voxel is lesion.
Opinion = Callable[[NDArray[np.float32]], Volume]


@dataclass(frozen=True)
class JudgedPiece:
    case: str
    diameter_mm: float
    true: bool
    odds: float
    """That it is a lesion, by its signs, in log-odds."""
    opinion: float
    """The mean of the network's probabilities over it."""


@dataclass(frozen=True, eq=False)
class Case:
    """A breast, or two, whose tumour is known."""

    name: str
    prepared: PreparedSeries
    tumour: Mask
    other_breast: Level | None = None


def phantoms(seeds: Iterable[int]) -> Iterator[Case]:
    """Patients that were not trained on, imaged by the phantom's own rules."""
    for seed in seeds:
        study = make_study(patient_like(seed))
        tumour = np.zeros(study.spec.grid.shape, bool)
        for one in true_lesions(study):
            tumour |= one.mask
        yield Case(f"seed {seed}", prepare(series_of(study), SETTINGS), tumour)


def exams(known: Iterable[RealExam]) -> Iterator[Case]:
    """Each series of the real exams as they are stored."""
    for exam in known:
        prepared = [prepare(series, SETTINGS) for series in _series_of(exam)]
        for one in prepared:
            others = [other for other in prepared if other is not one]
            level = gland_level(others[0]) if others else None
            placed = sitk.Resample(exam.known.tumour, one.breast, sitk.Transform(), sitk.sitkNearestNeighbor)
            yield Case(f"{exam.name} {one.series.laterality.word}", one, mask_of(placed), level)


def judged(case: Case, opinion: Opinion) -> list[JudgedPiece]:
    """Every piece of a case."""
    gland = mask_of(find_fgt(case.prepared))
    search = LesionSearch(case.prepared, gland, SETTINGS.segmentation, case.other_breast)
    grid, views = views_of(case.prepared, gland)
    coarse = image_of(opinion(views), grid)
    likely = values_of(sitk.Resample(coarse, case.prepared.breast, sitk.Transform(), sitk.sitkLinear))
    found = []
    for one in search.examined:
        voxels = search.on_the_grid(one.piece)
        odds = max(one.signs.odds, one.core.odds if one.core else one.signs.odds)
        true = bool(case.tumour[voxels].mean() >= SHARED)
        found.append(JudgedPiece(case.name, one.traits.diameter_mm, true, odds, float(likely[voxels].mean())))
    return found


def _series_of(exam: RealExam) -> list[DceSeries]:
    with TemporaryDirectory(prefix="tilscope-second-opinion-") as folder:
        exam.stored[exam.base](Path(folder) / "study")
        archive = FolderArchive(Path(folder) / "study")
        study = archive.only_study()
        found = []
        for source in inspect_study(archive, study, SETTINGS).assembly.require_sources():
            files = archive.fetch(study, source.files_needed, Path(folder) / "fetched", lambda done, total: None)
            found.append(place_injection(source, read_series(source, files), SETTINGS.timing)[1])
        return found
