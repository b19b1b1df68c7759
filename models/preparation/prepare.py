"""The series made ready for segmentation: motion taken out, then the coil's shading, with one field for all phases.

The order of stages is: breasts (by shape, which shading does not change), registration inside them, breasts again where
something had moved (the mean of moved phases is blurred at the skin), bias field, corrected phases. Registration
comes before the bias field because PE and SER are taken from the phases as acquired, which must lie on each other too;
it compares local contrast, so shading does not disturb it.

Heart and muscle would take most of the fit and are nothing that we measure. The field is estimated on the pre-contrast
phase alone, where no contrast can be taken for shading, and divides every phase: one common field cancels in PE and
SER, a field per phase would corrupt them (N4: Tustison 2010, doi 10.1109/TMI.2010.2046908).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import SimpleITK as sitk

from tilscope.models.breast.body import body_mask
from tilscope.models.breast.breasts import find_breasts
from tilscope.models.imaging.orientation import PatientAxes
from tilscope.models.imaging.prepared_series import EvenPhase, PhaseMotion, PreparedSeries
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import mask_of, values_of
from tilscope.models.preparation.freed_memory import give_back
from tilscope.models.preparation.motion import without_motion
from tilscope.models.settings import PipelineSettings, PreparationSettings

#: The shrunk image keeps at least so many voxels along each axis, else a B-spline of four spans has nothing to fit.
FEWEST_VOXELS = 12


def prepare(series: DceSeries, settings: PipelineSettings) -> PreparedSeries:
    """Find the breasts, take motion and shading out.

    Parameters
    ----------
    series : DceSeries
        As acquired; all phases on one grid.
    settings : PipelineSettings
        Whether motion and shading are taken out at all.

    Returns
    -------
    PreparedSeries
        On the same grid.

    Raises
    ------
    Refused
        There is no breast, or the motion cannot be mended.
    """
    breast = _breasts(series)
    motion: tuple[PhaseMotion, ...] = ()
    if settings.motion.register:
        still, motion = without_motion(series, breast, settings.motion)
        give_back()
        if still is not series:
            series, breast = still, _breasts(still)
    if not settings.preparation.bias_field:
        return PreparedSeries(series, series, breast, None, motion)
    shading = bias_field(series.pre, breast, settings.preparation)
    give_back()
    phases = tuple(EvenPhase(phase.stored, phase.time_s, shading) for phase in series.phases)
    return PreparedSeries(series, replace(series, phases=phases), breast, shading, motion)


def _breasts(series: DceSeries) -> sitk.Image:
    body = body_mask(series)
    give_back()
    breast = find_breasts(body, series)
    give_back()
    return breast


def bias_field(pre: sitk.Image, breast: sitk.Image, settings: PreparationSettings) -> sitk.Image:
    """The smooth field of `pre` inside `breast`, estimated on a shrunk image and evaluated on the full grid.

    Parameters
    ----------
    pre : SimpleITK.Image
        The pre-contrast phase: signal on the grid of the series.
    breast : SimpleITK.Image
        The breasts' mask on the same grid, 0 and 1; not empty.
    settings : PreparationSettings
        The shrunk grid's voxel in mm, and N4's own.

    Returns
    -------
    SimpleITK.Image
        float32 on the grid of the series: the factor by which the coil raised the signal, 1 on geometric average in the
        breast.
    """
    # Shrinking leaves out what remains at the far end of an axis: which end that is must not hang on the order of storage.
    axes = PatientAxes(pre)
    turned, turned_breast = axes.turned(pre), axes.turned(breast)
    shrink = [
        max(1, min(round(settings.bias_grid_mm / step), size // FEWEST_VOXELS))
        for size, step in zip(turned.GetSize(), turned.GetSpacing(), strict=True)
    ]
    # Averaging while shrinking, rather than picking single voxels: N4 sharpens a histogram, and noise blurs it.
    small = sitk.BinShrink(sitk.Cast(turned, sitk.sitkFloat32), shrink)
    small_breast = sitk.Cast(sitk.BinShrink(sitk.Cast(turned_breast, sitk.sitkFloat32), shrink) > 0.5, sitk.sitkUInt8)
    # In units of the breast's mean: the logarithms of half the signal would be rounded elsewhere, and the field with them.
    small = small / float(values_of(small)[mask_of(small_breast)].mean(dtype=np.float64))
    # N4 works on the logarithm: a voxel at 0 would pull the whole fit down.
    small_breast = sitk.And(small_breast, sitk.Cast(small > 0, sitk.sitkUInt8))
    n4 = sitk.N4BiasFieldCorrectionImageFilter()
    n4.SetBiasFieldFullWidthAtHalfMaximum(settings.bias_fwhm)
    n4.SetMaximumNumberOfIterations(list(settings.bias_iterations))
    with _one_thread():
        n4.Execute(small, small_breast)
    field = axes.back(sitk.Exp(n4.GetLogBiasFieldAsImage(turned)))
    values = values_of(field)
    inside = mask_of(breast)
    scale = float(np.exp(np.mean(np.log(values[inside]))))
    return sitk.Cast(field / scale, sitk.sitkFloat32)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums of floats depend on how many threads share them; one thread gives the same result on every machine.

    Set for all of ITK: N4 hands its own number on to none of the filters that it is made of.
    """
    usual = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(usual)
