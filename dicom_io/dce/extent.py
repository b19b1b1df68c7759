"""Whether a stack of slices is large enough to hold a breast. What body part the header names is not asked: it may be any."""

from __future__ import annotations

from collections.abc import Sequence

from tilscope.dicom_io.dce.volumes_of_series import Volume

#: A breast is deeper and wider than this; test boluses, single-slice monitors and perfusion slabs are not.
_FEWEST_SLICES = 8
_THINNEST_MM, _NARROWEST_MM = 15.0, 80.0


def why_too_small(volumes: Sequence[Volume]) -> str | None:
    """In words, for all slices of the volumes together; None if a breast fits."""
    places = sorted({place for volume in volumes for place in volume.places})
    if len(places) < _FEWEST_SLICES:
        return f"it has only {len(places)} slice positions"
    thick = (places[-1] - places[0]) * len(places) / (len(places) - 1)
    if thick < _THINNEST_MM:
        return f"its slices cover only {thick:.0f} mm"
    grid = volumes[0].slices[0].grid
    wide = min(grid.rows * grid.spacing[0], grid.columns * grid.spacing[1])
    return f"its field of view is only {wide:.0f} mm wide" if wide < _NARROWEST_MM else None
