"""What systemd has to know beside Debian's unit of Orthanc, as a drop-in."""

from __future__ import annotations

from pathlib import Path

UNITS = Path("/etc/systemd/system")
DROP_IN = "orthanc.service.d/tilscope.conf"

TEXT = """\
# Written by tilscope configure-orthanc. After a change: systemctl daemon-reload, then systemctl restart orthanc.
[Service]
# Without it, dcmtk in Orthanc waits 40 ms for every instance that it receives.
Environment=TCP_NODELAY=1
# The log goes to the journal, which keeps itself small; Orthanc's own files under /var/log/orthanc grow for ever.
ExecStart=
ExecStart=/usr/sbin/Orthanc /etc/orthanc
# Orthanc alone is asked to end: it ends the service, whose workers put their study away.
KillMode=mixed
TimeoutStopSec=60
Restart=on-failure
RestartSec=5
# A worker that takes too much memory is ended alone. Without the first line systemd would then stop Orthanc too.
OOMPolicy=continue
MemoryMax=90%
"""


def write_drop_in(units: Path) -> Path:
    """Beside what others have written there."""
    path = units / DROP_IN
    path.parent.mkdir(exist_ok=True)
    path.write_text(TEXT, encoding="utf-8")
    return path
