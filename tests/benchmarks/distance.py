"""A study fetched from an Orthanc that is near, and from the same one some milliseconds away."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.growth import written
from benchmarks.plan import in_words
from orthanc_server import INSTALLED, OrthancServer
from slow_network import SlowNetwork

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.phantom.spec import PhantomSpec

ROUND_TRIPS_MS = (0, 10)


def figures_of_distance(spec: PhantomSpec) -> dict[str, Any] | None:
    """Seconds until headers and instances are here, by milliseconds of a round trip; None where no Orthanc is installed."""
    if not INSTALLED.present:
        return None
    found: dict[str, Any] = {"size": in_words(spec), "seconds": {}}
    with written(spec) as folder, TemporaryDirectory() as home, OrthancServer(Path(home)) as orthanc:
        orthanc.c_store(folder)
        for round_trip_ms in ROUND_TRIPS_MS:
            with SlowNetwork(orthanc.http_port, round_trip_ms / 1000) as network:
                address = OrthancAddress(network.url, orthanc.user, orthanc.password)
                found["seconds"][str(round_trip_ms)], found["instances"] = _fetched(address)
    return found


def _fetched(address: OrthancAddress) -> tuple[float, int]:
    """How long it took, and how many instances there were."""
    with OrthancArchive(address) as archive, TemporaryDirectory() as out:
        begun = time.perf_counter()
        (study,) = archive.studies_with_images()
        uids = [str(header.SOPInstanceUID) for header in archive.headers(study)]
        files = archive.fetch(study, uids, Path(out), lambda done, total: None)
        return time.perf_counter() - begun, len(files)
