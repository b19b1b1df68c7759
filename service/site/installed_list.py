"""What is installed at a site, as a list for people: each reference and model, and what is wrong with it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tilscope.models.refusals import BadInput
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import all_signatures
from tilscope.models.signatures.base import Signature
from tilscope.service.site.installed import load_installed, model_folder, references_of
from tilscope.service.site.model_manifest import ModelManifest, read_manifest


@dataclass(frozen=True)
class InstalledModel:
    signature: str
    name: str = ""
    version: str = ""
    features: int = 0
    threshold: float | None = None
    settings_hash: str = ""
    problem: str = ""
    """Why it cannot be read; '' where it can. Whether it can be used is checked by `tilscope models verify`."""


@dataclass(frozen=True)
class InstalledReference:
    signature: str
    file: str
    scanner: str = ""
    """'' for that of all scanners."""
    cohort: str = ""
    studies: int = 0
    version: int = 0
    made: str = ""
    stale: bool = False
    """Of a single scanner, and made before that of all."""
    problem: str = ""


def installed_models(settings: PipelineSettings) -> list[InstalledModel]:
    """A row for each, also where its manifest is broken: the others can be seen all the same."""
    found = []
    for signature in all_signatures():
        if folder := model_folder(signature.id, settings):
            try:
                m = read_manifest(folder)
                threshold = m.threshold if isinstance(m, ModelManifest) else None
                facts = (m.name, m.version, len(m.features), threshold, m.settings_hash)
                found.append(InstalledModel(signature.id, *facts))
            except BadInput as reason:
                found.append(InstalledModel(signature.id, problem=_by_name(reason, folder)))
    return found


def installed_references_listed(settings: PipelineSettings) -> list[InstalledReference]:
    """That of all scanners first."""
    found: list[InstalledReference] = []
    for signature in all_signatures():
        own = [_reference(signature, path, settings) for path in references_of(signature.id, settings)]
        own.sort(key=lambda one: "@" in one.file)
        of_all = next((one for one in own if "@" not in one.file), None)
        newest = of_all.made if of_all else ""
        # Both are ISO 8601 in UTC. One without a moment was written by hand: its age is not known.
        found += [replace(one, stale="@" in one.file and "" < one.made < newest) for one in own]
    return found


def _reference(signature: Signature, path: Path, settings: PipelineSettings) -> InstalledReference:
    problem = ""
    try:
        load_installed(path, signature, settings)
    except BadInput as reason:
        problem = _by_name(reason, path)
    content = _content(path)
    return InstalledReference(
        signature=signature.id,
        file=path.name,
        scanner=str(content.get("scanner", "")),
        cohort=str(content.get("cohort", "")),
        studies=_whole(content.get("studies")),
        version=_whole(content.get("version")),
        made=str(content.get("made", "")),
        problem=problem,
    )


def _by_name(reason: BadInput, path: Path) -> str:
    """Pages are read by people who cannot see the disk, and need not know where on it something lies."""
    return str(reason).replace(str(path), path.name)


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
