"""Installed files that the service cannot read: another user has installed them, or something else stands in their place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import all_signatures
from tilscope.service.site.installed import references_of
from tilscope.service.site.model_manifest import MANIFEST, MODEL
from tilscope.service.site.readable import is_file


@dataclass(frozen=True)
class UnreadableFile:
    """By its name: who may see the health of the service need not know where its files lie."""

    name: str
    why: str


def unreadable_files(settings: PipelineSettings) -> tuple[UnreadableFile, ...]:
    """Of references, models and the site's rules. One byte of each is read."""
    return tuple(UnreadableFile(name, why) for name, path in _installed(settings) if (why := _why_unreadable(path)))


def _installed(settings: PipelineSettings) -> Iterator[tuple[str, Path]]:
    for name in ("references", "models"):
        folder = getattr(settings, f"{name}_folder")
        if folder and _is_folder(Path(folder)):
            yield f"The folder of {name}", Path(folder)
    for signature in all_signatures():
        for path in references_of(signature.id, settings):
            yield path.name, path
        folder = Path(settings.models_folder) / signature.id
        if settings.models_folder and _is_folder(folder):
            yield from ((f"{name} of {signature.id}", folder / name) for name in (MANIFEST, MODEL))
    if settings.site_rules_file and is_file(Path(settings.site_rules_file)):
        yield Path(settings.site_rules_file).name, Path(settings.site_rules_file)


def _is_folder(path: Path) -> bool:
    """Not of one in a folder that is shut: that is told already."""
    try:
        return path.is_dir()
    except PermissionError:
        return False


def _why_unreadable(path: Path) -> str:
    """'' where it can be read."""
    try:
        if path.is_dir() and not path.suffix:
            next(path.iterdir(), None)
        else:
            with path.open("rb") as file:
                file.read(1)
    except OSError as fault:
        return (fault.strerror or type(fault).__name__).lower()
    return ""
