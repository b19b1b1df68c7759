"""A reader corrects the outline in the viewer and stores it by DICOMweb: the study is scored with it, with nobody asking."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from integration.hospital import Hospital
from ohif_outline import ohif_segmentation
from orthanc_server import eventually

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import assemble
from tilscope.dicom_io.files import to_bytes
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.phantom import PhantomStudy

pytestmark = pytest.mark.slow


def store_by_dicomweb(hospital: Hospital, study_uid: str, obj: pydicom.Dataset) -> None:
    """STOW-RS, as OHIF does (PS3.18 10.5)."""
    border = uuid.uuid4().hex
    head = f"--{border}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    content = head + to_bytes(obj) + f"\r\n--{border}--\r\n".encode()
    kind = f'multipart/related; type="application/dicom"; boundary={border}'
    answer = hospital.http.post(
        f"/dicom-web/studies/{study_uid}",
        content=content,
        headers={"Content-Type": kind, "Accept": "application/dicom+json"},
    )
    answer.raise_for_status()
    assert len(answer.json()["00081199"]["Value"]) == 1, "one instance was stored"


def volume_of(series: dict[str, Any]) -> float:
    return next(float(one["value"]) for one in series["lesions"][0]["measurements"] if one["id"] == "volume")


def test_an_outline_that_is_stored_from_the_viewer_is_scored_by_itself(
    hospital: Hospital, patient: PhantomStudy, new_study: Any, tmp_path: Path
) -> None:
    study_uid, paths = new_study("corrected")
    hospital.receive(paths)
    before = hospital.settled(study_uid)
    assert before["state"] == "scored", before
    archive = FolderArchive(paths[0].parents[2])
    (source,) = assemble(archive.headers(study_uid))

    assert patient.truth.lesion is not None
    voxels = mask_of(patient.truth.lesion).copy()
    voxels[: int(voxels.sum(axis=(1, 2)).argmax())] = False
    corrected = image_of(voxels, patient.truth.lesion)
    drawn = ohif_segmentation(corrected, source.early.headers, "Lesion 1 (left)", ("AUTOMATIC", "TILscope"))
    store_by_dicomweb(hospital, study_uid, drawn)

    eventually(
        lambda: hospital.study(study_uid)["input_hash"] not in (None, before["input_hash"]), "the outline is known"
    )
    after = hospital.settled(study_uid)
    assert after["state"] == "scored", after
    (series,) = hospital.result(study_uid)["dynamic_series"]
    assert series["segmentation"]["source"] == "drawn"
    assert series["segmentation"]["sop_instance_uid"] == drawn.SOPInstanceUID
    drawn_cc = voxels.sum() * np.prod(corrected.GetSpacing()) / 1000
    assert volume_of(series) == pytest.approx(drawn_cc, rel=0.25)
