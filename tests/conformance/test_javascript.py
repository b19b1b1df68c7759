"""The libraries that browsers read DICOM with, dcmjs and dicom-parser, find in our objects what was written."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from conformance.rule import tree
from conformance.written import Cabinet
from npm_packages import unpacked
from pydicom import Dataset

from tilscope.dicom_io.identity import Kind

_HERE = Path(__file__).parent
_KINDS = (Kind.SEGMENTATION, Kind.TISSUE_SEGMENTATION, Kind.BREAST_SEGMENTATION, Kind.REPORT)


def test_segments_voxels_and_numbers_are_those_that_were_written(cabinet: Cabinet) -> None:
    packages = unpacked(_HERE / "javascript.lock") if shutil.which("node") else None
    if packages is None:
        pytest.skip("node, npm or its registry cannot be had here")
    objects = [one for one in cabinet.case("axial").objects if one.kind in _KINDS]
    command = ["node", _HERE / "read_objects.js", packages, *(one.path for one in objects)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert len(found) == len(_KINDS)
    for one, seen in zip(objects, found, strict=True):
        segments = [[s.SegmentNumber, s.SegmentLabel, s.TrackingUID] for s in one.dataset.get("SegmentSequence", ())]
        bits = np.unpackbits(np.frombuffer(one.dataset.get("PixelData", b""), np.uint8)).sum()
        numbers = [
            [item.ConceptNameCodeSequence[0].CodeValue, *_value(item.MeasuredValueSequence)]
            for item in tree(one.dataset)
            if item.ValueType == "NUM"
        ]
        assert seen["dcmjs"] == seen["parser"], one.name
        assert seen["dcmjs"] == {"numbers": numbers, "segments": segments, "voxels": int(bits)}, one.name


def _value(measured: Sequence[Dataset]) -> list[object]:
    """Of a NUM item: the number and its unit; nothing of one that has a reason instead."""
    if not measured:
        return [None, None]
    (value,) = measured
    return [float(value.NumericValue), value.MeasurementUnitsCodeSequence[0].CodeValue]
