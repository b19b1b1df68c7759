"""The demo's own references and models: made of phantoms by `make demo-artefacts`, and good for nothing but the demo."""

from __future__ import annotations

import shutil
from pathlib import Path

#: As a site's DataDirectory: references/SIGNATURE.json and models/SIGNATURE/.
ARTEFACTS = Path(__file__).resolve().parent / "artefacts"


def install(data: Path) -> None:
    """Into the data directory of a demo. A service that is no demo refuses what lies there."""
    shutil.copytree(ARTEFACTS, data, dirs_exist_ok=True)
