"""axe-core, which looks for what keeps people from using a page; fetched once from npm, by its digest."""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

from orthanc_server import ROOT
from playwright.sync_api import Page

_PACKAGE, _DIGEST = (Path(__file__).parent / "axe.lock").read_text().split()
_KEPT = ROOT / ".cache" / f"{_PACKAGE}.js"


def axe() -> str | None:
    """Its script; None where npm or its registry cannot be had."""
    if not _KEPT.exists():
        packed = _fetched()
        if packed is None:
            return None
        found = "sha512-" + base64.b64encode(hashlib.sha512(packed).digest()).decode()
        assert found == _DIGEST, f"what npm fetched is not the {_PACKAGE} that was chosen"
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            script = archive.extractfile("package/axe.min.js")
            assert script is not None
            _KEPT.parent.mkdir(exist_ok=True)
            _KEPT.write_bytes(script.read())
    return _KEPT.read_text(encoding="utf-8")


def _fetched() -> bytes | None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            subprocess.run(
                ["npm", "pack", "--silent", _PACKAGE], cwd=folder, check=True, capture_output=True, timeout=120
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return next(Path(folder).glob("*.tgz")).read_bytes()


def serious_faults(page: Page, script: str) -> list[str]:
    """What axe-core calls serious or critical, each with the first place where it is."""
    page.evaluate(script)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']} at {one['nodes'][0]['target']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
