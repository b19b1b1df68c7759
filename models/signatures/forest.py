"""A trained forest as a signature sees it; how one is stored and checked is `service.site.artefacts`' business."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Forest(Protocol):
    """A random forest with the features it takes, in its own order."""

    @property
    def settings_hash(self) -> str: ...

    @property
    def name(self) -> str:
        """Name and version, for sentences."""

    @property
    def features(self) -> tuple[str, ...]: ...

    @property
    def threshold(self) -> float:
        """From this probability on the positive class is given."""

    def probability(self, values: Mapping[str, float]) -> float:
        """Of the positive class."""

    def contributions(self, values: Mapping[str, float]) -> dict[str, float]:
        """What each feature adds to the probability, over the forest's mean."""
