"""Where a data set's own boxes say that the tumour of a study is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tilscope.dicom_io.annotation_boxes import box_in_patient, read_annotation_boxes
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.dce.values import text
from tilscope.models.lesions.steering import Steering
from tilscope.models.refusals import BadInput


def steering_by_box(boxes_file: str, sources: Sequence[DceSource]) -> Steering | None:
    """The box of the study's patient; None without a file.

    Raises BadInput where the patient has none: a study beside the others that was searched everywhere would look like them.
    """
    if not boxes_file:
        return None
    headers = sources[0].early.headers
    patient = text(headers[0], "PatientID").strip()
    box = read_annotation_boxes(Path(boxes_file)).get(patient)
    if box is None:
        raise BadInput("no-annotation-box", path=boxes_file, patient=patient)
    return Steering(box_mm=box_in_patient(box, headers))
