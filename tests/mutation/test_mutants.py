"""The faults that `make mutants` makes are faults: the file still parses, and reads otherwise in one place."""

from __future__ import annotations

import ast

import pytest
from mutation.mutants import mutants_of, program_of, sample
from mutation.page import page_of
from test_the_house import ROOT, sources

SOURCE = b'''
"""Not 1 of these + words."""
LIMIT = 0.5

class Gate:
    low: int = 3

    def passes(self, value: float | None, on: bool = True) -> bool:
        """2 < 3."""
        if value is None or not on:
            raise ValueError(f"{1 + 1}")
        return -value < max(self.low, LIMIT) and value + 1 > 0
'''


def test_operators_numbers_and_comparisons_change_and_words_do_not() -> None:
    found = {(m.owner, m.before.strip(), m.after) for m in mutants_of("gate.py", SOURCE)}
    assert found == {
        ("", "0.5", "0.75"), ("", "3", "4"), ("", "True", "False"),
        ("Gate.passes", "is", "is not"), ("Gate.passes", "or", "and"), ("Gate.passes", "not", ""),
        ("Gate.passes", "-", ""), ("Gate.passes", "<", "<="), ("Gate.passes", "max", "min"),
        ("Gate.passes", "and", "or"), ("Gate.passes", "+", "-"), ("Gate.passes", "1", "2"),
        ("Gate.passes", ">", ">="), ("Gate.passes", "0", "1"),
    }  # fmt: skip


@pytest.mark.parametrize("path", [p.relative_to(ROOT).as_posix() for p in sources("models/preparation")])
def test_a_file_with_a_fault_is_a_program_still(path: str) -> None:
    source = (ROOT / path).read_bytes()
    for mutant in mutants_of(path, source):
        changed = mutant.applied(source)
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(source)), mutant


def test_words_are_no_part_of_the_program() -> None:
    more = SOURCE.replace(b"    low: int = 3\n", b'    low: int = 3\n    """Of them."""\n').replace(
        b"2 < 3.", b"4 < 5."
    )
    assert program_of(more) == program_of(SOURCE) != program_of(SOURCE.replace(b"= 3", b"= 4"))


def test_the_same_seed_draws_the_same_sample() -> None:
    files = ["models/kinetics/ftv.py", "models/imaging/sides.py"]
    drawn = list(sample(ROOT, files, 3, 1))
    assert drawn == list(sample(ROOT, files, 3, 1)) != list(sample(ROOT, files, 3, 2))
    assert [m.path for m in drawn] == [files[0]] * 3 + [files[1]] * 3


def test_the_page_counts_what_was_seen_and_lists_what_was_not() -> None:
    (one, *_) = mutants_of("models/imaging/gate.py", SOURCE)
    outcomes = [{"mutant": vars(one), "outcome": outcome, "tests": 1} for outcome in ("seen", "endless", "survived")]
    page = page_of(outcomes, "all of it", 20)
    assert "**67 % of 3 faults were seen.**" in page
    assert page.count("| models/imaging/gate.py | (the module) | `0.5` becomes `0.75` | `LIMIT = 0.5` |") == 1
