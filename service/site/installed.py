"""What is installed at a site: references in one folder, named after their signatures, and trained models in another."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tilscope.models.settings import PipelineSettings
from tilscope.models.short_hash import short_hash
from tilscope.models.signatures import all_signatures
from tilscope.models.signatures.base import Installed, Molecular, Signature, settings_hash
from tilscope.models.signatures.forest import Forest
from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.models.signatures.reference import Reference, load_reference
from tilscope.models.signatures.trained_linear import TakesLinear, TrainedLinear
from tilscope.service.site.linear_models import load_linear
from tilscope.service.site.model_manifest import MANIFEST, MODEL
from tilscope.service.site.molecular import NOTHING_KNOWN
from tilscope.service.site.readable import is_file, why_unreadable


def installed_at(
    settings: PipelineSettings, scanner: str = "", molecular: Molecular = NOTHING_KNOWN
) -> dict[str, Installed]:
    """For each signature its reference, its model and the molecular findings. What does not apply here is refused by name.

    Where one of these files cannot be read, only the signature that needs it goes without.
    """
    digests = digests_of_installed(settings)
    return {
        signature.id: _installed_for(
            signature, settings, scanner, Installed(None, None, molecular, digests[signature.id])
        )
        for signature in all_signatures()
    }


def _installed_for(signature: Signature, settings: PipelineSettings, scanner: str, nothing: Installed) -> Installed:
    references = _references(signature.id, settings, scanner)[:1]
    if unreadable := (*_unreadable_models(signature, settings), *_names_of_unreadable(references)):
        return replace(nothing, unreadable=unreadable)
    if linear := linear_of(signature, settings):
        # It brings its own means, SDs and scores; a reference of the published coefficients says nothing of it.
        return replace(nothing, linear=linear)
    reference = next((load_installed(path, signature, settings) for path in references), None)
    return replace(nothing, reference=reference, forest=forest_of(signature, settings))


def _unreadable_models(signature: Signature, settings: PipelineSettings) -> tuple[str, ...]:
    """In a folder that is shut there may be a model: without it another score would pass for the site's own."""
    names = _names_of_unreadable(files_of_model(signature, settings))
    return ("The folder of models",) if names and why_unreadable(Path(settings.models_folder)) else names


def _names_of_unreadable(paths: Sequence[Path]) -> tuple[str, ...]:
    return tuple(path.name for path in paths if why_unreadable(path))


def files_of_model(signature: Signature, settings: PipelineSettings) -> tuple[Path, ...]:
    """Those of the installed model of a signature that takes one."""
    folder = model_folder(signature.id, settings)
    if folder is None or not isinstance(signature, (ForestSignature, TakesLinear)):
        return ()
    return (folder / MANIFEST, folder / MODEL) if isinstance(signature, ForestSignature) else (folder / MANIFEST,)


def linear_of(signature: Signature, settings: PipelineSettings) -> TrainedLinear | None:
    """A site's own weights for a signature that is a weighted sum."""
    folder = model_folder(signature.id, settings) if isinstance(signature, TakesLinear) else None
    return None if folder is None else load_linear(folder, signature, settings)


def forest_of(signature: Signature, settings: PipelineSettings) -> Forest | None:
    """The trained model that is installed for a signature."""
    folder = model_folder(signature.id, settings)
    if folder is None or isinstance(signature, TakesLinear):
        return None
    if not isinstance(signature, ForestSignature) and why_unreadable(folder / MANIFEST):
        return None  # in a folder that is shut there may be anything; what takes no model does not need it
    from tilscope.service.site.artefacts import (
        load_forest,
    )  # slow to import; input hashes do without

    return load_forest(folder, signature, settings)


def load_installed(path: Path, signature: Signature, settings: PipelineSettings) -> Reference:
    """One of a signature's references; refused by name where it does not apply here."""
    return load_reference(
        path, signature.id, settings_hash(signature, settings), signature.model_features, settings.demo
    )


def digest_of_installed(settings: PipelineSettings) -> str:
    """Names the contents of all installed references and models; '' where there are none."""
    return "\n".join(line for signature in all_signatures() for line in _contents(signature.id, settings))


def digests_of_installed(settings: PipelineSettings) -> dict[str, str]:
    """The same for each signature by itself, short; '' where nothing is installed for it."""
    contents = {signature.id: "\n".join(_contents(signature.id, settings)) for signature in all_signatures()}
    return {id: short_hash(text, 16) if text else "" for id, text in contents.items()}


def _contents(signature: str, settings: PipelineSettings) -> list[str]:
    """What is installed for a signature, each by its place and SHA-256; a model's manifest names it.

    By its place as well: the same content under another name is another signature's or scanner's. A file that cannot be
    read is named as such: when it can, what was concluded without it is outdated.
    """
    found = references_of(signature, settings)
    if folder := model_folder(signature, settings):
        found.append(folder / MANIFEST)
    names = (f"{path.parent.name}/{path.name}" if path.name == MANIFEST else path.stem for path in found)
    digests = ("unreadable" if why_unreadable(path) else _sha256(path) for path in found)
    return [f"{name} {digest}" for name, digest in zip(names, digests, strict=True)]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def references_of(signature: str, settings: PipelineSettings) -> list[Path]:
    """All that are installed for a signature: that of all scanners, and those of single ones."""
    folder = settings.references_folder
    return sorted(Path(folder).glob(f"{signature}*.json")) if folder else []


def model_folder(signature: str, settings: PipelineSettings) -> Path | None:
    """Where the signature's trained model lies; None where none is installed."""
    folder = Path(settings.models_folder) / signature
    return folder if settings.models_folder and is_file(folder / MANIFEST) else None


def _references(signature: str, settings: PipelineSettings, scanner: str) -> list[Path]:
    """The files that are there, the nearest first: that of the scanner before that of all."""
    if not settings.references_folder:
        return []
    names = dict.fromkeys((reference_name(signature, scanner), reference_name(signature)))
    return [path for name in names if is_file(path := Path(settings.references_folder) / name)]


def reference_name(signature: str, scanner: str = "") -> str:
    """The file of a signature's reference; one for a single scanner is preferred for its studies.

    >>> reference_name("wu2018"), reference_name("wu2018", "SIEMENS Skyra (3T)")
    ('wu2018.json', 'wu2018@siemens-skyra-3t.json')
    """
    slug = re.sub(r"[^a-z0-9]+", "-", scanner.lower()).strip("-")
    return f"{signature}@{slug}.json" if slug else f"{signature}.json"
