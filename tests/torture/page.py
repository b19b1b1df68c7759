"""docs/torture.md: what was done to the service, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from torture.figures import Figures
from torture.plan import Plan

_ABOUT = {
    "kills": "`kill -9` aimed at a worker, at the service and at Orthanc, in every stage of a run. Each study must end with "
    "exactly one set of results, and the ledger whole.",
    "hostile studies": "Damaged headers, pixels and files, through Orthanc. Each study must end in an answer, and the "
    "service must be the process that it was.",
    "hostile requests": "Every route with methods, paths, headers and bodies that nobody means well with, one in ten without "
    "a password. No fault of the server, and nothing without a password.",
    "arrivals": "Studies that arrive faster than they can be scored. First come, first scored; the list answers; memory "
    "stays flat.",
    "outage": "The archive is away in every stage of a run, in every way. The study is scored once, and no attempt of it is "
    "used up.",
}


def page_of(size: str, plan: Plan, found: Sequence[Figures]) -> str:
    lines = [
        "# Torture",
        "",
        "What was done to a real Orthanc with the plugin and its service, and what became of it. Written by "
        f"`make torture` (size: {size}, seed {plan.seed}); the same run, small, is part of `make test`.",
        "",
        "| Part | Seconds | Wrong |",
        "|---|---:|---:|",
        *(f"| {figures.name} | {figures.seconds:.0f} | {len(figures.wrong)} |" for figures in found),
    ]
    for figures in found:
        lines += ["", f"## {figures.name.capitalize()}", "", _ABOUT[figures.name], "", "| What | |", "|---|---:|"]
        lines += [f"| {what} | {number} |" for what, number in figures.done.items()]
        lines += ["", *(f"- **Wrong**: {sentence}." for sentence in figures.wrong)] if figures.wrong else []
    return "\n".join(lines) + "\n"
