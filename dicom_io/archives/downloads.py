"""Instances fetched over several connections at once: over one, each instance costs the way to the archive and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tilscope.dicom_io.archives import Tick

#: Enough to hide ten milliseconds behind the time that an archive needs for an instance, and few beside the fifty that an
#: Orthanc serves at once, of which every worker of ours takes as many.
CONNECTIONS = 6


def download(
    get: Callable[[str, Path], None], uids: Sequence[str], folder: Path, tick: Tick, connections: int = CONNECTIONS
) -> dict[str, Path]:
    """Put each instance into `folder` as DICOM file; returns them in the order of `uids`.

    `get` writes one instance into the file that it is given; so many threads call it. The first error in that order ends it
    all: what was not begun is left, and nothing is under way any more when the error is raised.
    """
    files = {uid: folder / f"{number:06d}.dcm" for number, uid in enumerate(uids, start=1)}
    with ThreadPoolExecutor(connections, thread_name_prefix="download") as threads:
        begun = [threads.submit(get, uid, file) for uid, file in files.items()]
        try:
            for number, one in enumerate(begun, start=1):
                one.result()
                tick(number, len(begun))
        except BaseException:  # an interruption too
            threads.shutdown(wait=False, cancel_futures=True)
            raise
    return files
