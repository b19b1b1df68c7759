"""docs/reproduction.md: every number of the five papers that this program can reach, with ours beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from papers import numbers_of_fan2023, numbers_of_han2024, numbers_of_qian2024, numbers_of_su2022, numbers_of_wu2018
from papers.printed_number import NOT_REPRODUCED, REPRODUCED, UNKNOWN, PrintedNumber

PAPERS: dict[str, Callable[[], list[PrintedNumber]]] = {
    "Wu 2018": numbers_of_wu2018.numbers,
    "Su 2022": numbers_of_su2022.numbers,
    "Qian 2024": numbers_of_qian2024.numbers,
    "Fan 2023": numbers_of_fan2023.numbers,
    "Han 2024": numbers_of_han2024.numbers,
}

HEAD = """# The papers' numbers, done again

Made by `make reproduction`. Every number of the five papers that this program can reach stands beside ours, which a run has
computed: counts and settings are asked of the code that scores and trains, coefficients are what one standard deviation adds to a
score, and what a paper prints twice (a rate and an accuracy, a correlation and its interval, a hazard ratio and its P) is computed
from one by our statistics and compared with the other, on patients made to have what is printed.

Tolerances were fixed beforehand, by these rules: none for a count or a setting; half a unit of the last printed digit for any other
number; and where it is computed from printed numbers, what their own rounding can do to it. Other tolerances say why. A row stays
whatever comes out. **Not reproduced** says what follows; often it is that a paper's numbers do not hold together. **Cannot be known
here** says what is missing, and the command that gives the number to those who have it: nothing can be said about an area under the
curve without the patients.
"""


def page(numbers: dict[str, list[PrintedNumber]]) -> str:
    everything = [one for rows in numbers.values() for one in rows]
    return "\n".join([HEAD, f"{_counted(everything)}\n", *(_section(paper, rows) for paper, rows in numbers.items())])


def all_numbers() -> dict[str, list[PrintedNumber]]:
    return {paper: of() for paper, of in PAPERS.items()}


def _counted(rows: list[PrintedNumber]) -> str:
    found = Counter(one.verdict for one in rows)
    parts = ", ".join(f"{found[verdict]} {verdict}" for verdict in (REPRODUCED, NOT_REPRODUCED, UNKNOWN))
    return f"{len(rows)} numbers: {parts}."


def _section(paper: str, rows: list[PrintedNumber]) -> str:
    reached = [one for one in rows if one.ours is not None]
    missing = [one for one in rows if one.ours is None]
    lines = [
        f"## {paper}\n",
        f"{_counted(rows)}\n",
        "| in the paper | number | paper | ours | tolerance | |",
        "|---|---|---|---|---|---|",
        *(_line(one) for one in reached),
        "",
        "Cannot be known here:\n",
        "| in the paper | number | paper | why |",
        "|---|---|---|---|",
        *(f"| {one.where} | {one.what} | {one.printed} | {one.why} |" for one in missing),
        "",
    ]
    return "\n".join(lines)


def _line(one: PrintedNumber) -> str:
    verdict = f"**{one.verdict}**: {one.remark}" if one.verdict == NOT_REPRODUCED else one.verdict
    size = f"{one.tolerance:.2g}: " if one.tolerance else ""
    bound = "a bound" if one.printed.startswith("<") else f"{size}{one.why}"
    return f"| {one.where} | {one.what} | {one.printed} | {one.ours:.6g} | {bound} | {verdict} |"
