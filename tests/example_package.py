"""The example signature's package, built and installed as a site would, into a folder of its own."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tilscope.dicom_io.objects.codes import signature_codes
from tilscope.models.signatures import registry
from tilscope.service.pages import guide_page

SOURCE = Path(__file__).resolve().parent / "signature_package"

#: What is asked for once a process, about which signatures there are.
_ANSWERS = (
    registry.all_plugins, signature_codes.measurements, signature_codes.findings, signature_codes.classes,
    signature_codes.schemes, guide_page._guide,
)  # fmt: skip


def build_and_install(folder: Path) -> Path:
    """By pip, from its pyproject.toml; what is to be put on Python's path."""
    copy, site = folder / "source", folder / "site"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index")
    done = subprocess.run(
        [*pip, "--target", str(site), str(copy)], capture_output=True, text=True, cwd=folder, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return site


def tilscope_with(site: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """The program, in a process of its own, where the package is installed."""
    return _run_with(site, Path(sys.executable).with_name("tilscope"), *words)


def service_with(site: Path, settings: Path) -> subprocess.CompletedProcess[str]:
    """The service, where it ends by itself."""
    return _run_with(site, sys.executable, "-m", "tilscope.service.run", "--settings", settings)


def _run_with(site: Path, *words: object) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH", ""))))
    return subprocess.run(
        [*map(str, words)],
        capture_output=True,
        text=True,
        cwd=site,
        env={**os.environ, "PYTHONPATH": path},
        timeout=600,
    )


@contextmanager
def installed_here(site: Path) -> Iterator[None]:
    """In this very process, until the end."""
    sys.path.insert(0, str(site))
    _ask_again()
    try:
        yield
    finally:
        sys.path.remove(str(site))
        _ask_again()


def _ask_again() -> None:
    importlib.invalidate_caches()
    for answer in _ANSWERS:
        answer.cache_clear()
