"""What several pages show alike, in words: moments, progress, measurements, choices, and the links to further rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from tilscope.models.readable_numbers import shown
from tilscope.models.result import Measurement
from tilscope.service.ledger.queries import Study
from tilscope.service.ledger.states import State


@dataclass(frozen=True)
class ShownMoment:
    """UTC for those without script; the script shows the reader's own time."""

    iso: str
    words: str

    @classmethod
    def of(cls, seconds: float | None) -> ShownMoment | None:
        """None for a time that has not come.

        >>> ShownMoment.of(1_000_000.0).words
        '1970-01-12 13:46:40 UTC'
        """
        if not seconds:
            return None
        at = datetime.fromtimestamp(seconds, UTC)
        return cls(at.isoformat(timespec="seconds"), at.strftime("%Y-%m-%d %H:%M:%S UTC"))


@dataclass(frozen=True)
class ShownProgress:
    """How far a running study is."""

    stage: str
    fraction: str
    percent: str

    @classmethod
    def of(cls, study: Study) -> ShownProgress | None:
        """None of a study that is not running."""
        if study.state is not State.RUNNING:
            return None
        return cls(sentence_case(study.stage or "starting"), f"{study.progress:.3f}", f"{study.progress:.0%}")


@dataclass(frozen=True)
class Paging:
    """The addresses of the rows before and after those that are shown; '' where there are none."""

    newer: str
    older: str

    @classmethod
    def of(cls, offset: int, size: int, total: int, address: Callable[[int], str]) -> Paging:
        """
        >>> Paging.of(50, 50, 120, "?offset={}".format)
        Paging(newer='?offset=0', older='?offset=100')
        """
        newer = address(max(0, offset - size)) if offset else ""
        return cls(newer, address(offset + size) if offset + size < total else "")


@dataclass(frozen=True)
class Choice:
    """One option of a field."""

    value: str
    words: str
    chosen: bool


@dataclass(frozen=True)
class MeasurementRow:
    name: str
    value: str
    reason: str
    """Why there is no value, or what makes it fragile; ''."""


@dataclass(frozen=True)
class MeasurementTable:
    """The same digits as in the PDF; where there is no value, why."""

    caption: str
    rows: tuple[MeasurementRow, ...]

    @classmethod
    def of(cls, caption: str, measurements: Iterable[Measurement]) -> MeasurementTable:
        return cls(caption, tuple(MeasurementRow(one.name, _on_one_line(one), _beside(one)) for one in measurements))

    @property
    def has_reasons(self) -> bool:
        return any(row.reason for row in self.rows)


def sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def short_name(signature: str) -> str:
    """First author and year, as people call a paper.

    >>> short_name("wu2018")
    'Wu 2018'
    """
    return f"{signature.rstrip('0123456789').capitalize()} {signature[-4:]}"


def _beside(one: Measurement) -> str:
    return f"fragile: {one.fragile}" if one.fragile else one.reason


def _on_one_line(one: Measurement) -> str:
    """A value and its unit are not parted, as they would be in a narrow column."""
    return shown(one) if one.value is None else shown(one).replace(" ", "\N{NO-BREAK SPACE}")
