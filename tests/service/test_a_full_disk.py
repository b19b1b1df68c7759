"""A data directory without room: no study fails for it, health says so, and it goes on when there is room again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from orthanc_server import OrthancServer, eventually
from sent_studies import ONE_SET, results_in, send
from service_process import ServiceProcess

pytestmark = pytest.mark.slow
#: In a name space of its own, where whoever starts it may put a small disk in the place of a folder.
ALONE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
DISK_MB = 160


def on_a_small_disk(folder: Path) -> list[str]:
    """The program that puts the disk there and becomes what follows."""
    mounted = f'mount -t tmpfs -o size={DISK_MB}m tmpfs "{folder}" && exec "$@"'
    return [*ALONE, "sh", "-c", mounted, "sh"]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    data = tmp_path / "service" / "data"
    data.mkdir(parents=True)
    under = on_a_small_disk(data)
    if subprocess.run([*under, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a disk of his own")
    with (
        OrthancServer(tmp_path / "orthanc") as orthanc,
        ServiceProcess(orthanc, data.parent, under, attempts=1, least_free_disk="64MiB") as process,
    ):
        eventually(lambda: process.http.get("/health").status_code == 200)
        yield process


def test_without_room_studies_wait_and_with_room_they_are_scored(service: ServiceProcess, tmp_path: Path) -> None:
    disk = Path(f"/proc/{service.pid}/root{service.settings['data_directory']}")
    left = os.statvfs(disk)
    # The ledger can still be written, a study's images cannot be fetched.
    (disk / "something-else").write_bytes(bytes(left.f_bavail * left.f_frsize - (600 << 10)))
    uid = send(service.orthanc, tmp_path / "study", seed=51)
    waiting = service.until(uid, "waiting", "scored", "failed", "refused")
    assert (waiting["code"], waiting["attempts"]) == ("disk-full", 0)
    assert waiting["reason"] == "The disk of TILscope's data directory was full while fetching images."
    sentence = service.http.get("/health").json()["sentences"][0]
    assert sentence.startswith("The disk of TILscope's data directory is full since ")
    (disk / "something-else").unlink()
    study = service.until(uid, "scored", "failed", "refused")
    assert (study["state"], study["attempts"]) == ("scored", 1)
    assert results_in(service.orthanc, uid) == ONE_SET
