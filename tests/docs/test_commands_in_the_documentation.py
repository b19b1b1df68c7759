"""Every `tilscope ...` that a page shows is a command that there is, with options that it has; every `make ...` a target."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from tilscope.service.cli import app

ROOT = Path(__file__).resolve().parents[2]
#: All but the changes, which tell of what has been.
PAGES = sorted(
    page
    for pages in (ROOT.glob("*.md"), (ROOT / "docs").rglob("*.md"), (ROOT / "orthanc").glob("*.md"))
    for page in pages
    if page.name != "CHANGELOG.md"
)
#: What ends a command in a line: a comment, a pipe, another command; an ellipsis stands for what does not matter.
_END = re.compile(r"\s#\s.*|\s&&.*|\s\|\|?\s.*|;.*|\s\.\.\..*")


def shown(page: Path, program: str) -> Iterator[str]:
    """The commands of a page: lines of its blocks of code, and what stands in backticks."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in re.findall(rf"(?:^|\s(?:do|&&)\s)\s*({program} [a-z-].*)$|`({program} [^`]+)`", text, re.MULTILINE):
        yield _END.sub("", "".join(line)).strip()


def options_of(command: Any) -> set[str]:
    return {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}


def fault_of(line: str) -> str:
    """What is wrong with a command line; '' if nothing is."""
    words = shlex.split(line)[1:]
    command: Any = typer.main.get_command(app)
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        word = words.pop(0)
        if word == "COMMAND":
            return ""
        if word not in command.commands:
            return f"there is no command {word}"
        command = command.commands[word]
    unknown = {word.split("=")[0] for word in words if word.startswith("--")} - options_of(command)
    return f"there is no option {', '.join(sorted(unknown))}" if unknown else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_commands_of_a_page_are_commands(page: Path) -> None:
    faults = {line: fault_of(line) for line in shown(page, "tilscope")}
    assert {line: fault for line, fault in faults.items() if fault} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_targets_of_a_page_are_targets(page: Path) -> None:
    there = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    asked = {word for line in shown(page, "make") for word in line.split()[1:] if re.fullmatch(r"[a-z-]+", word)}
    assert {word for word in asked if not word.startswith("-")} <= there


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("tilscope score FOLDER --out OUT", ""),
        ("tilscope scor FOLDER", "there is no command scor"),
        ("tilscope models install FOLDER --date DIRECTORY", "there is no option --date"),
    ],
)
def test_a_wrong_command_is_noticed(line: str, fault: str) -> None:
    assert fault_of(line) == fault


def test_commands_are_found_in_blocks_and_in_sentences() -> None:
    page = ROOT / "docs" / "tutorials" / "researcher.md"
    lines = list(shown(page, "tilscope"))
    assert "tilscope inspect cohort/patient-1/dicom" in lines
    assert "tilscope phantom --list" in lines
