"""What is asked for: which sets, computed how, by how many processes. Names the checkpoints, and the table's provenance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import Any

from tilscope.models import PIPELINE_VERSION
from tilscope.models.refusals import BadInput
from tilscope.models.settings import PipelineSettings, identity_of
from tilscope.models.short_hash import hash_of_facts
from tilscope.models.signatures import complete_sets, variant_sets
from tilscope.models.signatures.base import settings_hash
from tilscope.models.signatures.complete_set import CompleteSet

ALL = "all"
#: Whose numbers the features are.
_LIBRARIES = ("SimpleITK", "numpy", "scipy", "PyWavelets", "scikit-image")


@dataclass(frozen=True)
class ExtractionRequest:
    sets: tuple[str, ...]
    settings: PipelineSettings = field(default_factory=PipelineSettings)
    processes: int = 1
    """That share the features of one study; the numbers do not depend on it."""
    boxes_file: str = ""
    """Boxes around the tumours of the cohort, in which lesions are searched (`dicom_io.annotation_boxes`)."""

    @property
    def complete_sets(self) -> tuple[CompleteSet, ...]:
        there = complete_sets() | variant_sets()
        return tuple(there[name] for name in self.sets)

    @property
    def versions(self) -> dict[str, str]:
        """Of what computes, and of what that stands on."""
        stock = ("pyradiomics",) if self.settings.extractor == "pyradiomics" else ()
        return {name: version(name) for name in (*stock, *_LIBRARIES)}

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(column for one in self.complete_sets for column in one.columns)

    def settings_hash_of(self, one: CompleteSet) -> str:
        """As in the reports and references of the signature: equal ones can be compared."""
        return settings_hash(one.signature, self.settings)

    def checkpoint_name(self, measurement_hash: str) -> str:
        """Of a finished study: other images, manual ROIs, settings, sets or libraries have another name."""
        facts = [
            measurement_hash,
            *(f"{name} {installed}" for name, installed in self.versions.items()),
            *(f"{s.name} {self.settings_hash_of(s)} {len(s.columns)}" for s in self.complete_sets),
        ]
        return hash_of_facts(facts, 32)

    def provenance(self, made: datetime) -> dict[str, Any]:
        """Travels with the table, so that a paper can cite what its numbers are."""
        return {
            "research_use_only": True,
            "made": made.isoformat(timespec="seconds"),
            "pipeline_version": PIPELINE_VERSION,
            "settings_hash": self.settings.digest(),
            "segmenter": identity_of(self.settings.segmentation.segmenter),
            "extractor": self.settings.extractor,
            "libraries": self.versions,
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


def sets_named(names: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order of the papers, whatever the order they were asked for in; variants only by their names."""
    wanted, papers, variants = list(names), complete_sets(), variant_sets()
    for name in wanted:
        if name not in papers and name not in variants and name != ALL:
            raise BadInput("unknown-signature", name=name, known=", ".join((*papers, *variants, ALL)))
    return (
        *(name for name in papers if name in wanted or ALL in wanted),
        *(name for name in variants if name in wanted),
    )
