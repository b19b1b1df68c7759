"""The list of commands is written down, so that it can be shown without importing them: it must be true."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tilscope.models.settings import FURTHER_OBJECTS
from tilscope.service.cli.lazy_commands import COMMANDS, command_named

TILSCOPE = Path(sys.executable).with_name("tilscope")


@pytest.mark.parametrize("name", COMMANDS)
def test_its_line_is_the_first_of_its_own_help(name: str) -> None:
    first = command_named(name).help.strip().partition("\n\n")[0]
    assert " ".join(first.split()) == COMMANDS[name].help


#: What takes a tenth of a second and more to import, or brings what does. Not pydantic: Typer imports it by itself.
HEAVY = {"numpy", "pydicom", "SimpleITK", "scipy", "httpx", "pynetdicom", "sqlalchemy", "sklearn", "highdicom"}
#: CPU seconds; five times and more what is usual, for machines that are slow or do something else.
GENEROUS_S = 1.5

_LOADED = f"""
import json, sys
from tilscope.service.cli import main
sys.argv[0] = "tilscope"
try:
    main()
finally:
    print(json.dumps(sorted({HEAVY!r} & set(sys.modules))), file=sys.stderr)
"""


@dataclass(frozen=True)
class Answered:
    """What a call of the program printed, which of the heavy libraries it loaded, and the CPU time that it took."""

    shown: str
    loaded: list[str]
    cpu_s: float


def answered(*words: str, ends: int = 0, **environment: str) -> Answered:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = [sys.executable, "-c", _LOADED, *words]
    done = subprocess.run(program, capture_output=True, text=True, check=False, env=os.environ | environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == ends, done.stderr
    spent = (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
    return Answered(done.stdout, json.loads(done.stderr.splitlines()[-1]), spent)


def completed(line: str) -> Answered:
    """The answer to a shell that completes the last word of this line."""
    words = line.split(" ")
    return answered(_TILSCOPE_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))


@pytest.mark.parametrize("command", ["", *COMMANDS, "models install"])
def test_help_is_shown_without_the_commands_libraries(command: str) -> None:
    answer = answered(*command.split(), "--help")
    assert "Usage:" in answer.shown
    assert (answer.loaded, answer.cpu_s < GENEROUS_S) == ([], True)


@pytest.mark.parametrize(
    ("line", "completions"),
    [
        ("tilscope re", ["rescore", "retry", "repeatability", "restore"]),
        ("tilscope score --seed", ["--seed-mm"]),
        ("tilscope models ver", ["verify"]),
    ],
)
def test_completion_answers_without_the_commands_libraries(line: str, completions: list[str]) -> None:
    answer = completed(line)
    assert answer.shown.split() == completions
    assert (answer.loaded, answer.cpu_s < GENEROUS_S) == ([], True)


def test_status_loads_an_http_client_and_nothing_else() -> None:
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        answer = answered("status", "--url", f"http://127.0.0.1:{nobody_listens.getsockname()[1]}", ends=1)
    assert (answer.loaded, answer.cpu_s < GENEROUS_S) == (["httpx"], True)


def test_help_names_the_objects_that_there_are() -> None:
    (option,) = (one for one in command_named("score").params if "--objects" in one.opts)
    assert option.help.rstrip(".").endswith(f"all, or any of {', '.join(FURTHER_OBJECTS)}")


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
