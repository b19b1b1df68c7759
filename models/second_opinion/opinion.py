"""What the network thinks of a region, and how much that counts beside what is known already."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.voxels import Mask, image_of, values_of
from tilscope.models.second_opinion.network import trained_network
from tilscope.models.second_opinion.views import views_of


@dataclass(frozen=True, eq=False)
class SecondOpinion:
    """Of one series."""

    likely: sitk.Image
    """How likely a voxel of the coarse grid is lesion, 0 to 1."""

    @classmethod
    def on(cls, prepared: PreparedSeries, gland: Mask) -> SecondOpinion:
        """The opinion on a series.

        Parameters
        ----------
        prepared : PreparedSeries
            Breasts found.
        gland : ndarray of bool, [z, y, x]
            Fibroglandular tissue with the lesions in it, on the grid of the series.

        Returns
        -------
        SecondOpinion
            On all of its breasts.
        """
        grid, views = views_of(prepared, gland)
        return cls(image_of(trained_network().probabilities(views), grid))

    def of(self, region: Mask, grid: sitk.Image) -> float:
        """How likely a region is lesion: the mean over its voxels.

        Parameters
        ----------
        region : ndarray of bool, [z, y, x]
            Not empty.
        grid : SimpleITK.Image
            Where it lies, patient LPS in mm; its values are not read.

        Returns
        -------
        float
            0 to 1.
        """
        here = sitk.Resample(self.likely, grid, sitk.Transform(), sitk.sitkLinear, 0.0, sitk.sitkFloat32, True)
        return float(np.mean(values_of(here)[region]))
