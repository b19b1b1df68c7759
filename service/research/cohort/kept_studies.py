"""Finished studies and their pictures beside the table: what an interrupted run need not do again."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tilscope.models.result_schema import UnreadableResult
from tilscope.service.research.cohort.cohort_study import CohortStudy
from tilscope.service.site.atomic_files import write_durably


@dataclass(frozen=True)
class KeptStudies:
    """Named after what was measured and how: other images, outlines or settings have another name."""

    folder: Path

    @classmethod
    def beside(cls, table: Path) -> KeptStudies:
        """Nobody else's business: they name patients."""
        kept = cls(table.with_name(f"{table.name}.parts"))
        kept.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return kept

    def read(self, name: str) -> CohortStudy | None:
        """None where there is none, or none that can be read with all its pictures."""
        try:
            with gzip.open(self.folder / f"{name}.json.gz", "rt", encoding="utf-8") as file:
                study = CohortStudy.of(json.load(file))
        except (OSError, EOFError, ValueError, TypeError, KeyError, zlib.error, UnreadableResult):
            return None
        whole = all((self.folder / picture).is_file() for picture in study.pictures.values())
        return replace(study, kept=True) if whole else None

    def write(self, name: str, study: CohortStudy) -> None:
        """Whole or not at all, even if the machine stops."""
        content = json.dumps(replace(study, kept=False).as_json()).encode()
        write_durably(self.folder / f"{name}.json.gz", gzip.compress(content, 6, mtime=0))

    def write_pictures(self, name: str, pictures: Mapping[str, bytes]) -> dict[str, str]:
        """JPEG files; their names by side."""
        names = {side: f"{name}-{side}.jpg" for side in pictures}
        for side, content in pictures.items():
            write_durably(self.folder / names[side], content)
        return names

    def remove_unfinished(self) -> None:
        """Of a run that was killed while it wrote."""
        for path in self.folder.glob(".*.new"):
            path.unlink(missing_ok=True)
