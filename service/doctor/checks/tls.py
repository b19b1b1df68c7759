"""Can Orthanc speak TLS with what it is given?"""

from __future__ import annotations

import os
from collections.abc import Iterator

from tilscope.service.doctor.checks.findings import InstallationFinding, stops, warning
from tilscope.service.doctor.installation.account import acting_as, may
from tilscope.service.doctor.installation.installation import Installation
from tilscope.service.doctor.installation.numbered_versions import numbers_of


def check_tls(installation: Installation) -> Iterator[InstallationFinding]:
    configuration = installation.configuration
    if configuration is None or configuration.values.get("SslEnabled") is not True:
        return
    certificate = configuration.path("SslCertificate", "certificate.pem")
    with acting_as(installation.account):
        readable = may(certificate, os.R_OK)
    if not readable:
        yield stops(
            f"{installation.account.name} cannot read the certificate {certificate} that SslCertificate names.",
            "Put certificate and key there in one file, readable by that user only.",
        )
    if installation.orthanc is not None and numbers_of(installation.orthanc.version)[:2] == (1, 10):
        yield warning(
            "Debian 12's Orthanc 1.10 crashes with SslEnabled, with or without TILscope.",
            "Put a proxy with TLS before it, or use Debian 13's.",
        )
