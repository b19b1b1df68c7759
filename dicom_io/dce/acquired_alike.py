"""Which volumes over the same slices were acquired alike: the phases of a dynamic series are, all else is not of them.

A study holds more T1-weighted volumes than phases: one without fat suppression before the dynamic series, one with it
after, flip angles for a T1 map, the parts of a Dixon acquisition. They share slices, and often TR and TE, with the phases.
What most volumes have in common is the dynamic series; the others stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tilscope.dicom_io.dce.volumes_of_series import Volume


def alike(volumes: Sequence[Volume]) -> list[list[Volume]]:
    """The volumes in groups that were acquired alike, the largest first; volumes whose headers do not tell join it.

    The order within a group is that of `volumes`. Where volumes that do not tell could belong to either of two equal
    groups, all stay together: the pixels decide.
    """
    groups: list[list[Volume]] = []
    left = list(volumes)
    while left:
        kinds = _kinds(left)
        largest = max(kinds, key=len)
        rivals = [kind for kind in kinds if len(kind) == len(largest) and kind != largest]
        if any(volume in largest for rival in rivals for volume in rival):
            return [*groups, left]
        groups.append(largest)
        left = [volume for volume in left if volume not in largest]
    return groups


def _kinds(volumes: Sequence[Volume]) -> list[list[Volume]]:
    """For each volume that tells most of itself, all that are like it. One that tells nothing is like every other."""
    most = max(volume.acquisition.facts_told for volume in volumes)
    return [
        [other for other in volumes if other.acquisition.why_unlike(one.acquisition) is None]
        for one in volumes
        if one.acquisition.facts_told == most
    ]
