"""The real exams as they are stored, and what is known of their tumours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import SimpleITK as sitk
from a03m_exam import STORAGES, lesion_by_eye, stored
from nact_exam import NactExam, read_nact_exam
from scipy import ndimage
from validation.perturbations import Perturbation, perturbations
from validation.stacks import Stack, read_stacks, write_stacks

from tilscope.models.imaging.voxels import Mask, image_of, mask_of, values_of
from tilscope.models.kinetics.ftv import functional_tumour_volume
from tilscope.models.settings import PipelineSettings

BR06, A03M = "UCSF-BR-06", "TCGA-AO-A03M"
#: Median signal of the tumour of UCSF-BR-06 before contrast: noise is counted in this exam's stored values.
_TUMOUR_OF_BR06 = 56.0
#: What lies so near to a tumour that was seen by eye may be the tumour.
_NEAR_MM = 5.0


@dataclass(frozen=True, eq=False)
class KnownTumour:
    """What is known, on the grid of the series that holds the tumour."""

    tumour: sitk.Image
    counted: sitk.Image | None
    """Where the trial's rule holds, in the box and outside: only this part of a lesion is compared. None: all of it."""
    zone: sitk.Image
    """A lesion outside is a false one."""
    least_dice: float


@dataclass(frozen=True, eq=False)
class RealExam:
    name: str
    source: str
    """Whose it is, for the page."""
    stored: dict[str, Callable[[Path], None]]
    """Ways in which the exam is stored, by name; each writes it into a folder."""
    known: KnownTumour
    base: str
    """The way of storing that the changed studies are made from."""

    @cached_property
    def phases(self) -> list[list[Stack]]:
        """The volumes of each phase, in time order."""
        with TemporaryDirectory(prefix="tilscope-validation-") as folder:
            self.stored[self.base](Path(folder) / "study")
            stacks = read_stacks(Path(folder) / "study")
        by_time: dict[str, list[Stack]] = defaultdict(list)
        for stack in stacks:
            if stack.may_be_phase:
                by_time[str(stack.header.ContentTime)].append(stack)
        return [by_time[moment] for moment in sorted(by_time)]

    @cached_property
    def perturbations(self) -> list[Perturbation]:
        tumour = mask_of(self.known.tumour)
        before = next(s.image for s in self.phases[0] if s.image.GetSize() == self.known.tumour.GetSize())
        unit = float(np.median(values_of(before)[tumour])) / _TUMOUR_OF_BR06
        size = self.known.tumour.GetSize()
        centre = self.known.tumour.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in size])
        return perturbations(unit, centre, len(self.phases))

    def write(self, perturbation: Perturbation, folder: Path) -> None:
        write_stacks(perturbation.of(self.phases), folder)


def real_exams(data: Path) -> list[RealExam]:
    """Those that lie in the folder of reference data."""
    found = []
    if (data / "nact").is_dir():
        found.append(_br06(data))
    if (data / "tcga_ao_a03m").is_dir():
        found.append(_a03m(data / "tcga_ao_a03m"))
    return found


def _br06(data: Path) -> RealExam:
    exam, folder = read_nact_exam(data), data / "nact" / BR06 / "image_dce_3dfgre_orig"
    return RealExam(
        BR06,
        "TCIA Breast-MRI-NACT-Pilot, CC BY 3.0",
        {"as published": lambda out: write_stacks(read_stacks(folder), out)},
        _trial(exam),
        "as published",
    )


def _trial(exam: NactExam) -> KnownTumour:
    """The trial's rule in the trial's box."""
    series, grid = exam.series, exam.series.pre
    everywhere = image_of(np.ones(values_of(grid).shape, bool), grid)
    threshold = exam.oracle["background_threshold"]
    rule = functional_tumour_volume(
        series.pre, series.early, series.late, everywhere, PipelineSettings().ftv, threshold
    )
    zone = image_of(exam.box.mask(grid), grid)
    return KnownTumour(image_of(exam.trial_tumour, grid), rule.mask, zone, 0.95)


def _a03m(data: Path) -> RealExam:
    eye = lesion_by_eye(data)
    near: Mask = ndimage.distance_transform_edt(~mask_of(eye), sampling=eye.GetSpacing()[::-1]) <= _NEAR_MM

    def stored_as(storage: str) -> Callable[[Path], None]:
        return lambda out: stored(data, storage, out) and None

    return RealExam(
        A03M,
        "TCIA TCGA-BRCA, CC BY 3.0, Lingle et al., doi 10.7937/K9/TCIA.2016.AB2NAS8R",
        {storage: stored_as(storage) for storage in STORAGES},
        KnownTumour(eye, None, image_of(near, eye), 0.5),
        "bilateral",
    )
