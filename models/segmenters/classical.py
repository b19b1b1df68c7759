"""The built-in segmenter as a plug."""

from __future__ import annotations

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.lesions.classical import segment
from tilscope.models.settings import PipelineSettings


class Classical:
    """Thresholds and morphology, without weights: `models.lesions.classical`."""

    def segment(self, prepared: PreparedSeries, settings: PipelineSettings) -> Regions:
        return segment(prepared, settings)
