"""Are Orthanc and its plugins as new as those that TILscope is tested with?"""

from __future__ import annotations

from collections.abc import Iterator

from tilscope.service.doctor.checks.findings import InstallationFinding, note, warning
from tilscope.service.doctor.installation.installation import Installation
from tilscope.service.doctor.installation.numbered_versions import is_older

#: The oldest that the tests run with (docs/tested-versions.md).
_OLDEST_ORTHANC = "1.10.1"
_OLDEST_PLUGINS = {"python": "4.0", "dicom-web": "1.7"}


def check_versions(installation: Installation) -> Iterator[InstallationFinding]:
    orthanc = installation.orthanc
    if orthanc is None:
        if installation.configuration is not None and installation.settings is not None:
            yield note(
                "Orthanc does not run, or does not answer here: its versions and its clock were not looked at.",
                "Run this again when it does.",
            )
        return
    if is_older(orthanc.version, _OLDEST_ORTHANC):
        yield warning(
            f"Orthanc {orthanc.version} is older than {_OLDEST_ORTHANC}, with which TILscope is tested.",
            "Update Orthanc.",
        )
    for name, oldest in _OLDEST_PLUGINS.items():
        have = orthanc.plugins.get(name, "")
        if is_older(have, oldest):
            yield warning(
                f"Orthanc's plugin {name} {have} is older than {oldest}, with which TILscope is tested.", "Update it."
            )
