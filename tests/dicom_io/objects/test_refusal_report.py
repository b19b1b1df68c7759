"""The note in a study that was refused, read by others: it says why, and no program takes it for measurements."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dicom_readers
import pytest
from pydicom import Dataset
from scored_study import scored_study

from tilscope.dicom_io.dce.enhanced_frames import EnhancedFrame
from tilscope.dicom_io.identity import Author, Kind
from tilscope.dicom_io.objects.results import build_results
from tilscope.dicom_io.objects.sr.refusal_note import RefusedImages, RefusedPhase, build_refusal
from tilscope.dicom_io.objects.sr.report_chain import PreviousReport
from tilscope.dicom_io.objects.sr.report_reading import (
    current_documents,
    current_reports,
    evidence_of,
    is_report,
    is_report_or_note,
)
from tilscope.models import PIPELINE_VERSION
from tilscope.models.imaging.series import Laterality

SENTENCE = "No enhancing lesion was found in the breast."
STUDY = scored_study()
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def images(time_zero: str = "", times: bool = True, frames: dict[str, EnhancedFrame] | None = None) -> RefusedImages:
    phases = [
        RefusedPhase(phase.headers, STUDY.source.roles.name(n), phase.time_s if times else None)
        for n, phase in enumerate(STUDY.source.phases)
    ]
    return RefusedImages(Laterality.LEFT, phases, time_zero, frames or {})


def note(of: RefusedImages | None = None, code: str = "no-lesion", demo: bool = False, **more: object) -> Dataset:
    author = Author(PIPELINE_VERSION, "settings", f"hash {code}", f"hash {code}", Laterality.LEFT, demo)
    return build_refusal(code, SENTENCE, [of or images()], author, NOW, **more)  # type: ignore[arg-type]


def said(obj: Dataset, folder: Path) -> str:
    return "\n".join(dicom_readers.report_lines(dicom_readers.saved(obj, folder)))


def test_it_conforms_and_shows_in_viewers_of_text(tmp_path: Path) -> None:
    path = dicom_readers.saved(note(), tmp_path)
    assert dicom_readers.conformance_errors(path) == []
    told = "\n".join(dicom_readers.report_lines(path))
    assert "Basic Text SR Document" in told
    assert "SEPARATE" in told
    assert "CONTINUOUS" not in told
    for flag in ("COMPLETE", "PRELIMINARY", "UNVERIFIED"):
        assert f": {flag}" in told


def test_the_reason_comes_first_in_words_and_for_programs(tmp_path: Path) -> None:
    told = said(note(), tmp_path)
    in_order = [
        "RESEARCH USE ONLY", f"No score for the left breast. {SENTENCE}", '"no-lesion"', '(111225,DCM,"Not Attempted")',
        "this is no negative finding", "Phases that were found",
    ]  # fmt: skip
    places = [told.index(words) for words in in_order]
    assert places == sorted(places)


def test_a_demonstration_says_that_it_is_one(tmp_path: Path) -> None:
    obj = note(demo=True)
    assert obj.SeriesDescription == "DEMO_TILscope_not_scored_left"
    assert "DEMO: synthetic data" in said(obj, tmp_path)


@pytest.mark.parametrize(
    ("of", "second"),
    [
        (images("ContrastBolusStartTime"), "Phase 2 (early): 11 slices, 150 s after the injection"),
        (images(), "Phase 2: 11 slices, 210 s after phase 1"),
        (images(times=False), "Phase 2: 11 slices, time not known"),
    ],
    ids=["the injection is recorded", "it is an assumption", "no clock serves"],
)
def test_the_phases_are_listed_with_their_times_and_an_image_each(
    of: RefusedImages, second: str, tmp_path: Path
) -> None:
    told = said(note(of), tmp_path)
    assert second in told
    assert told.count('"Source image"') == 3


def test_its_evidence_is_every_image_of_the_series() -> None:
    assert evidence_of(note()) == set(STUDY.source.instance_uids)


def test_frames_are_named_by_their_instance(tmp_path: Path) -> None:
    """Of a multi-frame series the headers are stand-ins, which no archive knows."""
    stand_ins = STUDY.source.instance_uids
    frames = {uid: EnhancedFrame("1.2.840.10008.5.1.4.1.1.4.1", "1.2.3", n) for n, uid in enumerate(stand_ins, start=1)}
    obj = note(images(frames=frames))
    assert dicom_readers.conformance_errors(dicom_readers.saved(obj, tmp_path)) == []
    assert evidence_of(obj) == {"1.2.3"}
    assert not [uid for uid in stand_ins if uid in str(obj)]


def test_who_says_it_is_the_same_everywhere() -> None:
    obj = note()
    (ours,) = (
        i for i in obj.ContributingEquipmentSequence if i.PurposeOfReferenceCodeSequence[0].CodeValue == "109102"
    )
    told = {i.ConceptNameCodeSequence[0].CodeValue: i for i in obj.ContentSequence}
    assert ours.DeviceUID == told["121012"].UID
    assert ours.Manufacturer == told["121014"].TextValue == obj.Manufacturer
    assert ours.ManufacturerModelName == told["121015"].TextValue
    assert told["121058"].ConceptCodeSequence[0].CodeValue == "36278-0", "the imaging of the left breast"


def test_nothing_takes_it_for_a_report(tmp_path: Path) -> None:
    obj = note()
    assert is_report_or_note(obj)
    assert not is_report(obj)
    assert current_reports([obj]) == []
    assert dicom_readers.dumped_numbers(dicom_readers.saved(obj, tmp_path)) == []


def test_its_uids_follow_from_what_was_refused_and_why() -> None:
    one, again, other = note(), note(), note(code="no-breast")
    assert (one.SOPInstanceUID, one.SeriesInstanceUID) == (again.SOPInstanceUID, again.SeriesInstanceUID)
    assert one.SOPInstanceUID != other.SOPInstanceUID
    assert one.file_meta.MediaStorageSOPInstanceUID == one.SOPInstanceUID
    assert one.SeriesNumber == Kind.REFUSAL.series_number(Laterality.LEFT)


def test_a_report_that_it_replaces_holds_no_longer(tmp_path: Path) -> None:
    report = build_results(*STUDY.parts).report
    named = PreviousReport(report.SOPClassUID, report.SOPInstanceUID, report.SeriesInstanceUID, report.StudyInstanceUID)
    obj = note(previous=(named,))
    assert dicom_readers.conformance_errors(dicom_readers.saved(obj, tmp_path)) == []
    assert current_documents([report, obj]) == [obj]
    assert current_reports([report, obj]) == []
