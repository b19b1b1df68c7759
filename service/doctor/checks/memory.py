"""Is there memory for all workers at once?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tilscope.service.doctor.checks.findings import InstallationFinding, warning
from tilscope.service.doctor.installation.installation import Installation

#: The service with its scheduler, and an Orthanc that takes images in.
_BESIDE_THE_WORKERS = 2**30
_LIMIT_OF_THIS_GROUP = Path("/sys/fs/cgroup/memory.max")


def check_memory(installation: Installation) -> Iterator[InstallationFinding]:
    settings = installation.settings
    if settings is None or settings.scheduler_address:
        return
    there, wanted = memory_bytes(), settings.workers * settings.worker_memory_bytes + _BESIDE_THE_WORKERS
    if wanted > there:
        fit = max(1, (there - _BESIDE_THE_WORKERS) // settings.worker_memory_bytes)
        yield warning(
            f"{settings.workers} x {settings.worker_memory} of WorkerMemory and a GiB for Orthanc and the service are "
            f"more than the {there / 2**30:.1f} GiB that are there.",
            f"Have at most {fit} Workers, less WorkerMemory, or more memory.",
        )


def memory_bytes() -> int:
    """Of this machine, or of the container that this is."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(machine, int(_LIMIT_OF_THIS_GROUP.read_text()))
    except (OSError, ValueError):  # "max": no limit
        return machine
