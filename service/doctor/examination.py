"""All checks, in the order in which their findings are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tilscope.service.doctor.checks.access import check_access
from tilscope.service.doctor.checks.artefacts import check_artefacts
from tilscope.service.doctor.checks.clock import check_clock
from tilscope.service.doctor.checks.configuration import check_configuration
from tilscope.service.doctor.checks.delays import check_delays
from tilscope.service.doctor.checks.disk import check_disk
from tilscope.service.doctor.checks.files import check_files
from tilscope.service.doctor.checks.findings import InstallationFinding, note
from tilscope.service.doctor.checks.libraries import check_libraries
from tilscope.service.doctor.checks.memory import check_memory
from tilscope.service.doctor.checks.tls import check_tls
from tilscope.service.doctor.checks.versions import check_versions
from tilscope.service.doctor.installation.installation import Installation

Check = Callable[[Installation], Iterable[InstallationFinding]]
CHECKS: tuple[Check, ...] = (
    check_configuration,
    check_files,
    check_access,
    check_tls,
    check_artefacts,
    check_libraries,
    check_versions,
    check_memory,
    check_disk,
    check_clock,
    check_delays,
)


def examine_installation(installation: Installation, checks: Iterable[Check] = CHECKS) -> list[InstallationFinding]:
    """What every check says. A check that cannot be made says so, and keeps the others from nothing."""
    found: list[InstallationFinding] = []
    for check in checks:
        try:
            found.extend(check(installation))
        except OSError as fault:
            what = check.__name__.removeprefix("check_")
            found.append(note(f"The check of {what} could not be made: {fault}.", "Run this as root."))
    return found
