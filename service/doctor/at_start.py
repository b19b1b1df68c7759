"""What the doctor finds when the service starts; the health page shows it."""

from __future__ import annotations

import logging
import threading

from tilscope.service.doctor.checks.clock import check_clock
from tilscope.service.doctor.checks.files import check_data_directory
from tilscope.service.doctor.checks.findings import InstallationFinding, Severity
from tilscope.service.doctor.checks.versions import check_versions
from tilscope.service.doctor.examination import examine_installation
from tilscope.service.doctor.installation.installation import Installation
from tilscope.service.doctor.installation.orthanc_answers import ask_orthanc
from tilscope.service.settings import ServiceSettings

log = logging.getLogger(__name__)
_LEVELS = {Severity.STOPS: logging.ERROR, Severity.WARNING: logging.WARNING, Severity.NOTE: logging.INFO}


class NotInOrder(Exception):
    """The service cannot start here; the sentence says why, and what to do."""


class StartExamination:
    """Made once, before anything else is; what needs an answer of Orthanc is added later, by a thread of its own."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Raises NotInOrder where there is nowhere to keep a ledger."""
        self._settings = settings
        installation = Installation.of_service(settings)
        for finding in check_data_directory(installation):
            raise NotInOrder(str(finding))
        self._findings: tuple[InstallationFinding, ...] = ()
        self._add(examine_installation(installation))

    @property
    def sentences(self) -> tuple[str, ...]:
        """Each finding, the gravest first."""
        order = list(Severity)
        return tuple(str(one) for one in sorted(self._findings, key=lambda one: order.index(one.severity)))

    def ask_orthanc(self) -> None:
        """Its versions and its clock, while the service goes on."""
        threading.Thread(target=self._ask, name="doctor", daemon=True).start()

    def _ask(self) -> None:
        answers = ask_orthanc(self._settings.orthanc)
        known = Installation.of_service(self._settings, answers)
        self._add(examine_installation(known, (check_versions, check_clock)))

    def _add(self, found: list[InstallationFinding]) -> None:
        for finding in found:
            log.log(_LEVELS[finding.severity], str(finding))
        self._findings = (*self._findings, *found)
