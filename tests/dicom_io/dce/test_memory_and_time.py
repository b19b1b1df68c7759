"""Large studies: what reading may take of memory, and finding the phases of time."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from benchmarks import big_study
from mr_headers import one_series

from tilscope.dicom_io.dce.assembly import assemble
from tilscope.dicom_io.dce.exact_stack import ExactStack
from tilscope.models.imaging.series import Phase
from tilscope.models.imaging.voxels import values_of


def test_a_study_is_read_within_one_and_a_half_times_its_pixels(tmp_path: Path) -> None:
    big_study.write(tmp_path, size=320, slices=48, phases=6)
    found = big_study.measure(tmp_path)
    assert found["pixel_bytes"] == 6 * 48 * 320 * 320 * 2
    assert 1.0 < found["ratio"] < 1.5  # below 1 it would not have been held at all


def test_the_phases_of_five_hundred_images_are_found_in_two_seconds() -> None:
    headers = one_series(slices=100)
    begun = time.process_time()
    (source,) = assemble(headers)
    assert len(source.phases) == 5
    assert time.process_time() - begun < 2.0


KEPT = {
    "signed as stored": ([[-5, 3], [0, 700]], np.int16, np.int16),
    "unsigned that fits signed": ([[5, 3], [0, 700]], np.uint16, np.int16),
    "a second slice beyond the signed ones": ([[5, 3], [0, 65535]], np.uint16, np.uint16),
    "beyond both": ([[-1, 3], [0, 65535]], np.int32, np.float32),
    "integers by a rescale": ([[-2.0, 4.0], [0.0, 8.0]], np.float32, np.int16),
    "fractions in the second slice": ([[5, 3], [0, 1.5]], np.float32, np.float32),
    "what no integer is": ([[5, 3], [np.nan, np.inf]], np.float32, np.float32),
}


@pytest.mark.parametrize(("slices", "stored", "kept"), KEPT.values(), ids=KEPT.keys())
def test_a_volume_is_of_the_narrowest_type_that_holds_it_exactly(slices, stored, kept) -> None:
    stack = ExactStack(2)
    for k, values in enumerate(slices):
        stack.put(k, np.array([values]).astype(stored))
    assert stack.values.dtype == kept
    np.testing.assert_array_equal(stack.values[:, 0], np.array(slices))


def test_a_phase_computes_in_floats_whatever_it_is_stored_in() -> None:
    first, second = (Phase(sitk.GetImageFromArray(np.full((1, 1, 1), v, np.uint16)), 0.0) for v in (3, 5))
    assert (values_of(first.image) - values_of(second.image)).item() == -2.0
    assert first.image.GetPixelID() == sitk.sitkFloat32
