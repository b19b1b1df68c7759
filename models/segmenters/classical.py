"""The built-in segmenter as a plug."""

from __future__ import annotations

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.lesions.classical import segment
from tilscope.models.settings import PipelineSettings


class Classical:
    """Thresholds and morphology, without weights: `models.lesions.classical`."""

    def segment(self, prepared: PreparedSeries, settings: PipelineSettings) -> Regions:
        """By `models.lesions.classical`.

        Parameters
        ----------
        prepared : PreparedSeries
            Motion and shading taken out, breasts found.
        settings : PipelineSettings
            Thresholds and least sizes.

        Returns
        -------
        Regions
            On the grid of the series.

        Raises
        ------
        Refused
            `no-lesion`: nothing enhances as a lesion does.
        """
        return segment(prepared, settings)
