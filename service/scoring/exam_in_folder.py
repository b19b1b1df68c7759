"""One date of a patient who is followed, from a folder: with the result of a study, or with its images, which are scored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from pydicom import Dataset

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.archives.kept_apart import KeptApart
from tilscope.dicom_io.identity import tracking_uid_of
from tilscope.dicom_io.volume_files.archive import opened_folder
from tilscope.models.followup import Exam, exam_of, exam_of_refusal
from tilscope.models.refusals import BadInput, Refused
from tilscope.models.result_schema import UnreadableResult, read_result
from tilscope.models.settings import PipelineSettings
from tilscope.service.scoring.inspect_study import inspect_study
from tilscope.service.scoring.score import score
from tilscope.service.scoring.stages import Report

RESULT = "result.json"


def exam_in(folder: Path, settings: PipelineSettings, report: Report) -> Exam:
    """The date in a folder. Nothing is written.

    Parameters
    ----------
    folder : Path
        What `tilscope score` has written of one study (result.json and its DICOM objects), or a study's images.
    settings : PipelineSettings
        For images.
    report : callable
        Called with each stage as it begins, and the fraction that is done.

    Raises
    ------
    BadInput
        The folder holds neither, or its study has no date.
    """
    if (folder / RESULT).is_file():
        return _of_result(folder)
    with opened_folder(folder) as archive:
        return _of_images(archive, archive.study_named(""), settings, report)


def _of_result(folder: Path) -> Exam:
    try:
        result = read_result(json.loads((folder / RESULT).read_text(encoding="utf-8")))
    except (UnreadableResult, ValueError) as problem:
        raise BadInput("unusable-result", path=folder / RESULT, problem=problem) from None
    when, patient = _when_and_who(FolderArchive(folder).headers(result.study_uid), result.study_uid)
    return exam_of(result, when, patient, tracking_uid_of)


def _of_images(archive: Archive, study_uid: str, settings: PipelineSettings, report: Report) -> Exam:
    inspected = inspect_study(archive, study_uid, settings)
    when, patient = _when_and_who(inspected.headers, study_uid)
    imaged = {one.laterality.value for one in inspected.assembly.dynamic_series if one.shows_breast}
    try:
        result = score(KeptApart(archive), study_uid, settings, report)
    except Refused as refusal:
        side = imaged.pop() if len(imaged) == 1 else "B"
        return exam_of_refusal(study_uid, when, patient, side, refusal.code, str(refusal))
    return exam_of(result, when, patient, tracking_uid_of)


def _when_and_who(headers: Sequence[Dataset], study_uid: str) -> tuple[date, str]:
    """Study Date and Patient ID."""
    for header in headers:
        if day := str(header.get("StudyDate") or ""):
            try:
                when = datetime.strptime(day, "%Y%m%d").date()
            except ValueError:
                break
            return when, str(header.get("PatientID") or "")
    raise BadInput("no-study-date", study=study_uid)
