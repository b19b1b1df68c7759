"""What is installed at a site and cannot be read, for those who can mend it: a sentence for each file or folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import all_signatures
from tilscope.service.site.installed import files_of_model, references_of
from tilscope.service.site.readable import why_unreadable


def unreadable_in_words(settings: PipelineSettings) -> list[str]:
    return [
        f"{path.parent.name}/{path.name} cannot be read ({why}): signatures that need it give no score. "
        "Give it to the user whom the service runs as."
        for path in _installed(settings)
        if (why := why_unreadable(path))
    ]


def _installed(settings: PipelineSettings) -> Iterator[Path]:
    for folder in (settings.references_folder, settings.models_folder):
        if folder:
            yield Path(folder)
    for signature in all_signatures():
        yield from references_of(signature.id, settings)
        yield from files_of_model(signature, settings)
