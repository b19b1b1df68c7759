"""The report's files, in one folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tilscope.service.research.evaluation.report import EvaluationReport
from tilscope.service.research.evaluation.write_html import write_html
from tilscope.service.research.evaluation.write_pdf import write_pdf
from tilscope.service.research.evaluation.write_tables import write_checklist, write_numbers

WRITERS: dict[str, Callable[[EvaluationReport, Path], None]] = {
    "numbers.csv": write_numbers,
    "checklist.csv": write_checklist,
    "report.html": write_html,
    "report.pdf": write_pdf,
}


def write_report(
    report: EvaluationReport, folder: Path, tick: Callable[[int, int], None] = lambda done, total: None
) -> list[Path]:
    """Files of the same names are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for n, (name, write) in enumerate(WRITERS.items()):
        tick(n, len(WRITERS))
        write(report, folder / name)
    return [folder / name for name in WRITERS]
