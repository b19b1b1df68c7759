"""Small faults that a program could have: one operator, number or comparison of a file changed.

Left alone is what changes no result, or nothing that a test of results can see: annotations, decorators, sentences,
what is raised, and keywords such as `strict` that only guard.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

_OPERATORS: dict[type[ast.AST], tuple[bytes, bytes]] = {
    ast.Add: (b"+", b"-"), ast.Sub: (b"-", b"+"), ast.Mult: (b"*", b"/"), ast.Div: (b"/", b"*"),
    ast.FloorDiv: (b"//", b"*"), ast.Mod: (b"%", b"+"), ast.Pow: (b"**", b"*"), ast.MatMult: (b"@", b"*"),
    ast.BitAnd: (b"&", b"|"), ast.BitOr: (b"|", b"&"), ast.And: (b"and", b"or"), ast.Or: (b"or", b"and"),
    ast.Lt: (b"<", b"<="), ast.LtE: (b"<=", b"<"), ast.Gt: (b">", b">="), ast.GtE: (b">=", b">"),
    ast.Eq: (b"==", b"!="), ast.NotEq: (b"!=", b"=="), ast.Is: (b"is", b"is not"), ast.IsNot: (b"is not", b"is"),
    ast.In: (b"in", b"not in"), ast.NotIn: (b"not in", b"in"),
}  # fmt: skip
_OTHER_FUNCTION = {
    "min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "floor": "ceil", "ceil": "floor",
    "any": "all", "all": "any", "argmin": "argmax", "argmax": "argmin",
}  # fmt: skip
_ONLY_GUARDS = {"strict", "dtype", "max_workers", "isVector", "squaredDistance", "encoding"}


@dataclass(frozen=True)
class Mutant:
    """One fault: the bytes `start` to `end` of a file read otherwise."""

    path: str
    number: int
    """Of the faults of its file, in the order of the text: a docstring more does not change it."""
    owner: str
    """The function that holds it, as `Class.method`; '' for what stands in the module itself."""
    start: int
    end: int
    before: str
    after: str
    line: str

    def applied(self, source: bytes) -> bytes:
        return source[: self.start] + self.after.encode() + source[self.end :]


def mutants_of(path: str, source: bytes) -> list[Mutant]:
    """Every fault that this file could have, in the order of the text."""
    finder = _Finder(path, source)
    finder.visit(ast.parse(source))
    found = sorted(finder.found, key=lambda mutant: (mutant.start, mutant.end, mutant.after))
    return [replace(mutant, number=number) for number, mutant in enumerate(found)]


def program_of(source: bytes) -> str:
    """A file without its docstrings and comments: what its faults depend on."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            node.body = [one for one in node.body if not _is_words(one)]
    return ast.dump(tree)


def _is_words(statement: ast.stmt) -> bool:
    """A docstring, or what stands below a field to say what it is."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def sample(root: Path, files: Sequence[str], a_file: int, seed: int) -> Iterator[Mutant]:
    """At most so many faults of each file, the same for the same seed and the same file."""
    for path in files:
        found = mutants_of(path, (root / path).read_bytes())
        yield from random.Random(f"{seed} {path}").sample(found, min(a_file, len(found)))


class _Finder(ast.NodeVisitor):
    def __init__(self, path: str, source: bytes) -> None:
        self.found: list[Mutant] = []
        self._path, self._source = path, source
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._owner: list[str] = []
        self._in_function = False

    def _add(self, start: int, end: int, after: bytes) -> None:
        before = self._source[start:end]
        first = self._source.rfind(b"\n", 0, start) + 1
        line = self._source[first : self._source.find(b"\n", end)].decode().strip()
        owner = ".".join(self._owner) if self._in_function else ""
        self.found.append(Mutant(self._path, 0, owner, start, end, before.decode(), after.decode(), line))

    def _span(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._starts[node.lineno - 1] + node.col_offset, self._starts[node.end_lineno - 1] + node.end_col_offset

    def _between(self, left: ast.expr, right: ast.expr, operator: ast.AST) -> None:
        token, other = _OPERATORS.get(type(operator), (b"", b""))
        at = self._source.find(token, self._span(left)[1], self._span(right)[0]) if token else -1
        if at >= 0:
            self._add(at, at + len(token), other)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._owner.append(node.name)
        for one in node.body:
            self.visit(one)
        self._owner.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Functions within functions belong to the outer one."""
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        outermost = not self._in_function
        if outermost:
            self._owner.append(node.name)
            self._in_function = True
        for one in node.body:
            self.visit(one)
        if outermost:
            self._owner.pop()
            self._in_function = False

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in _ONLY_GUARDS:
            self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        """What is said is no result."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """A sentence."""

    def visit_Assert(self, node: ast.Assert) -> None:
        """A guard."""

    def visit_Compare(self, node: ast.Compare) -> None:
        for left, operator, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            self._between(left, right, operator)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        of_types = isinstance(node.op, ast.BitOr) and not self._in_function
        if not of_types:
            self._between(node.left, node.right, node.op)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self._between(node.values[0], node.values[1], node.op)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._between(node.target, node.value, node.op)
        self.visit(node.value)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if not isinstance(node.op, ast.UAdd):
            self._add(self._span(node)[0], self._span(node.operand)[0], b"")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        start, end = self._span(node)
        if isinstance(node.value, bool):
            self._add(start, end, str(not node.value).encode())
        elif isinstance(node.value, int):
            self._add(start, end, str(node.value + 1).encode())
        elif isinstance(node.value, float):
            self._add(start, end, str(node.value * 1.5 or 1.0).encode())

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in _OTHER_FUNCTION:
            end = self._span(node.func)[1]
            self._add(end - len(name), end, _OTHER_FUNCTION[name].encode())
        self.generic_visit(node)
