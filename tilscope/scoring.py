"""Scoring one study from Python: the pipeline of the service, without a server and without writing to any archive."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from os import PathLike

import SimpleITK as sitk

from tilscope.archives import Place, folder_named, opened, study_in
from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.archives.kept_apart import KeptApart
from tilscope.models.kinetics.ftv import BoxMm
from tilscope.models.lesions.steering import Steering
from tilscope.models.settings import PipelineSettings
from tilscope.results import Result
from tilscope.service.scoring.manual_roi_to_add import ManualRoiToAdd, manual_roi_to_add
from tilscope.service.scoring.score import score as score_study
from tilscope.service.scoring.score_series import ScoredSeries

#: Called with the stage that begins and the fraction of the whole that is done.
Progress = Callable[[str, float], None]


def score(
    path: Place,
    study: str = "",
    *,
    about: str | PathLike[str] = "",
    manual_roi: sitk.Image | str | PathLike[str] | None = None,
    seed_mm: Sequence[float] | None = None,
    box_mm: Sequence[float] | None = None,
    references: str | PathLike[str] | None = None,
    models: str | PathLike[str] | None = None,
    settings: PipelineSettings | None = None,
    progress: Progress | None = None,
) -> Result:
    """Score one study: find its dynamic series, prepare and segment it, measure its lesions, evaluate the signatures.

    Nothing is written; `Result.save` does that.

    Parameters
    ----------
    path : str, path or Archive
        A folder with the DICOM files of one study, at any depth, or with its phases as NIfTI; or an archive: its address, or
        one that is open.
    study : str
        The Study Instance UID, or of NIfTI volumes the case's name; not needed for a folder with one study.
    about : str or path, optional
        Of NIfTI volumes: a JSON or CSV file with the times of their phases, where none lies beside them.
    manual_roi : SimpleITK.Image, str or path, optional
        Lesions drawn elsewhere, which replace the automatic ones and any that were drawn in the study: a mask, in memory or as
        NIfTI, NRRD or MetaImage; or a DICOM Segmentation or RT structure set. A mask may have a grid of its own. It lies
        in the patient as the images do (LPS, mm; NIfTI's RAS is turned when it is read), 0 is background, and each other
        whole number is one lesion; the largest is the index lesion.
    seed_mm : three floats, optional
        x, y, z in the patient (LPS, mm): the one lesion there, or within 10 mm, is scored.
    box_mm : six floats, optional
        x0, y0, z0, x1, y1, z1 in the patient (LPS, mm): lesions are searched in this box.
    references : str or path, optional
        A folder of references by which scores are calibrated, as SIGNATURE.json.
    models : str or path, optional
        A folder of trained models, each in a folder named after its signature.
    settings : PipelineSettings, optional
        Everything else that can be set; `references` and `models` come before its folders of those.
    progress : callable, optional
        Called with the stage that begins (str) and the fraction of the whole that is done (float, 0 to 1).

    Returns
    -------
    Result
        It holds the images and masks of the study in memory.

    Raises
    ------
    Refused
        The study was understood and a rule refuses it, such as a late phase that is missing; `code` is for programs.
    BadInput
        What was given is no usable study, mask, reference or model.

    Examples
    --------
    >>> import tempfile, tilscope
    >>> folder = tempfile.mkdtemp()
    >>> study = tilscope.phantom.make_study(tilscope.phantom.PhantomSpec.small())
    >>> files = tilscope.phantom.write_study(study, folder)
    >>> result = tilscope.score(folder, manual_roi=study.truth.lesion)
    >>> len(result.lesions), result.lesion_source.source
    (1, 'drawn')
    >>> round(result.value("volume", "lesion 1"), 1)
    7.7
    """
    steering = _steering(seed_mm, box_mm)
    installed = _with_folders(settings or PipelineSettings(), references, models)
    with opened(path, about) as archive:
        uid = study_in(archive, study)
        added = manual_roi_to_add(manual_roi, archive, uid, installed) if manual_roi is not None else None
        return _scored(archive, uid, added, steering, installed, progress or _unreported)


def _scored(
    archive: Archive,
    study_uid: str,
    added: ManualRoiToAdd | None,
    steering: Steering | None,
    settings: PipelineSettings,
    progress: Progress,
) -> Result:
    apart = KeptApart(archive, added.object if added else None)
    series: list[ScoredSeries] = []
    result = score_study(apart, study_uid, settings, progress, steering, show=series.append)
    made = [added.object] if added and added.is_new else []
    return Result(result, tuple(series), (*apart.stored, *made))


def _with_folders(
    settings: PipelineSettings, references: str | PathLike[str] | None, models: str | PathLike[str] | None
) -> PipelineSettings:
    if references is not None:
        settings = replace(settings, references_folder=folder_named(references))
    if models is not None:
        settings = replace(settings, models_folder=folder_named(models))
    return settings


def _steering(seed_mm: Sequence[float] | None, box_mm: Sequence[float] | None) -> Steering | None:
    if seed_mm is None and box_mm is None:
        return None
    seed = box = None
    if seed_mm is not None:
        x, y, z = _finite("seed_mm", seed_mm, 3)
        seed = (x, y, z)
    if box_mm is not None:
        x0, y0, z0, x1, y1, z1 = _finite("box_mm", box_mm, 6)
        box = BoxMm((x0, y0, z0), (x1, y1, z1))
    return Steering(seed, box)


def _finite(name: str, given: Sequence[float], count: int) -> list[float]:
    numbers = [float(one) for one in given]
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise ValueError(f"{name} takes {count} finite numbers, not {list(given)}")
    return numbers


def _unreported(stage: str, fraction: float) -> None:
    """Progress that the caller does not ask for."""
