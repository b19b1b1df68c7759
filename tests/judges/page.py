"""docs/judges.md: every number of ours that R was asked about, with its answer."""

from __future__ import annotations

from judges import Comparison, comparisons_of, recorded, subjects

HEAD = """# What R says of our statistics

The papers' authors worked in R. Its packages are asked the same questions about the same data; what they answered is kept
in `tests/judges/`, and ordinary tests compare our numbers with it, so that R need not be installed. Tolerances are absolute
and were fixed beforehand. `make judges` asks R anew and writes this page.
"""


def page() -> str:
    sections = [_section(subject) for subject in subjects()]
    return "\n".join([HEAD, *sections])


def _section(subject: str) -> str:
    answered = recorded(subject)
    packages = ", ".join(f"{name} {version}" for name, version in answered["packages"].items())
    rows = comparisons_of(subject)
    agree = sum(row.agrees for row in rows)
    lines = [
        f"## {subject.replace('_', ' ').capitalize()}\n",
        f"R {answered['R']} with {packages}: {agree} of {len(rows)} agree.\n",
        "| statistic | ours | R's | tolerance | judge | agrees |",
        "|---|---|---|---|---|---|",
        *(_line(row) for row in rows),
        "",
    ]
    return "\n".join(lines)


def _line(row: Comparison) -> str:
    verdict = "yes" if row.agrees else f"no: {row.differs_because or 'unexplained'}"
    return f"| {row.statistic} | {row.ours:.7g} | {row.theirs:.7g} | {row.tolerance:g} | {row.by} | {verdict} |"
