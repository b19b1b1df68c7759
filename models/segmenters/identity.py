"""A segmenter's identity for the settings hash: where a folder lies does not matter, what is in it does."""

from __future__ import annotations

import hashlib
from pathlib import Path

CLASSICAL = "classical"
MANIFEST = "tilscope-segmenter.json"


def identity_of(segmenter: str) -> str:
    """The built-in segmenter's name, or the SHA-256 of an installed one's manifest.

    The manifest names the SHA-256 of every file of the network, and a network whose files differ is never run: so this
    one hash stands for all of them. Never fails: what cannot be read says so when a study is segmented.
    """
    if segmenter == CLASSICAL:
        return CLASSICAL
    try:
        return hashlib.sha256((Path(segmenter) / MANIFEST).read_bytes()).hexdigest()
    except OSError:
        return f"no manifest in {segmenter}"
