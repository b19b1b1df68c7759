"""Are our own libraries there, and as new as TILscope needs?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from tilscope.service.doctor.checks.findings import InstallationFinding, stops
from tilscope.service.doctor.installation.installation import Installation
from tilscope.service.doctor.installation.numbered_versions import is_older

#: A line of the package's own metadata, of no extra or of the service's.
_REQUIREMENT = re.compile(r"""([\w.-]+)[^>;]*>=([0-9.]+)[^;]*(?:;\s*extra == ["']service["'])?$""")
_REMEDY = 'Install TILscope again: pip install --upgrade "tilscope[service]", or docker/install.sh --runtime.'


def check_libraries(installation: Installation) -> Iterator[InstallationFinding]:
    for line in requires("tilscope") or ():
        if match := _REQUIREMENT.match(line):
            yield from _library(match[1], match[2])


def _library(name: str, oldest: str) -> Iterator[InstallationFinding]:
    try:
        have = version(name)
    except PackageNotFoundError:
        yield stops(f"The library {name}, which TILscope needs, is not installed.", _REMEDY)
        return
    if is_older(have, oldest):
        yield stops(f"The library {name} {have} is older than {oldest}, which TILscope needs.", _REMEDY)
