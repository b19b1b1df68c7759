"""The film of the subtraction: what viewers need to play it, without loss, small, and naming nobody."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import dicom_readers
import numpy as np
from pydicom import Dataset
from pydicom.uid import RLELossless
from scored_study import ScoredStudy, scored_study

from tilscope.dicom_io.identity import Author
from tilscope.dicom_io.objects.images.turning_mip import build_turning_mip
from tilscope.models.pictures.turning import FRAMES, TurningProjection


def film_of(study: ScoredStudy) -> Dataset:
    return build_turning_mip(study.series, study.regions, study.source, Author.of(study.result), datetime.now())


def test_it_is_what_was_drawn_for_pydicom_and_dcmtk(tmp_path: Path) -> None:
    study = scored_study()
    obj = film_of(study)
    drawn = TurningProjection.of(study.series, study.regions, "RESEARCH USE ONLY").frames()
    assert obj.file_meta.TransferSyntaxUID == RLELossless
    assert (obj.pixel_array == drawn).all()
    path = dicom_readers.saved(obj, tmp_path)
    assert dicom_readers.conformance_errors(path) == []
    shown = dicom_readers.frames_of_picture(path, tmp_path / "frames")
    assert (np.stack(shown)[..., 0] == drawn).all(), "the window changes nothing"
    assert path.stat().st_size < 0.6 * drawn.nbytes


def test_it_plays_a_full_turn_and_goes_round() -> None:
    obj = film_of(scored_study())
    assert obj.NumberOfFrames == FRAMES
    assert obj.FrameIncrementPointer == 0x00181063
    assert 2000 <= obj.FrameTime * FRAMES <= 6000
    assert obj.PreferredPlaybackSequencing == 0
    assert obj.RecommendedDisplayFrameRate == round(1000 / obj.FrameTime)


def test_nothing_on_it_can_be_measured() -> None:
    """A length on a projection is foreshortened: there is a scale bar, and no spacing."""
    obj = film_of(scored_study())
    for keyword in (
        "PixelSpacing",
        "NominalScannedPixelSpacing",
        "ImagePositionPatient",
        "SharedFunctionalGroupsSequence",
    ):
        assert keyword not in obj


def test_it_names_every_image_of_both_phases_and_no_patient() -> None:
    study, other = scored_study(), scored_study(tags={"PatientName": "Other^Berta", "PatientID": "T-2"})
    obj = film_of(study)
    named = {item.ReferencedSOPInstanceUID for item in obj.SourceImageSequence}
    phases = (study.source.phases[study.source.roles.pre], study.source.early)
    assert named == {header.SOPInstanceUID for phase in phases for header in phase.headers}
    assert obj.BurnedInAnnotation == "NO"
    assert obj.PixelData == film_of(other).PixelData
    assert obj.PixelData != film_of(scored_study(demo=True)).PixelData
