"""Figures kept under .cache, so that an interrupted validation goes on where it was; changed sources begin anew."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("models", "phantom", "tests/validation")


def sources_digest(sources: Sequence[str] = SOURCES) -> str:
    """Changes with every line that figures depend on."""
    digest = hashlib.sha256()
    for folder in sources:
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def kept(name: str, compute: Callable[[], dict[str, Any]], digest: str) -> dict[str, Any]:
    """The figures of that name: from the cache, or computed and kept."""
    path = ROOT / ".cache" / "validation" / digest / f"{name}.json"
    if path.exists():
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    found = compute()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written whole or not at all: an interrupted run leaves no half a file.
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(found), encoding="utf-8")
    unfinished.replace(path)
    return found
