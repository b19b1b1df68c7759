"""Which settings a site computes under: what it installs must have been made under the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilscope.models.refusals import WrongSettings

if TYPE_CHECKING:
    from tilscope.models.settings import PipelineSettings
    from tilscope.service.settings import ServiceSettings

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", envvar="TILSCOPE_DATA_DIRECTORY", help="The service's DataDirectory.", exists=True, file_okay=False
    ),
]
SettingsOption = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        envvar="TILSCOPE_SETTINGS",
        help="The service's settings as JSON, as `python -m tilscope.service.run --settings` reads them; without it, the defaults.",
        exists=True,
        dir_okay=False,
    ),
]
SegmenterOption = Annotated[
    Path | None,
    typer.Option(help="The folder of the network that finds the lesions there.", exists=True, file_okay=False),
]


def site_settings(file: Path | None, data: Path | None, segmenter: Path | None = None) -> PipelineSettings:
    """The settings of the site; --data and --segmenter come before the file. Without any place, nothing is installed."""
    from tilscope.models.settings import PipelineSettings

    settings = read_settings(file).installed_pipeline if file else PipelineSettings()
    if data is not None:
        settings = replace(settings, references_folder=str(data / "references"), models_folder=str(data / "models"))
    if segmenter is not None:
        segmentation = replace(settings.segmentation, segmenter=str(segmenter.absolute()))
        settings = replace(settings, segmentation=segmentation)
    return settings


def installed_site(file: Path | None, data: Path | None, segmenter: Path | None = None) -> PipelineSettings:
    """The same where there must be a place."""
    settings = site_settings(file, data, segmenter)
    if not settings.models_folder:
        raise typer.BadParameter("give --data DIRECTORY, or --settings FILE that names it")
    return settings


def read_settings(file: Path) -> ServiceSettings:
    """The service's settings from a file that somebody named on the command line."""
    from tilscope.service.settings import ServiceSettings

    try:
        return ServiceSettings.read(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as wrong:  # WrongSettings is a ValueError, and its words are for people
        why = str(wrong) if isinstance(wrong, WrongSettings) else "it is not JSON"
        raise typer.BadParameter(f"{file}: {why}", param_hint="--settings") from None
