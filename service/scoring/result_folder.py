"""What lies in a folder beside the result's DICOM objects: the answer as JSON, its text for a report, and the pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tilscope.models.description.dictation import dictation
from tilscope.models.result import StudyResult


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
