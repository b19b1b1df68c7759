"""What a study is measured again with: the outlines of several readers, or of one reader on several days, or small changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.manual_roi.read import person_named
from tilscope.dicom_io.manual_roi.selection import ManualRoiObject
from tilscope.models.finding import Finding
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.refusals import Refused
from tilscope.models.settings import PipelineSettings
from tilscope.service.research.repeatability.perturbations import PERTURBATIONS, perturbed
from tilscope.service.scoring.guidance import guidance_for
from tilscope.service.scoring.measured_series import prepared_of
from tilscope.service.scoring.stages import StageClock
from tilscope.service.site.molecular import NOTHING_KNOWN

UNCHANGED = "unchanged"


@dataclass(frozen=True, eq=False)
class OpenedSeries:
    """One dynamic series of a study in an archive, and all that was drawn in the study."""

    archive: Archive
    sources: tuple[DceSource, ...]
    """Of the study: two where each breast was imaged by itself."""
    number: int
    """Which of them this is, from 0 on."""
    manual_rois: tuple[ManualRoiObject, ...]
    """The newest first."""
    settings: PipelineSettings
    clock: StageClock

    def prepared(self) -> PreparedSeries:
        """Read and made ready."""
        return prepared_of(self.archive, self.sources[self.number], self.settings, self.clock)[1]

    def regions(self, prepared: PreparedSeries, manual_rois: Sequence[ManualRoiObject]) -> Regions | None:
        """With the lesions drawn there, or with automatic ones where nothing was; None where what was drawn lies on another series."""
        guidance = guidance_for(self.archive, self.sources, manual_rois, None, NOTHING_KNOWN)[self.number]
        if manual_rois and not guidance.manual_lesions:
            return None
        return guidance.regions(prepared, self.settings)


Repeat = tuple[str, PreparedSeries, Regions]
"""Whose outline it is, or which change; and what is measured."""


class Repeats(Protocol):
    """How a study is measured more than once."""

    @property
    def identity(self) -> str:
        """Equal ones measure alike: names checkpoints."""

    def of_series(self, opened: OpenedSeries) -> Iterator[Repeat]:
        """One after the other, since images that are changed fill the memory."""


@dataclass(frozen=True)
class ReadersOutlines:
    """The newest outline of each reader, by the name that the drawing tool has stored."""

    readers: tuple[str, ...] = ()
    """Those asked for; () for all."""

    @property
    def identity(self) -> str:
        return f"readers {self.readers}"

    def of_series(self, opened: OpenedSeries) -> Iterator[Repeat]:
        """Refused where fewer than two readers have drawn."""
        by_reader = {name: roi for roi in reversed(opened.manual_rois) if self._asked(name := reader_of(roi))}
        if len(by_reader) < 2:
            raise Refused("one-outline", found=" and ".join(by_reader) or "nobody", needed="two readers")
        yield from _drawn(opened, by_reader)

    def _asked(self, name: str) -> bool:
        return name in self.readers if self.readers else True


@dataclass(frozen=True)
class SittingsOutlines:
    """Every outline of a study in the order in which they were made: of one reader on several days, or where no tool names anybody."""

    sittings: int = 2

    @property
    def identity(self) -> str:
        return f"sittings {self.sittings}"

    def of_series(self, opened: OpenedSeries) -> Iterator[Repeat]:
        """Refused where there are fewer."""
        oldest_first = opened.manual_rois[::-1]
        if len(oldest_first) < self.sittings:
            raise Refused("one-outline", found=f"{len(oldest_first)} sittings", needed=f"{self.sittings} sittings")
        yield from _drawn(opened, {f"outline {n}": roi for n, roi in enumerate(oldest_first[: self.sittings], start=1)})


@dataclass(frozen=True)
class SmallChanges:
    """As it is, and with each of these changes; a drawn outline counts before the automatic lesion."""

    changes: tuple[str, ...] = tuple(PERTURBATIONS)

    @property
    def identity(self) -> str:
        return f"changes {self.changes}"

    def of_series(self, opened: OpenedSeries) -> Iterator[Repeat]:
        """Refused where a person must decide which the lesion is."""
        prepared = opened.prepared()
        regions = opened.regions(prepared, opened.manual_rois)
        if regions is None:
            return
        if regions.finding is Finding.CANDIDATES:
            raise Refused("needs-a-reader", count=len(regions.lesions))
        yield UNCHANGED, prepared, regions
        for name in self.changes:
            yield name, *perturbed(prepared, regions, PERTURBATIONS[name], opened.settings)


def reader_of(roi: ManualRoiObject) -> str:
    """Who has drawn an object, from its header."""
    return person_named(roi.header, roi.lesions[0].number) or "nobody named"


def _drawn(opened: OpenedSeries, outlines: dict[str, ManualRoiObject]) -> Iterator[Repeat]:
    """In the order of their names, for a series is prepared once."""
    prepared = opened.prepared()
    for name in sorted(outlines):
        regions = opened.regions(prepared, (outlines[name],))
        if regions is not None:
            yield name, prepared, regions
