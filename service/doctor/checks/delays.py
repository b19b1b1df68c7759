"""Does Orthanc take 40 ms for every instance? dcmtk in it does, unless its environment says otherwise."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tilscope.service.doctor.checks.findings import InstallationFinding, warning
from tilscope.service.doctor.configuration.systemd_drop_in import UNITS
from tilscope.service.doctor.installation.installation import Installation

_VARIABLE = "TCP_NODELAY"


def check_delays(installation: Installation) -> Iterator[InstallationFinding]:
    if not (_by_systemd() if installation.configuration is not None else _by_our_parent()):
        yield warning(
            "Orthanc runs without TCP_NODELAY=1, and waits 40 ms for every instance that it receives.",
            "Set it in its environment; tilscope configure-orthanc writes a drop-in for systemd.",
        )


def _by_systemd() -> bool:
    drop_ins = list(UNITS.glob("orthanc.service.d/*.conf"))
    return not UNITS.is_dir() or any(_VARIABLE in path.read_text(errors="replace") for path in drop_ins)


def _by_our_parent() -> bool:
    """What started us has handed down its environment; only an Orthanc is asked."""
    parent = Path(f"/proc/{os.getppid()}/comm")
    return _VARIABLE in os.environ or not parent.exists() or parent.read_text().strip() != "Orthanc"
