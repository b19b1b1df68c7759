"""What is made of the past studies once all have ended: a reference of each signature, with all that a person judges it by.

Nothing of it is used before a person installs it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tilscope.dicom_io.archives import Archive, Tick
from tilscope.models.refusals import BadInput, Refused
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import all_signatures
from tilscope.models.signatures.base import Signature, settings_hash
from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.service.site.calibration import Calibration, calibrate, fences
from tilscope.service.site.cohort import Cohort, gather_each
from tilscope.service.site.drift import drift
from tilscope.service.site.installed import forest_of, reference_name
from tilscope.service.site.reference_files import card, document, write_reference

NO_MODEL = (
    "It is scored by a trained forest, and none is installed: a reference alone gives no score. Train one on studies whose "
    "class is known (tilscope train), or install one (tilscope models install)."
)


@dataclass(frozen=True)
class Proposed:
    """References that can be installed, and why others cannot be made."""

    made: Mapping[str, Any]
    """As JSON values."""
    outlying: Mapping[str, Sequence[str]]
    """By study, the values that were limited, in words."""


def propose(
    archive: Archive,
    days: Mapping[str, str],
    settings: PipelineSettings,
    cohort: str,
    tick: Tick = lambda done, total: None,
) -> Proposed:
    """From the reports of these studies, which are given with their days, as `tilscope calibrate` makes them."""
    signatures = all_signatures()
    hashes = {one.id: settings_hash(one, settings) for one in signatures}
    cohorts = gather_each(archive, hashes, signatures, tick, settings.demo, sorted(days))
    references: dict[str, Any] = {}
    not_made: dict[str, str] = {}
    outlying: dict[str, list[str]] = defaultdict(list)
    for signature in signatures:
        try:
            forest = forest_of(signature, settings)
            if isinstance(signature, ForestSignature) and forest is None:
                not_made[signature.id] = NO_MODEL
                continue
            made = calibrate(cohorts[signature.id], signature, settings, cohort, forest)
        except (Refused, BadInput) as why:
            not_made[signature.id] = str(why)
            continue
        references[signature.id] = _shown(made, days, settings.demo)
        for study_uid, sentence in _outliers(signature, cohorts[signature.id]):
            outlying[study_uid].append(sentence)
    return Proposed({"references": references, "not_made": not_made}, outlying)


def _shown(made: Calibration, days: Mapping[str, str], demo: bool) -> dict[str, Any]:
    content = document(made, datetime.now(UTC), demo=demo)
    return {"document": content, "card": card({**content, "version": 1}), "drift": _drift_within(made, days)}


def _drift_within(made: Calibration, days: Mapping[str, str]) -> dict[str, Any] | None:
    """Of the scores of the later half against the earlier one; a scanner or protocol that has changed shows here.

    None where a half has too few.
    """
    scores = list(made.study_scores)
    ordered = [score for _, score in sorted(scores, key=lambda pair: days.get(pair[0], ""))]
    half = len(ordered) // 2
    seen = drift(ordered[:half], ordered[half:])
    return None if seen is None else {**vars(seen), "seen": seen.seen}


def _outliers(signature: Signature, cohort: Cohort) -> list[tuple[str, str]]:
    found = []
    for id in signature.model_features:
        low, high = fences([one.numbers[id] for one in cohort.observations])
        found += [
            (one.study_uid, f"{signature.id}: {id} {one.numbers[id]:g}, limited to {low:g} to {high:g}")
            for one in cohort.observations
            if not low <= one.numbers[id] <= high
        ]
    return found


def install(made: Mapping[str, Any], settings: PipelineSettings) -> list[Path]:
    """Put every proposed reference in its place; one that was there is kept beside it."""
    written = []
    for signature, proposed in made["references"].items():
        path = Path(settings.references_folder) / reference_name(signature)
        write_reference(path, proposed["document"])
        written.append(path)
    return written
