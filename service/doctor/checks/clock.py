"""Do Orthanc and the service agree on what time it is?"""

from __future__ import annotations

from collections.abc import Iterator

from tilscope.service.doctor.checks.findings import InstallationFinding, warning
from tilscope.service.doctor.installation.installation import Installation

#: Orthanc tells whole seconds, and its answer takes a moment.
_MOST_S = 5.0


def check_clock(installation: Installation) -> Iterator[InstallationFinding]:
    orthanc = installation.orthanc
    if orthanc is not None and abs(orthanc.ahead_s) > _MOST_S:
        late = "ahead of" if orthanc.ahead_s > 0 else "behind"
        yield warning(
            f"Orthanc's clock is {abs(orthanc.ahead_s):.0f} s {late} the service's.",
            "Let both machines take their time from one server.",
        )
