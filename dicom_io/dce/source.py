"""Where a dynamic series came from: the headers behind every slice of every phase."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pydicom import Dataset

from tilscope.dicom_io.dce.enhanced_frames import EnhancedFrame
from tilscope.models.imaging.series import Laterality, PhaseRoles
from tilscope.models.readable_lists import first_few


@dataclass(frozen=True, eq=False)
class SourcePhase:
    """The instances of one phase, in the order of the volume's z axis, without their pixels."""

    headers: tuple[Dataset, ...]
    time_s: float
    """Middle of the acquisition in seconds after the injection."""

    @cached_property
    def instance_uids(self) -> tuple[str, ...]:
        return tuple(str(header.SOPInstanceUID) for header in self.headers)


@dataclass(frozen=True, eq=False)
class DceSource:
    """An assembled dynamic series before its pixels are read: what result objects refer back to."""

    phases: tuple[SourcePhase, ...]
    roles: PhaseRoles
    laterality: Laterality
    time_zero: str
    """In words: what was taken as the moment of injection."""
    frames: Mapping[str, EnhancedFrame] = field(default_factory=dict)
    """Which headers are frames of multi-frame instances, by the stand-in UID that they carry here."""
    time_zero_assumed: bool = False
    """True where neither header nor images nor site tell when the injection was: every time is then of an assumed one."""
    phase_duration_s: float = 0.0
    site_rule: str = ""
    """The label of the site's rule that was applied; '' for none."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """Of what the files behind it hold, by SOP Instance UID, where the archive keeps digests: an image may be replaced."""

    @property
    def files_needed(self) -> tuple[str, ...]:
        """The SOP Instance UIDs of the instances that hold the pixels."""
        real = (self.frames[uid].sop_instance_uid if uid in self.frames else uid for uid in self.instance_uids)
        return tuple(dict.fromkeys(real))

    @property
    def study_uid(self) -> str:
        return str(self.phases[0].headers[0].StudyInstanceUID)

    @property
    def name(self) -> str:
        """For sentences: 'series 4 (ax dynamic), series 5 (...)'."""
        firsts = {str(h.SeriesInstanceUID): h for phase in self.phases for h in phase.headers}.values()
        return name_of_series(firsts)

    @property
    def series_uids(self) -> tuple[str, ...]:
        """In order of first use."""
        uids = (str(header.SeriesInstanceUID) for phase in self.phases for header in phase.headers)
        return tuple(dict.fromkeys(uids))

    @property
    def instance_uids(self) -> tuple[str, ...]:
        return tuple(uid for phase in self.phases for uid in phase.instance_uids)

    def start_s(self, index: int) -> float:
        """When the acquisition of a phase began, in seconds after the injection."""
        return self.phases[index].time_s - self.phase_duration_s / 2

    @property
    def early(self) -> SourcePhase:
        """The phase on whose grid everything is measured and that the segmentation refers to."""
        return self.phases[self.roles.early]


def name_of_series(firsts: Iterable[Dataset]) -> str:
    """Series by number and description, from one header of each; of many the first few."""
    return first_few(
        [f"series {h.get('SeriesNumber', '?')} ({h.get('SeriesDescription') or 'no description'})" for h in firsts]
    )
