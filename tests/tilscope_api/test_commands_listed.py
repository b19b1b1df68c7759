"""The list of commands is written down, so that it can be shown without importing them: it must be true."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tilscope.service.cli.lazy_commands import COMMANDS, command_named

TILSCOPE = Path(sys.executable).with_name("tilscope")


@pytest.mark.parametrize("name", COMMANDS)
def test_its_line_is_the_first_of_its_own_help(name: str) -> None:
    first = command_named(name).help.strip().partition("\n\n")[0]
    assert " ".join(first.split()) == COMMANDS[name].help


def test_the_list_is_shown_without_the_commands_libraries() -> None:
    program = """
import sys
from typer.testing import CliRunner
from tilscope.service.cli import app
shown = CliRunner().invoke(app, ["--help"])
assert shown.exit_code == 0 and "orthanc-plugin" in shown.output
print(*sorted({"numpy", "pydicom", "SimpleITK", "httpx", "pydantic", "pynetdicom", "sqlalchemy"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_an_unknown_command_is_wrong_usage_with_a_suggestion() -> None:
    done = subprocess.run([TILSCOPE, "inspekt"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Did you mean 'inspect'?" in done.stderr


def test_the_plugin_can_be_copied_whole(tmp_path: Path) -> None:
    done = subprocess.run(
        [TILSCOPE, "orthanc-plugin", "--copy-to", tmp_path / "plugin"], capture_output=True, text=True, check=False
    )
    script = Path(done.stdout.strip())
    assert script == tmp_path / "plugin" / "plugin.py"
    repository = Path(__file__).resolve().parents[2] / "orthanc"
    wanted = {path.name for path in repository.iterdir() if path.is_file() and path.suffix != ".pyi"}
    assert {path.name for path in script.parent.iterdir()} == wanted
    assert all((script.parent / name).read_bytes() == (repository / name).read_bytes() for name in wanted)
