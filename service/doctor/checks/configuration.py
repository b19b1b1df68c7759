"""Will Orthanc start with this configuration, and load the plugin?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tilscope.service.doctor.checks.findings import InstallationFinding, stops, warning
from tilscope.service.doctor.configuration.orthanc_configuration import OrthancConfiguration
from tilscope.service.doctor.installation.installation import Installation

_PYTHON_PLUGIN, _DICOMWEB_PLUGIN = "libOrthancPython.so", "libOrthancDicomWeb.so"


def check_configuration(installation: Installation) -> Iterator[InstallationFinding]:
    configuration = installation.configuration
    if configuration is None:
        return
    yield from _files(configuration)
    if "Tilscope" not in configuration.values:
        yield stops(
            'Orthanc\'s configuration has no section "Tilscope".', "Run tilscope configure-orthanc, which writes it."
        )
        return
    for sentence in installation.refused:
        yield stops(
            f"The plugin refuses this configuration: {sentence}", "Mend it; orthanc/README.md explains every key."
        )
    yield from _plugins(configuration)


def _files(configuration: OrthancConfiguration) -> Iterator[InstallationFinding]:
    for path, why in configuration.unreadable.items():
        yield stops(f"{path} cannot be read: {why}.", "Mend it, or run this as root if Orthanc itself can read it.")
    for key, files in configuration.twice.items():
        names = " and ".join(path.name for path in files)
        yield stops(
            f"{key} stands in {names}, and Orthanc does not start where two files give one key.",
            "Remove it from all but one of them.",
        )


def _plugins(configuration: OrthancConfiguration) -> Iterator[InstallationFinding]:
    script = str(configuration.values.get("PythonScript", ""))
    if Path(script).name != "plugin.py":
        said = f"PythonScript is {script}" if script else "PythonScript is not set"
        yield stops(
            f"{said}, so that Orthanc does not load TILscope.",
            "Name there the file that tilscope orthanc-plugin prints, or let tilscope configure-orthanc do it.",
        )
    if not _loads(configuration, _PYTHON_PLUGIN):
        yield stops(
            f"Plugins does not name {_PYTHON_PLUGIN}, so that Orthanc runs no Python.",
            "Install orthanc-python and name its folder under Plugins.",
        )
    if not _loads(configuration, _DICOMWEB_PLUGIN):
        yield warning(
            f"Plugins does not name {_DICOMWEB_PLUGIN}, so that no viewer can read results by DICOMweb.",
            "Install orthanc-dicomweb and name its folder under Plugins.",
        )


def _loads(configuration: OrthancConfiguration, library: str) -> bool:
    """Plugins names files, or folders of which Orthanc loads every library."""
    named = configuration.values.get("Plugins")
    places = [Path(str(one)) for one in named] if isinstance(named, list) else []
    return any(place.name == library or (place / library).exists() for place in places)
