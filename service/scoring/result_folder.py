"""What lies in a folder beside the result's DICOM objects: the answer as JSON and as text for a report, the pictures, and what
was measured as NIfTI."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.volume_files.archive import VolumeArchive
from tilscope.dicom_io.volume_files.writing import write_nifti
from tilscope.models.description.dictation import dictation
from tilscope.models.result import StudyResult
from tilscope.service.scoring.score_series import ScoredSeries


def write_summary(folder: Path, result: StudyResult, montages: Mapping[str, bytes]) -> None:
    """`result.json`, the block for the report as text (`report-block.txt`), and the pictures."""
    write_montages(folder, montages)
    document = json.dumps(result.as_json(), indent=2, ensure_ascii=False)
    (folder / "result.json").write_text(document, encoding="utf-8")
    if text := dictation(result):
        (folder / "report-block.txt").write_text(text, encoding="utf-8")


def write_montages(folder: Path, montages: Mapping[str, bytes]) -> None:
    """`montage.png` or one of each breast; `montages` holds the pictures by what they show."""
    folder.mkdir(parents=True, exist_ok=True)
    for side, png in montages.items():
        (folder / ("montage.png" if len(montages) == 1 else f"montage-{side}.png")).write_bytes(png)


def keep_images(folder: Path, archive: FolderArchive, study_uid: str) -> None:
    """`images`, of a study that came as volumes: those that its objects refer to, a note of a refusal too."""
    if isinstance(archive, VolumeArchive):
        (folder / "images").mkdir(parents=True, exist_ok=True)
        for path in archive.images_of(study_uid):
            shutil.copy(path, folder / "images")


def write_scored_nifti(folder: Path, scored: Sequence[ScoredSeries]) -> None:
    """Of a pair, each breast in a folder of its own."""
    for one in scored:
        place = folder if len(scored) == 1 else folder / one.source.laterality.word
        write_nifti(place, one.series, one.regions, one.source)
