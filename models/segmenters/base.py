"""What a segmenter is: an object, or a module, that has this function."""

from __future__ import annotations

from typing import Protocol

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.lesions.background import Level
from tilscope.models.settings import PipelineSettings


class Segmenter(Protocol):
    """From prepared volumes to regions on the grid of the series, equal for equal input.

    What it returns names the algorithm and its version so that
    two results under one name and version were made by the same rules and the same weights.
    """

    def segment(
        self, prepared: PreparedSeries, settings: PipelineSettings, other_breast: Level | None = None
    ) -> Regions:
        """The regions of a study.

        Parameters
        ----------
        prepared : PreparedSeries
            Motion and shading taken out, breasts found.
        settings : PipelineSettings
            What a segmenter leaves out: least sizes, and how many lesions at most.
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
        """
        ...
