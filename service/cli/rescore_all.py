"""rescore of many: every study that was concluded from other references or models than are installed now, or by an older version."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tilscope.service.terminal.exit_codes import out, print_json
from tilscope.service.terminal.progress import counting

if TYPE_CHECKING:
    from tilscope.dicom_io.archives.orthanc_client import OrthancClient

_ASK_EVERY_S = 1.0
#: Fewer than these under way, and the next portion is asked for.
_FEW = 20


@dataclass(frozen=True)
class Wanted:
    """Which studies are meant."""

    signature: str = ""
    older_than_version: str = ""
    only_unanswered: bool = False
    since: datetime | None = None

    @property
    def plain(self) -> dict[str, Any]:
        """As the service takes it."""
        facts: dict[str, Any] = {
            "signature": self.signature,
            "older_than_version": self.older_than_version,
            "only_unanswered": self.only_unanswered,
        }
        if self.since is not None:
            facts["since"] = (self.since if self.since.tzinfo else self.since.astimezone()).astimezone(UTC).isoformat()
        return {name: value for name, value in facts.items() if value}

    @property
    def source(self) -> str:
        """What they are scored from."""
        return "images" if self.older_than_version else "reports"


def rescore_all(connect: Callable[[], OrthancClient], which: Wanted, dry_run: bool, as_json: bool) -> None:
    """Ask for them portion by portion, and stay until all have ended; whoever leaves earlier leaves a portion to the service."""
    wanted = which.plain

    def ask(for_more: bool = False) -> dict[str, Any]:
        # A connection of its own: Orthanc closes idle ones, and may do so in the moment in which we ask again.
        with connect() as client:
            path = "/tilscope/renewals"
            response: dict[str, Any] = client.post(path, json=wanted) if for_more else client.get(path, **wanted)
        return response

    response = ask()
    if dry_run:
        _print(response, f"{response['outdated']} studies would be scored again from their {which.source}.", as_json)
        return
    # Not more than there were: one that cannot be scored again is asked for once.
    total = left = int(response["outdated"])
    with counting(f"scoring again from {which.source}", quiet=as_json) as tick:
        while left or response["under_way"]:
            if left and response["under_way"] < _FEW:
                response = ask(for_more=True)
                left = left - response["asked"] if response["asked"] else 0
            tick(max(0, total - left - response["under_way"]), total)
            if response["under_way"]:
                time.sleep(_ASK_EVERY_S)
                response = ask()
    _print(
        {**response, "asked": total},
        f"{total} studies were looked at again; {response['outdated']} could not be renewed"
        + (" (refused, or failed): the next time they are tried again." if response["outdated"] else "."),
        as_json,
    )


def _print(response: dict[str, Any], sentence: str, as_json: bool) -> None:
    if as_json:
        print_json({**response, "detail": sentence})
    else:
        out.print(sentence)
