"""A figure of every feature's agreement as a file: vector, and readable in grey."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tilscope.models.refusals import BadInput
from tilscope.service.research.figures.agreement import (
    AgreementRow,
    draw_agreement,
    draw_agreement_curves,
    height_of_agreement,
)
from tilscope.service.research.figures.style import Canvas, Draw, as_pdf, as_svg
from tilscope.service.research.repeatability.repeatable import FeatureAgreement, Rule
from tilscope.service.research.statistics.estimate import Estimate
from tilscope.service.site.atomic_files import write_durably

SUFFIXES = (".pdf", ".svg")
#: Beyond so many, names would lie on each other, and each set is a curve instead.
MOST_NAMED = 60
_WIDTH, _HEIGHT_OF_CURVES = 6.5, 4.5


def check_plot_name(path: Path) -> None:
    if path.suffix not in SUFFIXES:
        raise BadInput("unusable-plot", path=path, suffixes=" or ".join(SUFFIXES))


def write_plot(path: Path, found: Sequence[FeatureAgreement], rule: Rule, about: str) -> None:
    """Named rows with intervals where features are few, else the features of each set from the best to the worst."""
    rows = [
        AgreementRow(one.feature, rule.form.of(one.agreement), one.usable) for one in found if one.agreement is not None
    ]
    draw: Draw
    if len(rows) <= MOST_NAMED:
        draw, height = partial(draw_agreement, rows=rows, threshold=rule.threshold), height_of_agreement(len(rows))
    else:
        draw, height = partial(draw_agreement_curves, sets=_by_set(rows), threshold=rule.threshold), _HEIGHT_OF_CURVES

    def titled(canvas: Canvas) -> None:
        draw(canvas)
        canvas.suptitle(f"{rule.words}\n{about}", fontsize=8, x=0.01, ha="left")

    if path.suffix == ".pdf":
        write_durably(path, as_pdf(titled, _WIDTH, height + 0.4))
    else:
        write_durably(path, as_svg(titled, _WIDTH, height + 0.4).encode())


def _by_set(rows: Sequence[AgreementRow]) -> dict[str, list[Estimate]]:
    """A feature's name begins with its set's."""
    found: dict[str, list[Estimate]] = defaultdict(list)
    for row in rows:
        found[row.name.partition("/")[0]].append(row.estimate)
    return found
