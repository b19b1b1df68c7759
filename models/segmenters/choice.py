"""Which segmenter the settings mean."""

from __future__ import annotations

from pathlib import Path

from models.preparation import PreparedSeries
from models.regions import Regions
from models.segmenters.base import Segmenter
from models.segmenters.classical import Classical
from models.segmenters.identity import CLASSICAL
from models.segmenters.nnunet import NnUnetSegmenter
from models.settings import PipelineSettings


def segmenter_of(settings: PipelineSettings) -> Segmenter:
    """The built-in one by its name; anything else is the folder of an installed network."""
    wanted = settings.segmentation.segmenter
    return Classical() if wanted == CLASSICAL else NnUnetSegmenter.installed(Path(wanted))


def segment(prepared: PreparedSeries, settings: PipelineSettings) -> Regions:
    """The regions of a study. Refuses where no lesion is found."""
    return segmenter_of(settings).segment(prepared, settings)
