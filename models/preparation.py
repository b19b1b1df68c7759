"""The series made ready for segmentation: the coil's shading taken out, once, with one field for all phases.

The order of stages is: bias field, then whatever needs an even image. The field is estimated on the pre-contrast
phase alone, where no contrast can be taken for shading, and divides every phase: one common field cancels in PE and
SER, a field per phase would corrupt them (N4: Tustison 2010, doi 10.1109/TMI.2010.2046908).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk

from models.body import body_mask
from models.series import DceSeries
from models.settings import PipelineSettings, PreparationSettings

#: The shrunk image keeps at least so many voxels along each axis, else a B-spline of four spans has nothing to fit.
FEWEST_VOXELS = 16


@dataclass(frozen=True, eq=False)
class PreparedSeries:
    """The series as acquired, and the same with an even field. PE and SER are the same from both."""

    series: DceSeries
    corrected: DceSeries
    bias_field: sitk.Image | None
    """What every phase was divided by; 1 on average over the body. None where the setting is off."""


def prepare(series: DceSeries, settings: PipelineSettings) -> PreparedSeries:
    """Take the shading out of every phase."""
    if not settings.preparation.bias_field:
        return PreparedSeries(series, series, None)
    field = bias_field(series.pre, body_mask(series), settings.preparation)
    phases = tuple(replace(phase, image=phase.image / field) for phase in series.phases)
    return PreparedSeries(series, replace(series, phases=phases), field)


def bias_field(pre: sitk.Image, body: sitk.Image, settings: PreparationSettings) -> sitk.Image:
    """The smooth field of `pre` inside `body`, estimated on a shrunk image and evaluated on the full grid."""
    shrink = [max(1, min(settings.bias_shrink, size // FEWEST_VOXELS)) for size in pre.GetSize()]
    # Averaging while shrinking, rather than picking every fourth voxel: N4 sharpens a histogram, and noise blurs it.
    small = sitk.BinShrink(sitk.Cast(pre, sitk.sitkFloat32), shrink)
    small_body = sitk.Cast(sitk.BinShrink(sitk.Cast(body, sitk.sitkFloat32), shrink) > 0.5, sitk.sitkUInt8)
    # N4 works on the logarithm: a voxel at 0 would pull the whole fit down.
    small_body = sitk.And(small_body, sitk.Cast(small > 0, sitk.sitkUInt8))
    n4 = sitk.N4BiasFieldCorrectionImageFilter()
    n4.SetMaximumNumberOfIterations(list(settings.bias_iterations))
    # Sums of floats depend on how many threads share them; one thread gives one answer on every machine.
    n4.SetNumberOfThreads(1)
    n4.Execute(small, small_body)
    field = sitk.Exp(n4.GetLogBiasFieldAsImage(pre))
    values = sitk.GetArrayViewFromImage(field)
    inside = sitk.GetArrayViewFromImage(body) > 0
    scale = float(np.exp(np.mean(np.log(values[inside]))))
    return sitk.Cast(field / scale, sitk.sitkFloat32)
