"""What lies in the data directory under a study's name: results that wait for the archive, and whatever else is put there."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path


def remove_files(data: Path, study_uids: Iterable[str]) -> None:
    """Remove what is called as one of these studies in any folder of the data directory, half written or not."""
    for uid in study_uids:
        for found in [*data.glob(f"*/{uid}"), *data.glob(f"*/.{uid}.*")]:
            if found.is_dir() and not found.is_symlink():
                shutil.rmtree(found, ignore_errors=True)
            else:
                found.unlink(missing_ok=True)
