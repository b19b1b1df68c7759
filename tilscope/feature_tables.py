"""The papers' complete feature sets of a cohort, as one table."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from tilscope.models.refusals import BadInput
from tilscope.models.settings import PipelineSettings
from tilscope.service.archive_place import ArchivePlace
from tilscope.service.extras import naming_extras
from tilscope.service.research.extraction.checkpoints import Checkpoints
from tilscope.service.research.extraction.extract_cohort import CohortProgress, extract_cohort
from tilscope.service.research.extraction.extract_study import StudyAt
from tilscope.service.research.extraction.feature_table import FeatureRows, table_of
from tilscope.service.research.extraction.find_studies import find_studies
from tilscope.service.research.extraction.request import ExtractionRequest, sets_named
from tilscope.service.research.extraction.worker_pool_settings import WorkerPoolSettings

if TYPE_CHECKING:
    import pyarrow


def features(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]],
    sets: str | Iterable[str] = "all",
    *,
    about: str | PathLike[str] = "",
    boxes: str | PathLike[str] = "",
    settings: PipelineSettings | None = None,
    workers: int = 1,
    checkpoints: str | PathLike[str] | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> pyarrow.Table:
    """Measure a cohort's complete feature sets, as the papers had them, for training.

    Studies are prepared and segmented as they are scored; lesions that a person has drawn in a study count before the
    automatic ones. A study that is refused, or fails, is a row with its reason.

    Parameters
    ----------
    paths : str, path, or several
        Folders with one study or many, DICOM or NIfTI, at any depth; addresses of archives as `open_archive` takes them.
    sets : str or several
        Names of signatures, as in ``su2022``; ``all`` takes every set.
    about : str or path, optional
        Of NIfTI volumes: a JSON or CSV file with the times of their phases, where none lies beside them.
    boxes : str or path, optional
        Boxes around the tumours by patient, as Duke's ``Annotation_Boxes.xlsx``: lesions are searched in them.
    settings : PipelineSettings, optional
        Of preparation, segmentation and the rest.
    workers : int
        Processes that take one study each. One works in this process; more need ``pip install "tilscope[research]"``, and
        in a script a main guard (``if __name__ == "__main__":``), as every program does that starts processes.
    checkpoints : str or path, optional
        A folder that keeps finished studies, so that a run that was interrupted goes on where it was.
    progress : callable, optional
        Called with what goes on (str) and the fraction of the studies that is done (float, 0 to 1).

    Returns
    -------
    pyarrow.Table
        A row for each dynamic series: who and what it is, its ``state`` (measured, refused, failed) with the ``reason``, and a
        column for each feature (float64; null where it cannot be had, which ``missing`` explains). ``to_pandas()`` makes a
        DataFrame of it; the schema's metadata hold its provenance.

    Raises
    ------
    BadInput
        A folder does not exist or holds no DICOM file, a set is unknown, or a study was found in two places.

    Examples
    --------
    >>> import tempfile, tilscope
    >>> folder = tempfile.mkdtemp()
    >>> small = tilscope.phantom.PhantomSpec.small()
    >>> files = tilscope.phantom.write_study(tilscope.phantom.make_study(small), folder)
    >>> table = tilscope.features(folder, "wu2018")
    >>> table["state"].to_pylist(), table["lesions"].to_pylist()
    (['measured'], [1])
    """
    wanted = sets_named([sets] if isinstance(sets, str) else sets)
    request = ExtractionRequest(wanted, settings or PipelineSettings(), boxes_file=fspath(boxes))
    places = [paths] if isinstance(paths, str | PathLike) else list(paths)
    with _checkpoints_in(checkpoints) as finished, naming_extras():
        studies = list(_all_studies(places, fspath(about)))
        extracted = extract_cohort(studies, request, finished, WorkerPoolSettings(workers=workers), _reporter(progress))
        rows = FeatureRows.of(extracted, finished, request)
    return table_of(rows, request, request.provenance(datetime.now(UTC)))


def _all_studies(places: Iterable[str | PathLike[str]], about: str) -> Iterator[StudyAt]:
    where: dict[str, str] = {}
    for place in (fspath(one) for one in places):
        studies, unreadable = find_studies(ArchivePlace(place, about=about))
        for path in unreadable:
            warnings.warn(f"left out, since it cannot be read as DICOM: {path}", stacklevel=3)
        for study in studies:
            if (first := where.setdefault(study.study_uid, place)) != place:
                raise BadInput("study-twice", study=study.study_uid, first=first, second=place)
            yield study


@contextmanager
def _checkpoints_in(folder: str | PathLike[str] | None) -> Iterator[Checkpoints]:
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="tilscope-") as name:
            yield Checkpoints(Path(name))
        return
    Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    yield Checkpoints(Path(folder))


def _reporter(progress: Callable[[str, float], None] | None) -> Callable[[CohortProgress], None]:
    if progress is None:
        return lambda cohort: None
    return lambda cohort: progress(cohort.doing, cohort.done / cohort.total)
