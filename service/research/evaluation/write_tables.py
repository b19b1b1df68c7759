"""Every number, and the checklist, as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np

from tilscope.service.research.evaluation.report import EvaluationReport, Number
from tilscope.service.site.atomic_files import write_durably


def write_numbers(report: EvaluationReport, path: Path) -> None:
    """One row a number, all digits; an empty cell is a number that there is not."""
    rows = [[section.key, *map(_cell, astuple(number))] for section in report.sections for number in section.numbers]
    _write(path, ["section", *(field.name for field in fields(Number))], rows)


def write_checklist(report: EvaluationReport, path: Path) -> None:
    rows = [[row.guideline, row.item, row.asks, row.state, row.answer] for row in report.checklist]
    _write(path, ["guideline", "item", "asks", "state", "answer"], rows)


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return repr(float(value)) if isinstance(value, float) else str(value)


def _write(path: Path, titles: list[str], rows: list[list[str]]) -> None:
    held = io.StringIO(newline="")
    csv.writer(held).writerows([titles, *rows])
    write_durably(path, held.getvalue().encode())
