"""Can the installed references and models be used with these settings?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tilscope.service.doctor.checks.findings import InstallationFinding, warning
from tilscope.service.doctor.installation.account import may
from tilscope.service.doctor.installation.installation import Installation
from tilscope.service.site.installed_list import installed_models, installed_references_listed


def check_artefacts(installation: Installation) -> Iterator[InstallationFinding]:
    """Read as whoever runs this; who else may read them is `check_files`' business."""
    if installation.settings is None:
        return
    pipeline = installation.settings.installed_pipeline
    folders = [Path(pipeline.references_folder), Path(pipeline.models_folder)]
    if any(folder.exists() and not may(folder, os.R_OK | os.X_OK) for folder in folders):
        return
    for reference in installed_references_listed(pipeline):
        if reference.problem:
            yield warning(
                f"The reference {reference.file} cannot be used: {reference.problem}",
                f"Make it again with tilscope calibrate {reference.signature}, or remove it.",
            )
    for model in installed_models(pipeline):
        if model.problem:
            yield warning(
                f"The model of {model.signature} cannot be used: {model.problem}",
                "Install it again with tilscope models install, or remove it.",
            )
