"""Studies with a history: answered by the whole pipeline, refused, scored again, or with lesions that a person has drawn.

What these write themselves goes to `objects` beside the images, as into an archive.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from conformance.studies import images_in, on_grid, phantom
from foreign_outlines import Painted, segmentation
from pydicom import Dataset
from scored_study import ScoredStudy

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.objects.results import build_results
from tilscope.dicom_io.objects.sr.report_chain import named_by
from tilscope.models.imaging.regions import ManualRoi
from tilscope.models.imaging.series import Laterality
from tilscope.models.refusals import Refused
from tilscope.models.result import LesionSource
from tilscope.models.settings import FURTHER_OBJECTS, USUAL_OBJECTS, PipelineSettings
from tilscope.phantom import PhantomSpec, write_study
from tilscope.service.scoring.score import score
from tilscope.service.scoring.score_series import ScoredSeries

SMALL = PhantomSpec.small()
WITHOUT_A_LESION = replace(SMALL, lesion=None)
#: Everything that can be written.
#: But for the film, which takes a second to draw and has cases of its own.
ALL_OBJECTS = USUAL_OBJECTS.and_also(word for word in FURTHER_OBJECTS if word != "turning-mip")
WITH_FILM = USUAL_OBJECTS.and_also(FURTHER_OBJECTS)


def objects_in(folder: Path) -> Path:
    """Where a case keeps the objects."""
    return folder / "objects"


def by_the_pipeline(folder: Path, layout: str) -> list[ScoredStudy]:
    """With everything that a scanner leaves beside the dynamic series. A pair has a lesion in the left breast alone."""
    write_study(phantom(SMALL), images_in(folder), layout)
    archive = FolderArchive(images_in(folder) / "dicom", objects_in(folder))
    settings = PipelineSettings(objects=ALL_OBJECTS)
    seen: list[ScoredSeries] = []
    score(archive, archive.only_study(), settings, lambda stage, fraction: None, show=seen.append)
    return [ScoredStudy(one.result, one.series, one.regions, one.source) for one in seen]


def refused(folder: Path, layout: str, spec: PhantomSpec = SMALL) -> list[ScoredStudy]:
    """No score, and a note that says why."""
    write_study(phantom(spec), images_in(folder), layout)
    archive = FolderArchive(images_in(folder) / "dicom", objects_in(folder))
    with pytest.raises(Refused):
        score(archive, archive.only_study(), PipelineSettings(), lambda stage, fraction: None)
    return []


def scored_again(folder: Path) -> list[ScoredStudy]:
    """A report was there already, drawn from another input: the new one takes its place."""
    (study,) = on_grid(folder)
    earlier = build_results(*study.parts).report
    _save(earlier, images_in(folder) / "earlier.dcm")
    again = replace(study, result=replace(study.result, input_hash="0123456789abcdef"))
    for obj in build_results(*again.parts, named_by(earlier), ALL_OBJECTS):
        _save(obj, objects_in(folder) / f"{obj.SeriesNumber}.dcm")
    return [again]


def drawn_by_a_person(folder: Path) -> list[ScoredStudy]:
    """The outline lies in the study, and the report names it as its source."""
    (study,) = on_grid(folder, laterality=Laterality.LEFT)
    lesion, further = study.regions.lesions
    outline = segmentation([Painted(lesion.mask, "tumour")], study.source.early.headers)
    _save(outline, images_in(folder) / "outline.dcm")
    drawn = ManualRoi(
        "Reader^Rita", "Workstations & Co Viewer", "tumour", 1, outline.SOPClassUID, outline.SOPInstanceUID,
        outline.SeriesInstanceUID, "SEG series 300 (drawn by hand)",
    )  # fmt: skip
    regions = replace(study.regions, lesions=(replace(lesion, manual_roi=drawn), further))
    told = LesionSource("drawn", drawn.by, drawn.tool, drawn.sop_class_uid, drawn.sop_instance_uid)
    return [replace(study, regions=regions, result=replace(study.result, segmentation=told))]


def _save(obj: Dataset, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    obj.save_as(path, enforce_file_format=True)
