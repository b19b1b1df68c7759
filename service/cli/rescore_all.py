"""rescore --all: every scored study that was concluded from other references or models than are installed now."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tilscope.dicom_io.archives.orthanc_client import OrthancClient
from tilscope.service.terminal.exit_codes import out, print_json
from tilscope.service.terminal.progress import counting

_LOOK_EVERY_S = 1.0
#: Fewer than these under way, and the next portion is asked for.
_FEW = 20


def rescore_all(
    connect: Callable[[], OrthancClient], signature: str, since: datetime | None, dry_run: bool, as_json: bool
) -> None:
    """Ask for them portion by portion, and stay until all have ended; whoever leaves earlier leaves a portion to the service."""
    wanted: dict[str, Any] = {"signature": signature} if signature else {}
    if since is not None:
        wanted["since"] = (since if since.tzinfo else since.astimezone()).astimezone(UTC).isoformat()

    def ask(for_more: bool = False) -> dict[str, Any]:
        # A connection of its own: Orthanc closes idle ones, and may do so in the moment in which we ask again.
        with connect() as client:
            path = "/tilscope/renewals"
            answer: dict[str, Any] = client.post(path, json=wanted) if for_more else client.get(path, **wanted)
        return answer

    answer = ask()
    if dry_run:
        _tell(answer, f"{answer['outdated']} studies would be scored again from their reports.", as_json)
        return
    # Not more than there were: one that cannot be renewed is asked for once.
    total = left = int(answer["outdated"])
    with counting("scoring again from reports", quiet=as_json) as tick:
        while left or answer["under_way"]:
            if left and answer["under_way"] < _FEW:
                answer = ask(for_more=True)
                left = left - answer["asked"] if answer["asked"] else 0
            tick(max(0, total - left - answer["under_way"]), total)
            if answer["under_way"]:
                time.sleep(_LOOK_EVERY_S)
                answer = ask()
    _tell(
        {**answer, "asked": total},
        f"{total} studies were looked at again; {answer['outdated']} could not be renewed"
        + (" (refused, or failed): the next time they are tried again." if answer["outdated"] else "."),
        as_json,
    )


def _tell(answer: dict[str, Any], sentence: str, as_json: bool) -> None:
    if as_json:
        print_json({**answer, "detail": sentence})
    else:
        out.print(sentence)
