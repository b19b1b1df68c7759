"""The patient against the air around her: the one mask that every later stage starts from."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from models.series import DceSeries

#: Air and tissue are told apart on an image smoothed by this much: speckle is finer, skin folds are coarser.
SMOOTHING_MM = 2.0


def body_mask(series: DceSeries) -> sitk.Image:
    """1 in the patient, 0 in air; lungs and airways that the slices close off count as patient.

    The mean of all phases is used, since suppressed fat stands hardly above the noise of one. The logarithm lets
    one threshold (Otsu's) part air from dark fat although glands, skin and heart are many times brighter than both.
    """
    mean = series.phases[0].image
    for phase in series.phases[1:]:
        mean = mean + phase.image
    smooth = sitk.SmoothingRecursiveGaussian(mean / len(series.phases), SMOOTHING_MM)
    values = sitk.GetArrayFromImage(smooth)
    floor = max(float(np.percentile(values, 99)) * 1e-3, 1e-6)
    log = sitk.GetImageFromArray(np.log(np.maximum(values, floor)).astype(np.float32))
    tissue = sitk.GetArrayFromImage(sitk.OtsuThreshold(log, 0, 1, 256)) > 0
    tissue = ndimage.binary_opening(tissue, ndimage.generate_binary_structure(3, 1))
    labels, count = ndimage.label(tissue)
    if count:
        tissue = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    filled = np.stack([ndimage.binary_fill_holes(plane) for plane in tissue])
    body = sitk.GetImageFromArray(filled.astype(np.uint8))
    body.CopyInformation(series.pre)
    return body
