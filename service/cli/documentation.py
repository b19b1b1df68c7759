"""The reference of the command line, from the commands themselves, for docs/reference/cli.md.

`python -m tilscope.service.cli.documentation > docs/reference/cli.md`; a test holds the two together.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from tilscope.service.cli import app
from tilscope.service.cli.lazy_commands import whole_program

_HEAD = """# Command line

Written by `python -m tilscope.service.cli.documentation > docs/reference/cli.md`; a test holds it to the program.
`tilscope COMMAND --help` says the same in a terminal. `--json` prints the answer as JSON on stdout, and nothing else.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | a fault: worth trying again, or reporting |
| 2 | wrong usage |
| 3 | refused: the study was understood, and a rule says no (the sentence says which) |
| 4 | bad input: no usable study was given (no such folder, a broken file) |
| 5 | a reader must decide: candidates were written, and no score |
| 130 | interrupted |
"""


def command_line() -> str:
    """`docs/reference/cli.md`, whole."""
    root = whole_program(app)
    return "\n".join([_HEAD, *(_section(path, command) for path, command in _commands("tilscope", root))])


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with the words that call it."""
    for name, inner in getattr(command, "commands", {}).items():
        if hasattr(inner, "commands"):
            yield from _commands(f"{path} {name}", inner)
        else:
            yield f"{path} {name}", inner


def _section(path: str, command: Any) -> str:
    shown = [one for one in command.params if one.name != "help" and not getattr(one, "hidden", False)]
    arguments = [one for one in shown if one.param_type_name == "argument"]
    usage = " ".join([path, *(_argument(one) for one in arguments), "[OPTIONS]"])
    rows = [f"| {_name(one)} | {_default(one)} | {_cell(one.help or '')} |" for one in shown]
    table = ["| | default | meaning |", "|---|---|---|", *rows] if rows else []
    return "\n".join([f"## {path}", "", f"`{usage}`", "", _text(command.help or ""), "", *table, ""])


def _argument(one: Any) -> str:
    return _word(one) if one.required else f"[{_word(one)}]"


def _word(one: Any) -> str:
    return str(one.metavar or one.name.upper())


def _name(one: Any) -> str:
    if one.param_type_name == "argument":
        return f"`{_word(one)}`"
    names = ", ".join(f"`{name}`" for name in (*one.opts, *one.secondary_opts))
    return names if one.is_flag else f"{names} …"


def _default(one: Any) -> str:
    if one.required:
        return "needed"
    if isinstance(one.default, (str, int, float)) and one.default not in ("", False):
        return f"`{one.default}`"
    return f"{one.envvar} of the environment" if one.envvar else ""


def _text(words: str) -> str:
    """A help text as Markdown: without the terminal's markup."""
    return re.sub(r"\[/?bold\]", "", inspect.cleandoc(words.replace("\b", "")))


def _cell(words: str) -> str:
    return " ".join(_text(words).split()).replace("|", r"\|")


if __name__ == "__main__":
    print(command_line(), end="")
