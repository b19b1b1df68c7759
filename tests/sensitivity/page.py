"""docs/feature-sensitivity.md, from the figures that lie beside each signature."""

from __future__ import annotations

from collections.abc import Sequence

from sensitivity.changes import CHANGES

from tilscope.models.signatures.base import Signature
from tilscope.models.signatures.registry import built_in_plugins
from tilscope.models.signatures.sensitivity import MOST_OF_IDENTICAL, MOST_OF_SMALL, sensitivity_of

_ABOUT = """# How much features change where they should not

Made by `make sensitivity`. Each case's lesion was changed as below, bias field, breast and glands were found anew, and every
feature was computed again; the outline of the lesion is the truth (phantoms), the trial's (UCSF-BR-06) or an eye's
(TCGA-AO-A03M), and moves with the patient. Phases were not registered. Cases: {cases}.

| column | what was done |
|---|---|
{columns}

A figure is the difference over the larger of both values in percent, as *median (greatest)* over the cases that have the
feature; 200 % is a change of sign. A feature is **fragile**

- if identical content (the first {identical} columns) changes it by more than {of_identical:g} % in any case, or
- if a small change (the other columns) changes it by more than {of_small:g} % in half of the cases.

Reports and pages mark fragile features with the worst of these figures. Qian's paper names no normalisation, so its features are
in the scanner's own units: with half the signal they are others, by definition. In the other papers intensities are normalised.
"""


def page_of(cases: Sequence[str]) -> str:
    """A table for each signature."""
    told = _ABOUT.format(
        cases=", ".join(cases),
        columns="\n".join(f"| {id} | {change.words} |" for id, change in CHANGES.items()),
        identical=sum(change.identical for change in CHANGES.values()),
        of_identical=MOST_OF_IDENTICAL,
        of_small=MOST_OF_SMALL,
    )
    sensitivity_of.cache_clear()
    return told + "".join(_table(plugin.signature) for plugin in built_in_plugins())


def _table(signature: Signature) -> str:
    known = sensitivity_of(signature.id)
    head = f"\n## {signature.title}\n\n| feature | {' | '.join(CHANGES)} | |\n|---|{'---|' * len(CHANGES)}---|\n"
    return head + "".join(
        f"| `{feature}` | {' | '.join(_cell(figures.get(id)) for id in CHANGES)} | {_mark(known.why_fragile(feature))} |\n"
        for feature, figures in known.features.items()
    )


def _cell(figures: tuple[float, float] | None) -> str:
    return "" if figures is None else f"{figures[0]:g} ({figures[1]:g})"


def _mark(why: str) -> str:
    return "**fragile**" if why else ""
