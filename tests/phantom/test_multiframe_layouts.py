"""Enhanced MR multi-frame: all phases in one instance, or an instance a phase."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.dataset import Dataset

from tilscope.phantom import LAYOUTS, PhantomStudy

MULTIFRAME = [name for name, layout in LAYOUTS.items() if layout.frames != "one image an instance"]
Writer = Callable[[str], Any]


def frame_items(file: Path) -> tuple[Dataset, list[Dataset]]:
    image = pydicom.dcmread(file)
    return image, list(image.PerFrameFunctionalGroupsSequence)


@pytest.mark.parametrize("layout", MULTIFRAME)
def test_multiframe_instances_hold_the_very_volumes(layout: str, written: Writer, tiny: PhantomStudy) -> None:
    study = written(layout)
    assert len(study.files) == (1 if layout.startswith("philips") else 4)
    for phase, made in zip(study.truth["phases"], tiny.phases, strict=True):
        image, items = frame_items(study.folder / phase["files"][0])
        values = []
        for n, number in enumerate(phase["frames"]):
            frame = items[number - 1]
            rescale = frame.PixelValueTransformationSequence[0]
            value = image.pixel_array[number - 1] * float(rescale.RescaleSlope) + float(rescale.RescaleIntercept)
            if "scale-slope" in layout:
                value = value / (float(rescale.RescaleSlope) * frame[0x2005, 0x140F][0][0x2005, 0x100E].value)
            values.append(value)
            assert tuple(frame.PlanePositionSequence[0].ImagePositionPatient) == tiny.spec.grid.position(n)
        assert np.abs(np.stack(values) - sitk.GetArrayFromImage(made)).max() <= 0.5001


@pytest.mark.parametrize("layout", MULTIFRAME)
def test_each_frame_says_when_and_where_it_is(layout: str, written: Writer) -> None:
    study = written(layout)
    seen: dict[int, set[str]] = {}
    for file in study.files:
        image, items = frame_items(file)
        assert "TemporalPositionSequence" not in image
        assert image.NumberOfFrames == len(items)
        for frame in items:
            content = frame.FrameContentSequence[0]
            assert list(content.DimensionIndexValues) == [
                1, content.InStackPositionNumber, content.TemporalPositionIndex,
            ]  # fmt: skip
            assert "TemporalPositionTimeOffset" not in content
            seen.setdefault(content.TemporalPositionIndex, set()).add(content.FrameAcquisitionDateTime)
    assert [seen[i] for i in sorted(seen)] == [
        {"20240312101630"}, {"20240312102000"}, {"20240312102300"}, {"20240312102600"},
    ]  # fmt: skip


def test_another_reader_sees_the_same_frames(written: Writer) -> None:
    """GDCM, by way of SimpleITK, knows nothing of pydicom."""
    study = written("siemens-xa-enhanced")
    for file in study.files:
        read = sitk.ReadImage(str(file))
        assert np.array_equal(sitk.GetArrayFromImage(read), pydicom.dcmread(file).pixel_array)
        assert read.GetSpacing() == pytest.approx((5.6, 5.6, 10.0))
