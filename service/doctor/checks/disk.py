"""Is there room for results, ledger and scratch files?"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from tilscope.service.doctor.checks.findings import InstallationFinding, stops, warning
from tilscope.service.doctor.installation.account import nearest_that_is_there
from tilscope.service.doctor.installation.installation import Installation

#: A gigabyte is a study of ordinary size with everything that is written to it.
_LEAST, _SOON = 10**9, 5 * 10**9


def check_disk(installation: Installation) -> Iterator[InstallationFinding]:
    places = [installation.settings.folder] if installation.settings else []
    if installation.configuration is not None:
        places.append(installation.configuration.path("StorageDirectory", "OrthancStorage"))
    seen = set()
    for place in map(nearest_that_is_there, places):
        device = place.stat().st_dev
        if device not in seen:
            yield from _room_at(place)
        seen.add(device)


def _room_at(place: Path) -> Iterator[InstallationFinding]:
    free = shutil.disk_usage(place).free
    if free < _SOON:
        say = stops if free < _LEAST else warning
        yield say(
            f"Where {place} lies, {free / 1e9:.1f} GB are free.",
            "Make room before images and results cannot be stored.",
        )
