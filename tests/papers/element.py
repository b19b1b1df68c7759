"""One element of a paper's study: what does it here, which test proves it, and what is missing."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
#: In the place of a command: what every score does by itself.
SIGNATURE = "signature"


@dataclass(frozen=True)
class Element:
    paper: str
    what: str
    done_by: tuple[str, ...]
    """Commands, or `SIGNATURE`; () where nothing does it."""
    tests: tuple[str, ...]
    """As file::function, from the folder of the tests on."""
    missing: str = ""
    """What is not there of it; '' where all is."""

    @property
    def state(self) -> str:
        if not self.missing:
            return "there"
        return f"partly: {self.missing}" if self.done_by else f"**not there**: {self.missing}"

    @property
    def problems(self) -> list[str]:
        """Why the row may not stand as it is."""
        found = [f"there is no test {test}" for test in self.tests if not _is_a_test(test)]
        if bool(self.done_by) != bool(self.tests):
            found.append("what is done has a test, and what is not has none")
        if not self.done_by and not self.missing:
            found.append("nothing does it, and nothing is said to be missing")
        return found


def _is_a_test(test: str) -> bool:
    file, _, function = test.partition("::")
    return function.startswith("test_") and function in _functions_of(TESTS / file)


@cache
def _functions_of(file: Path) -> frozenset[str]:
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
