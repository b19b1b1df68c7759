"""Who can reach Orthanc, and with what password?"""

from __future__ import annotations

import stat
from collections.abc import Iterator

from tilscope.service.doctor.checks.findings import InstallationFinding, warning
from tilscope.service.doctor.configuration.orthanc_configuration import OrthancConfiguration
from tilscope.service.doctor.installation.installation import Installation

#: Of orthanc/orthanc.json, and what Orthanc's own documentation and images use.
_KNOWN_PASSWORDS = {"change-this-password", "orthanc", "orthancpassword", "alicepassword", "password"}


def check_access(installation: Installation) -> Iterator[InstallationFinding]:
    configuration = installation.configuration
    if configuration is None:
        return
    yield from _who(configuration)
    yield from _passwords(configuration)
    if configuration.remote and configuration.values.get("SslEnabled") is not True:
        yield warning(
            "Other machines reach Orthanc without TLS, so that passwords and images can be read on the way.",
            "Set SslEnabled with a certificate, or put a proxy with TLS before it.",
        )


def _who(configuration: OrthancConfiguration) -> Iterator[InstallationFinding]:
    if configuration.remote and not configuration.asks_for_a_password:
        yield warning(
            "Other machines may do everything in Orthanc without a password.",
            "Set AuthenticationEnabled to true and name users in RegisteredUsers.",
        )
    elif configuration.remote and not configuration.users:
        yield warning(
            "RegisteredUsers names nobody, so that Orthanc makes a user whose name and password everybody knows.",
            "Name users in RegisteredUsers.",
        )
    elif not configuration.remote and not configuration.asks_for_a_password:
        yield warning(
            "Orthanc asks nobody for a password, so that TILscope cannot tell who asked for what.",
            "Set AuthenticationEnabled to true and name users in RegisteredUsers.",
        )


def _passwords(configuration: OrthancConfiguration) -> Iterator[InstallationFinding]:
    for user, password in configuration.users.items():
        if password.lower() in _KNOWN_PASSWORDS:
            yield warning(f"The password of {user} is that of an example.", "Give this user a password of its own.")
    for path in configuration.files_of.get("RegisteredUsers", ()):
        if path.stat().st_mode & stat.S_IROTH:
            yield warning(
                f"Every user of this machine can read the passwords in {path}.",
                f"chown root:orthanc {path} and chmod 640 {path}.",
            )
