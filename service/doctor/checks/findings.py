"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    STOPS = "stops"
    """Orthanc will not start, or no study will be scored."""
    WARNING = "warning"
    NOTE = "note"
    """Something that could not be looked at."""


@dataclass(frozen=True)
class InstallationFinding:
    """One sentence on what is wrong, and one on what to do."""

    severity: Severity
    sentence: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}"


def stops(sentence: str, remedy: str) -> InstallationFinding:
    return InstallationFinding(Severity.STOPS, sentence, remedy)


def warning(sentence: str, remedy: str) -> InstallationFinding:
    return InstallationFinding(Severity.WARNING, sentence, remedy)


def note(sentence: str, remedy: str) -> InstallationFinding:
    return InstallationFinding(Severity.NOTE, sentence, remedy)
