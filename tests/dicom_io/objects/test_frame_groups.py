"""Objects as highdicom 0.28 writes them become what 0.27 wrote: the readers of today take the one and not the other."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime

import numpy as np
import pytest
from pydicom import Dataset
from scored_study import scored_study

from tilscope.dicom_io.identity import Author, Kind
from tilscope.dicom_io.objects.images.parametric_maps import build_map
from tilscope.dicom_io.objects.seg.frame_groups import name_segment_in_every_frame, put_frames_in_order_of_slices


def a_map() -> tuple[Dataset, Dataset]:
    """A map, and the header of its first slice."""
    study = scored_study()
    written = build_map(Kind.PE_MAP, study.series, study.regions, study.source, Author.of(study.result), datetime.now())
    return written, study.source.early.headers[0]


def test_a_map_that_runs_against_the_slices_is_turned_round() -> None:
    written, first = a_map()
    turned = deepcopy(written)
    values = np.frombuffer(written.FloatPixelData, "<f4").reshape(written.NumberOfFrames, -1)
    turned.FloatPixelData = values[::-1].tobytes()
    turned.PerFrameFunctionalGroupsSequence = list(reversed(turned.PerFrameFunctionalGroupsSequence))
    assert turned != written
    put_frames_in_order_of_slices(turned, first)
    assert turned == written


def test_a_map_in_any_other_order_is_no_map_of_ours() -> None:
    written, first = a_map()
    frames = written.PerFrameFunctionalGroupsSequence
    written.PerFrameFunctionalGroupsSequence = [frames[1], frames[0], *frames[2:-1], deepcopy(frames[1])]
    with pytest.raises(ValueError, match="neither with the slices nor against them"):
        put_frames_in_order_of_slices(written, first)


def test_the_only_segment_is_named_in_every_frame() -> None:
    obj, shared, number = Dataset(), Dataset(), Dataset()
    number.ReferencedSegmentNumber = 1
    shared.SegmentIdentificationSequence = [number]
    obj.SharedFunctionalGroupsSequence = [shared]
    obj.PerFrameFunctionalGroupsSequence = [Dataset(), Dataset()]
    for _ in range(2):
        name_segment_in_every_frame(obj)
        frames = obj.PerFrameFunctionalGroupsSequence
        assert [f.SegmentIdentificationSequence[0].ReferencedSegmentNumber for f in frames] == [1, 1]
        assert "SegmentIdentificationSequence" not in shared
