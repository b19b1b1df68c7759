"""`import tilscope` costs nothing, and gives what it says."""

from __future__ import annotations

import subprocess
import sys

import pytest

import tilscope

_LOADED = """
import sys
before = set(sys.modules)
import tilscope
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))
"""


def test_the_import_by_itself_loads_the_standard_library_only() -> None:
    loaded = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == ["tilscope"]


def test_every_public_name_is_there_and_listed() -> None:
    assert {name for name in tilscope.__all__ if getattr(tilscope, name) is not None} == set(tilscope.__all__)
    assert set(tilscope.__all__) <= set(dir(tilscope))
    assert tilscope.__version__[0].isdigit()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'scores'"):
        _ = tilscope.scores  # type: ignore[attr-defined]
