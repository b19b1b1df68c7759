"""Finished studies beside the table, one small file each: what an interrupted run need not do again."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tilscope.service.research.extraction.feature_rows import Row
from tilscope.service.site.atomic_files import write_durably


@dataclass(frozen=True)
class Checkpoints:
    """Named after the study's images, the settings and the sets: a change in any of them has another name."""

    folder: Path

    @classmethod
    def beside(cls, table: Path) -> Checkpoints:
        """Nobody else's business: checkpoints name patients."""
        checkpoints = cls(table.with_name(f"{table.name}.parts"))
        checkpoints.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return checkpoints

    def read(self, name: str) -> tuple[Row, ...] | None:
        """None where there is no such checkpoint, or none that can be read."""
        try:
            with gzip.open(self._path(name), "rt", encoding="utf-8") as file:
                return tuple(Row.of(row) for row in json.load(file))
        except (OSError, EOFError, ValueError, TypeError, KeyError, zlib.error):
            return None

    def write(self, name: str, rows: Sequence[Row]) -> None:
        """Whole or not at all, even if the machine stops."""
        content = json.dumps([row.as_json() for row in rows]).encode()
        write_durably(self._path(name), gzip.compress(content, 6, mtime=0))

    def remove_unfinished(self) -> None:
        """Of a run that was killed while it wrote."""
        for path in self.folder.glob("*.new"):
            path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json.gz"
