"""Folders that the package brings as files, and nothing imports: the plugin for Orthanc and the reading guide.

A wheel holds them beside `service` under names of their own (pyproject.toml); in a repository they are folders beside it, which
an editable installation does not show as packages, since they hold no `__init__.py`.
"""

from __future__ import annotations

from pathlib import Path

_AROUND = Path(__file__).resolve().parents[1]
#: What Orthanc's `PythonScript` names.
_SCRIPT = "plugin.py"


def reading_guide() -> Path:
    """The reading guide, as Markdown."""
    return _folder("guide", "docs") / "reading-guide.md"


def plugin_files() -> list[Path]:
    """Every file of the plugin, with its licence and the example of a configuration."""
    found = [path for path in _folder("orthanc_plugin", "orthanc").iterdir() if path.is_file()]
    # The stub of the module that Orthanc brings is for type checkers.
    return sorted(path for path in found if path.suffix not in (".pyc", ".pyi"))


def plugin_script() -> Path:
    """The file that Orthanc is told to load; what it imports lies beside it."""
    return next(path for path in plugin_files() if path.name == _SCRIPT)


def _folder(installed: str, in_repository: str) -> Path:
    return next(place for name in (installed, in_repository) if (place := _AROUND / name).is_dir())
