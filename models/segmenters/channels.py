"""What a network sees of a series: phases by their roles, and their differences."""

from __future__ import annotations

import SimpleITK as sitk

from tilscope.models.imaging.series import DceSeries


def channel(series: DceSeries, name: str) -> sitk.Image:
    """A phase by its role, or one less another.

    Parameters
    ----------
    series : DceSeries
        As the network's training had it: as acquired, or even.
    name : str
        'pre', 'first', 'early' or 'late', or two of them as in 'early-pre'.

    Returns
    -------
    SimpleITK.Image
        float32 signal on the grid of the series.
    """
    one, _, other = name.partition("-")
    image = _phase(series, one)
    return image - _phase(series, other) if other else image


def _phase(series: DceSeries, role: str) -> sitk.Image:
    """`first` is the first phase after the injection."""
    roles = {"pre": series.roles.pre, "early": series.roles.early, "late": series.roles.late}
    return series.phases[roles.get(role, series.first_post)].image
