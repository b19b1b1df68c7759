"""Instances fetched over several connections at once: over one, each instance costs the way to the archive and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tilscope.dicom_io.archives import Tick

#: Enough to hide ten milliseconds behind the time that an archive needs for an instance, and few beside the fifty that an
#: Orthanc serves at once, of which every worker of ours takes as many.
CONNECTIONS = 6


def download(get: Callable[[str], bytes], uids: Sequence[str], folder: Path, tick: Tick) -> dict[str, Path]:
    """Write each instance into `folder` as DICOM file; returns them in the order of `uids`.

    `get` reads one instance; several threads call it. The first error in that order ends it all: what was not begun is left,
    and nothing is under way any more when the error is raised.
    """

    def kept(number: int, uid: str) -> Path:
        path = folder / f"{number:06d}.dcm"
        path.write_bytes(get(uid))
        return path

    files: dict[str, Path] = {}
    with ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="download") as connections:
        begun = [connections.submit(kept, number, uid) for number, uid in enumerate(uids, start=1)]
        try:
            for number, (uid, file) in enumerate(zip(uids, begun, strict=True), start=1):
                files[uid] = file.result()
                tick(number, len(uids))
        except BaseException:  # an interruption too
            connections.shutdown(wait=False, cancel_futures=True)
            raise
    return files
