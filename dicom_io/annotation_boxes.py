"""Boxes around tumours in voxels of a series, as Duke-Breast-Cancer-MRI publishes them (Saha et al., 2021, doi
10.7937/TCIA.e3sv-re93): `Annotation_Boxes.xlsx`, one row a patient.

The workbook does not say from where it counts. Taken here, as in its authors' own tutorial: rows and columns from 0, slices from 1
by InstanceNumber. One voxel more or less matters little, as a box tells where to search and not where a tumour ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
from pydicom import Dataset

from tilscope.dicom_io.dce.slices import Slice
from tilscope.dicom_io.dce.values import number
from tilscope.dicom_io.volume_files.tables import rows_of
from tilscope.models.kinetics.ftv import BoxMm
from tilscope.models.refusals import BadInput

_PATIENT = "Patient ID"
_RANGES = ("Row", "Column", "Slice")


@dataclass(frozen=True)
class AnnotationBox:
    """First and last voxel in each direction; both belong to it."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    slices: tuple[int, int]
    """From 1, by InstanceNumber."""


@cache
def read_annotation_boxes(path: Path) -> Mapping[str, AnnotationBox]:
    """By PatientID. Raises `unusable-table`."""
    found = {}
    for row in rows_of(path):
        try:
            ranges = [(int(float(row[f"Start {name}"])), int(float(row[f"End {name}"]))) for name in _RANGES]
            found[row[_PATIENT].strip()] = AnnotationBox(*ranges)
        except (KeyError, ValueError) as problem:
            raise _unusable(path, f"a row has no whole number for {problem}") from None
    if not found:
        raise _unusable(path, "it holds no row")
    return found


def box_in_patient(box: AnnotationBox, headers: Sequence[Dataset]) -> BoxMm:
    """Around all voxels of a box, along the axes of the patient.

    Parameters
    ----------
    box : AnnotationBox
        In voxels.
    headers : sequence of Dataset
        Of one phase of the series, in any order.

    Returns
    -------
    BoxMm
        Patient LPS, mm; where the images are turned against the patient, wider than the box.

    Raises
    ------
    BadInput
        `box-outside`: the images have fewer rows, columns or slices.
    """
    in_order = sorted(headers, key=lambda header: number(header, "InstanceNumber") or 0)
    first = in_order[0]
    size = {"rows": int(first.Rows), "columns": int(first.Columns), "slices": len(in_order)}
    ends = {"rows": box.rows[1] + 1, "columns": box.columns[1] + 1, "slices": box.slices[1]}
    low = min(*box.rows, *box.columns, box.slices[0] - 1)
    if low < 0 or any(ends[name] > size[name] for name in size):
        asked, there = (" x ".join(f"{one[name]} {name}" for name in size) for one in (ends, size))
        raise BadInput("box-outside", box=asked, images=there)
    start, step = Slice(first), _step(in_order)
    row_step, column_step = (float(v) for v in first.PixelSpacing)
    along_row, along_column, normal = start.axes
    corners = [
        start.position + along_row * column * column_step + along_column * row * row_step + normal * k * step
        for k, row, column in product(_faces(box.slices, -1), _faces(box.rows), _faces(box.columns))
    ]
    x0, y0, z0 = np.min(corners, axis=0).tolist()
    x1, y1, z1 = np.max(corners, axis=0).tolist()
    return BoxMm((x0, y0, z0), (x1, y1, z1))


def _faces(ends: tuple[int, int], shift: int = 0) -> tuple[float, float]:
    """To the outer faces of the first and the last voxel, as continuous indices."""
    return ends[0] + shift - 0.5, ends[1] + shift + 0.5


def _step(in_order: Sequence[Dataset]) -> float:
    """From slice to slice along the normal, mm; negative where they are numbered against it."""
    return (Slice(in_order[-1]).depth - Slice(in_order[0]).depth) / max(1, len(in_order) - 1)


def _unusable(path: Path, problem: str) -> BadInput:
    return BadInput("unusable-table", path=path, problem=problem)
