"""Which segmenter the settings mean."""

from __future__ import annotations

from pathlib import Path

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.lesions import classical
from tilscope.models.lesions.background import Level
from tilscope.models.segmenters.base import Segmenter
from tilscope.models.segmenters.nnunet import NnUnetSegmenter
from tilscope.models.settings import CLASSICAL, PipelineSettings


def segmenter_of(settings: PipelineSettings) -> Segmenter:
    """The built-in one by its name; anything else is the folder of an installed network."""
    wanted = settings.segmentation.segmenter
    return classical if wanted == CLASSICAL else NnUnetSegmenter.installed(Path(wanted))


def segment(prepared: PreparedSeries, settings: PipelineSettings, other_breast: Level | None = None) -> Regions:
    """The regions of a study, by the segmenter that the settings name.

    Parameters
    ----------
    prepared : PreparedSeries
        Motion and shading taken out, breasts found.
    settings : PipelineSettings
        Name the segmenter.
    other_breast : Level, optional
        What the gland of the other breast does, where that was imaged in a series of its own.

    Returns
    -------
    Regions
        On the grid of the series.

    Raises
    ------
    Refused
        `no-lesion` or `no-breast`.
    BadInput
        `unusable-segmenter`: the network that is installed cannot be used.
    """
    return segmenter_of(settings).segment(prepared, settings, other_breast)
