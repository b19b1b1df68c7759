"""Registered and motion-corrected copies of a dynamic series, which must not count as phases of their own.

A copy is recognised by its time: a volume of another series that was acquired at the same moment over the same slices, or
over a part of them. The two breasts of a sagittal pair are acquired at the same moment too; their slices are not the same.
Names only decide which of the two is the original.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydicom import Dataset

from tilscope.dicom_io.dce.clock import moment
from tilscope.dicom_io.dce.values import number, text, words
from tilscope.dicom_io.dce.volumes_of_series import Volume

#: Volumes that begin closer than this were acquired at the same moment.
_SAME_MOMENT_S = 1.0
_FEWEST_PHASES = 3
#: A series with fewer slices than this share of the largest holds a part of it: one breast of two.
_MOST = 0.75
_COPY_WORDS = ("MOCO", "REGIST", "ALIGNED", "CORRECTED")


def without_copies(volumes: Sequence[Volume]) -> tuple[list[Volume], dict[str, str]]:
    """The volumes that are no copies, and for each series of copies the series that it copies (by UID).

    Nothing is dropped unless at least three moments remain: scanners that freeze AcquisitionTime make all phases look
    like copies of one another.
    """
    groups = _of_one_moment(volumes)
    if len(groups) < _FEWEST_PHASES or all(len(_series(group)) == 1 for group in groups):
        return list(volumes), {}
    # One series is preferred for all moments alike: phases must not be mixed from a copy and its original.
    order = sorted({uid for group in groups for uid in _series(group)}, key=lambda uid: _rank(uid, volumes))
    kept: list[Volume] = []
    copies: dict[str, str] = {}
    for group in groups:
        best = min(group, key=lambda v: order.index(_uid(v)))
        kept += [v for v in group if _uid(v) == _uid(best)]
        copies |= {_uid(v): _uid(best) for v in group if _uid(v) != _uid(best)}
    return kept, {copy: original for copy, original in copies.items() if copy not in {_uid(v) for v in kept}}


def _of_one_moment(volumes: Sequence[Volume]) -> list[list[Volume]]:
    """Volumes over the same slices that were acquired at the same moment, in time order; empty if any has no acquisition time."""
    clocked = []
    for volume in volumes:
        known = [m for s in volume.slices if (m := moment(s.header, "Acquisition")) is not None]
        if not known:
            return []
        clocked.append((min(known), volume))
    groups: list[tuple[float, list[Volume]]] = []
    for start, volume in sorted(clocked, key=lambda pair: (pair[0], -len(pair[1].slices))):
        near = (group for began, group in groups if start - began < _SAME_MOMENT_S and _overlap(group[0], volume))
        if (group := next(near, None)) is not None:
            group.append(volume)
        else:
            groups.append((start, [volume]))
    return [group for _, group in groups]


def _overlap(whole: Volume, part: Volume) -> bool:
    """Whether most slices of the one lie where the other has some too."""
    return 2 * len(set(whole.places) & set(part.places)) > len(set(part.places))


def _rank(series_uid: str, volumes: Sequence[Volume]) -> tuple[bool, bool, bool, float, str]:
    """Originals before copies: by ImageType, by name, the whole before its parts, by number."""
    of_series = [v for v in volumes if _uid(v) == series_uid]
    header = of_series[0].slices[0].header
    image_type = words(header, "ImageType")
    found = number(header, "SeriesNumber")
    later = float("inf") if found is None else found
    whole = max(len(v.slices) for v in volumes)
    is_part = max(len(v.slices) for v in of_series) < _MOST * whole
    return ("ORIGINAL" not in image_type, _is_named_a_copy(header, image_type), is_part, later, series_uid)


def _is_named_a_copy(header: Dataset, image_type: Sequence[str]) -> bool:
    names = " ".join([*image_type, text(header, "SeriesDescription").upper()])
    return any(word in names for word in _COPY_WORDS)


def _uid(volume: Volume) -> str:
    return volume.slices[0].series_uid


def _series(group: Sequence[Volume]) -> set[str]:
    return {_uid(volume) for volume in group}
