"""What is asked for: which sets, computed how, by how many processes. Names the parts that are kept, and the table's provenance."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import Any

from tilscope.models import PIPELINE_VERSION
from tilscope.models.refusals import BadInput
from tilscope.models.settings import PipelineSettings, identity_of
from tilscope.models.signatures.base import settings_hash
from tilscope.models.signatures.complete_sets import COMPLETE_SETS, CompleteSet

ALL = "all"
#: Whose numbers the features are.
_LIBRARIES = ("pyradiomics", "SimpleITK", "numpy", "scipy", "PyWavelets", "scikit-image")


@dataclass(frozen=True)
class ExtractionRequest:
    sets: tuple[str, ...]
    settings: PipelineSettings = field(default_factory=PipelineSettings)
    processes: int = 1
    """That share the features of one study; the numbers do not depend on it."""

    @property
    def complete_sets(self) -> tuple[CompleteSet, ...]:
        return tuple(COMPLETE_SETS[name] for name in self.sets)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(column for one in self.complete_sets for column in one.columns)

    def settings_hash_of(self, one: CompleteSet) -> str:
        """As in the reports and references of the signature: equal ones can be compared."""
        return settings_hash(one.signature, self.settings)

    def part_name(self, measurement_hash: str) -> str:
        """Of a study's finished part: other images, outlines, settings, sets or libraries have another name."""
        facts = [
            measurement_hash,
            *(f"{name} {installed}" for name, installed in _versions().items()),
            *(f"{s.name} {self.settings_hash_of(s)} {len(s.columns)}" for s in self.complete_sets),
        ]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]

    def provenance(self, made: datetime) -> dict[str, Any]:
        """Travels with the table, so that a paper can cite what its numbers are."""
        return {
            "research_use_only": True,
            "made": made.isoformat(timespec="seconds"),
            "pipeline_version": PIPELINE_VERSION,
            "settings_hash": self.settings.digest(),
            "segmenter": identity_of(self.settings.segmentation.segmenter),
            "libraries": _versions(),
            "sets": {
                one.name: {
                    "title": one.signature.title,
                    "citation": one.signature.citation,
                    "version": one.signature.version,
                    "settings_hash": self.settings_hash_of(one),
                    "parameters": one.signature.parameters,
                    "columns": len(one.columns),
                }
                for one in self.complete_sets
            },
        }


@dataclass(frozen=True)
class WorkerPoolSettings:
    workers: int
    memory: str = "4GiB"
    """Of each worker; processes that share the features of one study are not counted."""
    timeout_s: float = 3600.0
    """Of one study."""


def _versions() -> dict[str, str]:
    return {name: version(name) for name in _LIBRARIES}


def sets_named(names: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order of the papers, whatever the order they were asked for in."""
    asked = list(names)
    for name in asked:
        if name not in COMPLETE_SETS and name != ALL:
            raise BadInput("unknown-signature", name=name, known=", ".join((*COMPLETE_SETS, ALL)))
    return tuple(name for name in COMPLETE_SETS if name in asked or ALL in asked)
