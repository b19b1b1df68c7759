"""Following one patient's lesions through her examinations, from Python."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from tilscope.models.followup import FollowUp
from tilscope.models.followup import follow as follow_exams
from tilscope.models.settings import PipelineSettings
from tilscope.scoring import Progress
from tilscope.service.scoring.exam_in_folder import exam_in


def follow(
    folders: Sequence[str | PathLike[str]],
    *,
    one_patient: bool = False,
    settings: PipelineSettings | None = None,
    progress: Progress | None = None,
) -> FollowUp:
    """Follow one patient's lesions through several dates: which is which, and what has changed.

    Nothing is written.

    Parameters
    ----------
    folders : sequence of str or path
        One for each date: what `Result.save` or ``tilscope score`` has written, or a study's images, which are scored. In any
        order.
    one_patient : bool
        Whether you know that studies with different patient IDs are of one patient.
    settings : PipelineSettings, optional
        For images.
    progress : callable, optional
        Called for each study that is scored with the stage that begins (str) and the fraction that is done (float, 0 to 1).

    Returns
    -------
    FollowUp
        Every lesion with its fate and its changes at each date; what cannot be matched stands apart. ``as_json()`` gives plain
        values.

    Raises
    ------
    BadInput
        ``different-patients``: the patient IDs differ. Or a folder holds no study, or one without a date.

    Examples
    --------
    >>> import tempfile, tilscope
    >>> from pathlib import Path
    >>> from tilscope.phantom.therapy import under_therapy
    >>> folder = Path(tempfile.mkdtemp())
    >>> for number, date in enumerate(under_therapy(7001, "concentric").dates[:2]):
    ...     study = tilscope.phantom.make_study(date.spec)
    ...     files = tilscope.phantom.write_study(study, folder / str(number), companions=False)
    >>> (lesion,) = tilscope.follow([folder / "0", folder / "1"]).lesions
    >>> [visit.fate.value for visit in lesion.visits]
    ['found', 'matched']
    """
    chosen = settings or PipelineSettings()
    exams = [exam_in(Path(folder), chosen, progress or _unreported) for folder in folders]
    return follow_exams(exams, one_patient)


def _unreported(stage: str, fraction: float) -> None:
    """Progress that the caller does not ask for."""
