"""calibrate --past: the running service scores the archive's earlier studies, and makes references of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tilscope.service.terminal.exit_codes import CannotGoOn, cells, err, out, print_json
from tilscope.service.terminal.progress import duration

if TYPE_CHECKING:
    from tilscope.dicom_io.archives.orthanc_client import OrthancClient
    from tilscope.dicom_io.archives.study_query import ArchiveQuery

_PATH = "/tilscope/calibrations"
_ASK_EVERY_S = 2.0
#: Off a terminal a line now and then.
_TELL_EVERY_S = 60.0


@dataclass(frozen=True)
class PastChoiceWords:
    """Which studies are meant, as the service takes it."""

    cohort: str
    query: ArchiveQuery
    every_mr: bool

    @property
    def plain(self) -> dict[str, Any]:
        facts = {
            "cohort": self.cohort,
            "since": self.query.since.isoformat() if self.query.since else None,
            "until": self.query.until.isoformat() if self.query.until else None,
            "sender": self.query.sender,
            "newest": self.query.newest,
            "every_mr": self.every_mr,
        }
        return {name: value for name, value in facts.items() if value}


def calibrate_past(
    connect: Callable[[], OrthancClient],
    choice: PastChoiceWords,
    dry_run: bool,
    leave: bool,
    install: bool,
    as_json: bool,
) -> None:
    """Ask for it, or go on waiting for what was asked for before under the same name; and tell what was made."""

    def ask(path: str = "", body: dict[str, Any] | None = None) -> dict[str, Any]:
        # A connection of its own: Orthanc closes idle ones, and may do so in the moment in which we ask again.
        with connect() as client:
            answer: dict[str, Any] = client.get(_PATH) if body is None else client.post(f"{_PATH}{path}", json=body)
        return answer

    if dry_run:
        _print(ask(body={**choice.plain, "dry_run": True}), as_json)
        return
    now = ask()
    if not (now["cohort"] == choice.cohort and _under_way(now)):
        now = ask(body=choice.plain)
    if not leave:
        now = _waited(ask, now, as_json)
        if install and now["references"]:
            now = ask("/install", {})
    elif install:
        raise CannotGoOn("--install waits until the references are made, and --leave does not wait; give one of them.")
    _print(now, as_json)


def _waited(ask: Callable[[], dict[str, Any]], now: dict[str, Any], as_json: bool) -> dict[str, Any]:
    told_at = -_TELL_EVERY_S
    while _under_way(now):
        if not as_json and time.monotonic() - told_at >= (1.0 if err.is_terminal else _TELL_EVERY_S):
            told_at = time.monotonic()
            err.print(*cells(_standing(now)), end="\r" if err.is_terminal else "\n", soft_wrap=True)
        time.sleep(_ASK_EVERY_S)
        now = ask()
    return now


def _under_way(now: dict[str, Any]) -> bool:
    return not (now["made"] or now["stopped"])


def stop_past(connect: Callable[[], OrthancClient], cohort: str, as_json: bool) -> None:
    """Score no more for the cohort of this name; what has a score keeps it."""
    with connect() as client:
        now = client.get(_PATH)
    if now["cohort"] and _under_way(now) and now["cohort"] != cohort:
        raise CannotGoOn(f"The references under way are those of {now['cohort']!r}; name it by --cohort to stop them.")
    with connect() as client:
        _print(client.post(f"{_PATH}/stop", json={}), as_json)


def _standing(now: dict[str, Any]) -> str:
    left = f", about {duration(now['seconds_left'])} left" if now["seconds_left"] is not None else ""
    counts = ", ".join(f"{count} {word}" for word, count in now["states"].items())
    return f"{now['studies'] - now['to_go']} of {now['studies']} studies{left} ({counts})"


def _print(now: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(now)
        return
    for one in now["without_score"]:
        err.print(*cells(f"{one['state']}: {one['study_uid']} ({one['code']}): {one['reason']}"), soft_wrap=True)
    for study, sentences in now["outliers"].items():
        err.print(*cells(f"outlying: {study}: {'; '.join(sentences)}"), soft_wrap=True)
    for one in now["references"]:
        drift = one["drift"]
        seen = f"; drift within the cohort {drift['shift']:+.2f} SD" if drift and drift["seen"] else ""
        out.print(*cells(f"{one['signature']}: a reference of {one['studies']} studies{seen}"))
    for signature, why in now["not_made"].items():
        out.print(*cells(f"{signature}: no reference. {why}"), soft_wrap=True)
    out.print(*cells(now["detail"]), soft_wrap=True)
