"""Figures kept under .cache, so that an interrupted validation goes on where it was; changed sources begin anew."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: What figures of phantoms depend on, and what those of real exams do, which are made by the whole product.
PIPELINE = ("models", "phantom", "tests/validation/figures_of_a_case.py", "tests/validation/truths.py")
PRODUCT = (
    "models", "dicom_io", "service/scoring", "tilscope", "tests/nact_exam.py", "tests/a03m_exam.py",
    *(f"tests/validation/{name}.py" for name in ("stacks", "perturbations", "real_exams", "real_cases")),
)  # fmt: skip
#: In a folder: Python, and the kernels' C.
SOURCES = ("*.py", "*.c", "*.h")


def sources_digest(sources: Sequence[str]) -> str:
    """Changes with every line that figures depend on."""
    digest = hashlib.sha256()
    for source in sources:
        path = ROOT / source
        for file in sorted(one for kind in SOURCES for one in path.rglob(kind)) if path.is_dir() else [path]:
            digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def place_of(name: str, digest: str) -> Path:
    return ROOT / ".cache" / "validation" / digest / f"{name}.json"


def kept(name: str, compute: Callable[[], dict[str, Any]], digest: str) -> dict[str, Any]:
    """The figures of that name: from the cache, or computed and kept."""
    path = place_of(name, digest)
    if path.exists():
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    found = compute()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written whole or not at all: an interrupted run leaves no half a file, and processes do not write into one another's.
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    unfinished.write_text(json.dumps(found), encoding="utf-8")
    unfinished.replace(path)
    return found
