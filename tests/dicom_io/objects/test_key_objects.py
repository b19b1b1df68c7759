"""The key images: the slices of the early phase where the lesions are largest, each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import dicom_readers
import highdicom as hd
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from scored_study import GRIDS, ScoredStudy, scored_study

from tilscope.dicom_io.dce.enhanced_frames import EnhancedFrame, resolve
from tilscope.dicom_io.identity import Author
from tilscope.dicom_io.objects.sr.key_objects import build_key_objects
from tilscope.models import PIPELINE_VERSION
from tilscope.models.imaging.voxels import image_of, mask_of


def key_objects(study: ScoredStudy) -> Dataset:
    return build_key_objects(study.regions, study.source, Author.of(study.result), datetime.now())


def images_named(obj: Dataset) -> list[str]:
    items = [item for item in obj.ContentSequence if item.ValueType == "IMAGE"]
    return [item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in items]


@pytest.mark.parametrize("grid", GRIDS)
def test_they_show_each_lesion_where_it_is_largest(grid: str) -> None:
    study = scored_study(grid)
    by_uid = {str(h.SOPInstanceUID): h for h in study.source.early.headers}
    for lesion, uid in zip(study.regions.lesions, images_named(key_objects(study)), strict=True):
        origin = [float(v) for v in by_uid[uid].ImagePositionPatient]
        _, _, index = lesion.mask.TransformPhysicalPointToIndex(origin)
        areas = mask_of(lesion.mask).sum(axis=(1, 2))
        assert areas[index] == areas.max()


def test_a_slice_that_two_lesions_share_is_named_once() -> None:
    study = scored_study()
    first, second = study.regions.lesions
    moved = image_of(np.roll(mask_of(first.mask), 20, axis=2), first.mask)
    shared = replace(study, regions=replace(study.regions, lesions=(first, replace(second, mask=moved))))
    obj = key_objects(shared)
    assert len(images_named(obj)) == 1
    assert any("by lesion: 1 and 2." in item.get("TextValue", "") for item in obj.ContentSequence)


def test_its_images_have_no_purpose_of_reference() -> None:
    """TID 2010 gives them no concept name."""
    images = [item for item in key_objects(scored_study()).ContentSequence if item.ValueType == "IMAGE"]
    assert images
    assert not [item for item in images if "ConceptNameCodeSequence" in item]


def test_they_name_images_only_and_list_them_as_evidence() -> None:
    obj = key_objects(scored_study())
    assert {item.ValueType for item in obj.ContentSequence} == {"CODE", "UIDREF", "TEXT", "IMAGE"}
    (study,) = obj.CurrentRequestedProcedureEvidenceSequence
    (series,) = study.ReferencedSeriesSequence
    listed = [item.ReferencedSOPInstanceUID for item in series.ReferencedSOPSequence]
    assert sorted(listed) == sorted(images_named(obj))


def test_others_read_the_title_the_notice_and_who_chose(tmp_path: Path) -> None:
    path = dicom_readers.saved(key_objects(scored_study()), tmp_path)
    said = "\n".join(dicom_readers.report_lines(path))
    assert '(113000,DCM,"Of Interest")' in said
    assert "RESEARCH USE ONLY" in said
    assert f'(121013,DCM,"Device Observer Name")="TILscope {PIPELINE_VERSION}"' in said
    read = hd.ko.KeyObjectSelectionDocument.from_dataset(dcmread(path))
    assert len(read.content.get_references()) == 2


def test_of_a_multi_frame_image_its_frames_are_named() -> None:
    study = scored_study()
    frames = {
        str(h.SOPInstanceUID): EnhancedFrame("1.2.840.10008.5.1.4.1.1.4.1", "1.2.3", number)
        for number, h in enumerate(study.source.early.headers, start=1)
    }
    obj = key_objects(study)
    expected = [frames[uid].number for uid in images_named(obj)]
    resolve(obj, frames)
    images = [item.ReferencedSOPSequence[0] for item in obj.ContentSequence if item.ValueType == "IMAGE"]
    assert [(i.ReferencedSOPInstanceUID, i.ReferencedFrameNumber) for i in images] == [("1.2.3", n) for n in expected]
