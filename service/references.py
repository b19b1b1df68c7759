"""The references installed at a site: files named after their signatures in one folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

from models.reference import Reference, load_reference
from models.settings import PipelineSettings
from models.signatures import SIGNATURES
from models.signatures.base import Installed, settings_hash


def installed_at(settings: PipelineSettings) -> dict[str, Installed]:
    """What this site has installed for each signature."""
    return {id: Installed(reference=reference) for id, reference in installed_references(settings).items()}


def installed_references(settings: PipelineSettings) -> dict[str, Reference]:
    """References by signature. One that does not apply here is refused by name: it is never passed over in silence."""
    return {
        signature.id: load_reference(path, signature.id, settings_hash(signature, settings), signature.model_features)
        for signature in SIGNATURES
        if (path := _file_of(signature.id, settings)) is not None
    }


def digest_of_references(settings: PipelineSettings) -> str:
    """Names the contents of all installed references; '' where there are none."""
    contents = [
        f"{signature.id} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for signature in SIGNATURES
        if (path := _file_of(signature.id, settings)) is not None
    ]
    return "\n".join(contents)


def _file_of(signature: str, settings: PipelineSettings) -> Path | None:
    if not settings.references_folder:
        return None
    path = Path(settings.references_folder) / f"{signature}.json"
    return path if path.is_file() else None
