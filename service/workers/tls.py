"""Nobody else on this machine may talk to the workers.

Whoever reaches a Dask scheduler can have code run, and a port of the loopback is open to every user of the machine. So
scheduler and workers speak TLS with a key that is made anew at each start, in a folder that nobody else may read, and
trust only who holds that same key.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
from pathlib import Path

from distributed.security import Security

log = logging.getLogger(__name__)


def make_security(folder: Path) -> Security | None:
    """Fresh key and certificate in `folder`; None where there is no openssl to make them with."""
    if shutil.which("openssl") is None:
        log.warning("openssl is not installed: other users of this machine could reach the worker processes")
        return None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-subj", "/CN=TILscope workers", "-days", "3650", "-keyout", str(key), "-out", str(certificate),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    key.chmod(0o600)
    both = {
        f"tls_{who}_{what}": str(path)
        for who in ("client", "scheduler", "worker")
        for what, path in (("key", key), ("cert", certificate))
    }
    return Security(require_encryption=True, tls_ca_file=str(certificate), **both)
