"""The built-in segmenter as a plug."""

from __future__ import annotations

from models.preparation import PreparedSeries
from models.regions import Regions
from models.segmentation import segment
from models.settings import PipelineSettings


class Classical:
    """Thresholds and morphology, without weights: `models.segmentation`."""

    def segment(self, prepared: PreparedSeries, settings: PipelineSettings) -> Regions:
        return segment(prepared, settings)
