"""How well a model or a signature does on a cohort that it has not seen, from Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from tilscope.models.settings import PipelineSettings
from tilscope.service.extras import naming_extras
from tilscope.table_files import Table, files_of

if TYPE_CHECKING:
    from tilscope.service.research.evaluation.plan import EvaluationPlan
    from tilscope.service.research.evaluation.report import EvaluationReport


def evaluate(
    model: str | PathLike[str],
    cohort: Table,
    outcomes: Table,
    plan: EvaluationPlan | None = None,
    *,
    against: Sequence[str] = (),
    report: str | PathLike[str] | None = None,
    settings: PipelineSettings | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> EvaluationReport:
    """Evaluate a model or a signature on studies whose outcome is known.

    Parameters
    ----------
    model : str or path
        The folder of a trained model, a signature as in ``wu2018``, or a column of the cohort's table.
    cohort : path or pyarrow.Table
        What `features`, ``tilscope features`` or ``tilscope cohort`` has made.
    outcomes : path or pyarrow.Table
        ``study_uid`` or ``patient_id`` with labels, follow-up, and whatever else is compared.
    plan : EvaluationPlan, optional
        Which columns mean what, and what is asked; classes in the column ``label`` where left out.
    against : several str
        Further models, signatures or columns to compare with.
    report : str or path, optional
        A folder for report.html, report.pdf, numbers.csv and checklist.csv.
    settings : PipelineSettings, optional
        Those that the features were computed under.
    progress : callable, optional
        Called with how many sections are done (int), and of how many (int).

    Returns
    -------
    EvaluationReport
        ``sections`` with their sentences, and ``numbers``: each with its interval, P, and the studies that it rests on.

    Raises
    ------
    BadInput
        A table is not what it should be, or of other patients; a class is empty; no study has a score.

    Examples
    --------
    >>> import pyarrow, tilscope
    >>> studies = [f"1.2.{n}" for n in range(40)]
    >>> scores = pyarrow.table({"study_uid": studies, "mine": [n / 40 for n in range(40)]})
    >>> outcomes = pyarrow.table({"study_uid": studies, "label": [int(n in (3, 8) or n > 20) for n in range(40)]})
    >>> found = tilscope.evaluate("mine", scores, outcomes, tilscope.EvaluationPlan(draws=100))
    >>> next(round(one.value, 2) for one in found.numbers if one.quantity == "AUC")
    0.93
    """
    with naming_extras():
        from tilscope.service.research.evaluation.evaluate import evaluate as evaluated
        from tilscope.service.research.evaluation.evaluate import read_cohort
        from tilscope.service.research.evaluation.plan import EvaluationPlan
        from tilscope.service.research.evaluation.write_report import write_report

        asked, names = plan or EvaluationPlan(), (fspath(model), *against)
        with files_of(cohort=cohort, outcomes=outcomes) as files:
            known = read_cohort(names, files["cohort"], files["outcomes"], asked, settings or PipelineSettings())
        found = evaluated(known, asked, progress or (lambda done, total: None))
        if report is not None:
            write_report(found, Path(report))
    return found
