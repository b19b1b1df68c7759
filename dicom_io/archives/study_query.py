"""Which studies of an archive are meant: of some days, from some sender, the newest so many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class ArchiveQuery:
    """Without anything: all of them."""

    since: date | None = None
    """The first day, by StudyDate."""
    until: date | None = None
    """The last day."""
    sender: str = ""
    """The application entity title that the archive received it from."""
    newest: int = 0
    """At most so many, the latest StudyDate first; 0 for no limit."""

    @property
    def dates(self) -> str:
        """As a range of StudyDate (PS3.4 C.2.2.2.5.1); '' for any."""
        first, last = (day.strftime("%Y%m%d") if day else "" for day in (self.since, self.until))
        return f"{first}-{last}" if first or last else ""

    def holds(self, day: str) -> bool:
        """Whether a StudyDate lies in the range; one that is not known lies in none.

        >>> ArchiveQuery(since=date(2024, 3, 1)).holds("20240301"), ArchiveQuery(until=date(2024, 3, 1)).holds("20240302")
        (True, False)
        """
        first, last = (self.dates or "-").split("-")
        return (not first or first <= day) and (not last or "" < day <= last)

    @property
    def words(self) -> str:
        """For people."""
        parts = [
            f"from {self.since.isoformat()}" if self.since else "",
            f"until {self.until.isoformat()}" if self.until else "",
            f"sent by {self.sender}" if self.sender else "",
            f"the newest {self.newest}" if self.newest else "",
        ]
        return ", ".join(part for part in parts if part) or "all"


EVERY_STUDY = ArchiveQuery()


@dataclass(frozen=True)
class FoundStudy:
    """What the archive's answer tells of one."""

    study_uid: str
    day: str = ""
    """StudyDate as DICOM writes it."""
    archive_id: str = ""
    """The archive's own identifier, where it has one."""
    names_breast: bool = False
    """Whether a description of the study or of a series in it names a breast."""


def newest_first(studies: Iterable[FoundStudy]) -> list[FoundStudy]:
    """A study without a date comes last."""
    return sorted(studies, key=lambda one: (one.day, one.study_uid), reverse=True)
