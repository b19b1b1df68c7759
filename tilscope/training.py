"""A model of one's own, from Python: trained as its signature's paper did it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from tilscope.models.settings import PipelineSettings
from tilscope.service.extras import naming_extras
from tilscope.table_files import Table, files_of

if TYPE_CHECKING:
    from tilscope.service.research.training.recipes import TrainingPlans
    from tilscope.service.site.model_manifest import TestedOn


@dataclass(frozen=True)
class TrainedModel:
    """What a training has written, and how well it does."""

    folder: Path
    """For `evaluate`, and for ``tilscope models install``."""
    name: str
    features: tuple[str, ...]
    """Ids of the measurements that it takes."""
    tested: TestedOn | None
    """``statistic`` (AUC or r), ``value``, ``low``, ``high`` on studies that it had not seen; ``may_be_chance``."""
    card: str
    """Markdown: trained on whom, how, how well it did, and where that is not what the paper did."""
    studies: int
    patients: int
    left_out: Mapping[str, int]
    """Why studies and features do not count, and how many."""


def train(
    signature: str,
    features: Table,
    labels: Table,
    out: str | PathLike[str],
    *,
    label_column: str = "label",
    first_class_from: float | None = None,
    repeatable: str | PathLike[str] | None = None,
    plans: TrainingPlans | None = None,
    name: str = "",
    version: str = "1",
    about: str = "",
    settings: PipelineSettings | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> TrainedModel:
    """Train a model of a signature as its paper did, and test it on studies that it has not seen.

    Parameters
    ----------
    signature : str
        As in ``wu2018``.
    features : path or pyarrow.Table
        What `features`, or ``tilscope features``, has made.
    labels : path or pyarrow.Table
        ``study_uid`` or ``patient_id``, the label, and what else a paper's way takes (``CYT``). A label is 1 or 0, or the class
        in the signature's own words; of wu2018 the percentage of stromal TILs.
    out : str or path
        The model's folder: the model, its card, and its predictions of the studies left out.
    label_column : str
        Which column the label is.
    first_class_from : float, optional
        Labels are numbers, and from this one on a study is of the first class.
    repeatable : str or path, optional
        Features that may be taken: one a line, or a table with ``feature`` and ``usable``.
    plans : TrainingPlans, optional
        How: repeats, folds, trees, generations, seed; as the papers had them where left out.
    name, version, about : str
        How the model is called on every report, and for its card whose studies these are.
    settings : PipelineSettings, optional
        Those that the features were computed under.
    workers : int
        Processes; more than one need a main guard in a script.
    progress : callable, optional
        Called with how many pieces are done (int), and of how many (int).

    Returns
    -------
    TrainedModel
        Equal tables and plans give equal models.

    Raises
    ------
    Refused
        Too few studies, patients or members of a class; or nothing was found that a model could take.
    BadInput
        A table is not what it should be, or of other studies.

    Examples
    --------
    >>> import pyarrow, tempfile, tilscope
    >>> studies = [f"1.2.{n}" for n in range(20)]
    >>> features = pyarrow.table({"study_uid": studies, "wu2018/M1": [float(n) for n in range(20)]})
    >>> labels = pyarrow.table({"study_uid": studies, "label": [2.0 * n for n in range(20)]})
    >>> try:
    ...     tilscope.train("wu2018", features, labels, tempfile.mkdtemp())
    ... except tilscope.Refused as reason:
    ...     print(reason.code)
    training-too-few
    """
    with naming_extras():
        from tilscope.models.signatures.registry import signature_named
        from tilscope.service.research.training.input_tables import read_table
        from tilscope.service.research.training.label_table import LabelChoice
        from tilscope.service.research.training.recipes import Naming, TrainingPlans, train_and_write
        from tilscope.service.research.training.units import Workplace

        meant, pipeline = signature_named(signature), settings or PipelineSettings()
        choice = LabelChoice(label_column, first_class_from)
        listed = None if repeatable is None else Path(repeatable)
        with files_of(features=features, labels=labels) as files:
            table = read_table(files["features"], files["labels"], meant, pipeline, choice, listed)
        place = Workplace(workers, tick=progress or (lambda done, total: None))
        naming = Naming(name or f"{signature}-own", version, about)
        made = train_and_write(Path(out), meant, pipeline, table, plans or TrainingPlans(), place, naming)
    return TrainedModel(
        Path(out), f"{made.name} {made.version}", made.features, made.tested, made.card,
        len(table.labels), table.patients_counted, dict(table.left_out),
    )  # fmt: skip
