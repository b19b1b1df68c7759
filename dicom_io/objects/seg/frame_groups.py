"""The functional groups of frames as every reader takes them, whichever version of highdicom wrote the object.

highdicom 0.28 writes two things otherwise than 0.27, both allowed by the standard and neither safe with the readers of
today: it puts the frames of a map in the order of its dimension index, which may run against the slices (dcmqi 1.5.7 takes
the frames as they come and shows such a map mirrored); and where an object has one segment, it names it once for all frames
instead of in every frame.
"""

from __future__ import annotations

import numpy as np
from pydicom import Dataset


def put_frames_in_order_of_slices(obj: Dataset, first: Dataset) -> None:
    """Turn the frames of a map round where they begin with the last slice; `first` is the header of the first one."""
    frames = obj.PerFrameFunctionalGroupsSequence
    if _lies_at(frames[0], first):
        return
    if not _lies_at(frames[-1], first):
        raise ValueError("the frames of a map run neither with the slices nor against them")
    values = np.frombuffer(obj.FloatPixelData, "<f4").reshape(len(frames), -1)
    obj.FloatPixelData = values[::-1].tobytes()
    obj.PerFrameFunctionalGroupsSequence = list(reversed(frames))


def _lies_at(frame: Dataset, header: Dataset) -> bool:
    place = frame.PlanePositionSequence[0].ImagePositionPatient
    return np.allclose(place, header.ImagePositionPatient, atol=1e-3)


def name_segment_in_every_frame(obj: Dataset) -> None:
    """Move the identification of the only segment from the shared functional groups (PS3.3 C.8.20.3.1) to each frame's."""
    shared = obj.SharedFunctionalGroupsSequence[0]
    if "SegmentIdentificationSequence" not in shared:
        return
    for frame in obj.PerFrameFunctionalGroupsSequence:
        item = Dataset()
        item.ReferencedSegmentNumber = shared.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        frame.SegmentIdentificationSequence = [item]
    del shared.SegmentIdentificationSequence
