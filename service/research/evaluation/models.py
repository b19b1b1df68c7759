"""The scores that are evaluated: of an artefact, of a signature, or of any column of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tilscope.models.refusals import BadInput
from tilscope.models.result import Measurement, Missing
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import all_signatures
from tilscope.models.signatures.base import Installed, Signature, settings_hash
from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.models.signatures.linear import LinearSignature
from tilscope.models.signatures.wu2018.model import WU_2018, borders_of
from tilscope.service.research.evaluation.feature_columns import feature_columns, score_column
from tilscope.service.research.evaluation.tables import CohortTable
from tilscope.service.site.artefacts import load_forest
from tilscope.service.site.installed import installed_at
from tilscope.service.site.linear_models import load_linear
from tilscope.service.site.model_manifest import MANIFEST, LinearManifest, read_manifest

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ModelScores:
    """Of every row of the cohort's table; NaN where there is none."""

    name: str
    values: Floats
    is_probability: bool
    origin: str
    """In words: where the scores come from."""
    cut_offs: tuple[float, ...] = ()
    """That it brings with it, chosen where it was made."""
    features: Mapping[str, Floats] | None = None
    """What it takes, by id, where the table holds that."""
    classes: tuple[str, ...] = ()
    """The signature's own, from the lowest score to the highest."""
    signature: str = ""
    """'' of a column."""


def scores_named(name: str, table: CohortTable, settings: PipelineSettings) -> ModelScores:
    """Of every row; `name` is the folder of an artefact, a signature as in wu2018, or a column of the table."""
    if (Path(name) / MANIFEST).is_file():
        return _of_artefact(Path(name), table, settings)
    signature = next((one for one in all_signatures() if one.id == name), None)
    if signature is not None:
        return _of_signature(signature, table, settings)
    if name in table.columns:
        return of_column(table, name)
    known = ", ".join(one.id for one in all_signatures())
    raise BadInput("no-such-model", name=name, known=known, table=table.path.name)


def of_column(table: CohortTable, name: str, rows: NDArray[np.int_] | slice = slice(None)) -> ModelScores:
    """Any numbers; those that all lie between 0 and 1 are taken for probabilities."""
    values = table.numbers(name)[rows]
    return ModelScores(name, values, _are_probabilities(values), f"the column {name} of {table.path.name}")


def _of_artefact(folder: Path, table: CohortTable, settings: PipelineSettings) -> ModelScores:
    manifest = read_manifest(folder)
    signature = next((one for one in all_signatures() if one.id == manifest.signature), None)
    if signature is None:
        raise BadInput("unknown-signature", name=manifest.signature, known=", ".join(s.id for s in all_signatures()))
    if isinstance(manifest, LinearManifest):
        installed = Installed(linear=load_linear(folder, signature, settings))
    else:
        installed = Installed(forest=load_forest(folder, signature, settings))
    name = f"{manifest.name} {manifest.version}"
    return _concluded(name, f"the model {name} for {signature.id}", signature, table, installed, settings)


def _of_signature(signature: Signature, table: CohortTable, settings: PipelineSettings) -> ModelScores:
    column = score_column(signature, table.columns)
    # A column without a score is that of a signature that was not calibrated then; its features may do now.
    if column and np.isfinite(values := table.numbers(column)).any():
        origin = f"the column {column} of {table.path.name}"
        return ModelScores(
            signature.id,
            values,
            _gives_probability(signature) and _are_probabilities(values),
            origin,
            classes=_ascending(signature),
            signature=signature.id,
        )
    installed = installed_at(settings)[signature.id] if settings.models_folder else Installed()
    return _concluded(signature.id, f"{signature.id} from its features", signature, table, installed, settings)


def _concluded(
    name: str, origin: str, signature: Signature, table: CohortTable, installed: Installed, settings: PipelineSettings
) -> ModelScores:
    """As the service concludes: the same code on the same features gives the same score."""
    _require_settings(table, signature, settings)
    model = installed.forest or installed.linear
    ids = tuple(model.features) if model is not None else signature.model_features
    columns = feature_columns(signature, ids, table.columns)
    if lacking := [id for id in ids if id not in columns]:
        raise table.unusable(f"it lacks {', '.join(lacking[:6])}, which {name} takes")
    features = {id: table.numbers(column) for id, column in columns.items()}
    values = []
    reason = ""
    for row in range(len(table)):
        given = {id: _measurement(id, column[row]) for id, column in features.items()}
        conclusion = signature.conclude(given, installed)
        value = None if conclusion.score is None else conclusion.score.value
        reason = reason or ("" if value is not None else conclusion.reason)
        values.append(np.nan if value is None else value)
    if not np.isfinite(values).any():
        raise BadInput("no-score-in-cohort", model=name, table=table.path, reason=reason)
    return ModelScores(
        name, np.array(values), _gives_probability(signature), origin, _cut_offs(signature, installed), features,
        _ascending(signature), signature.id,
    )  # fmt: skip


def _measurement(id: str, value: float) -> Measurement:
    if np.isfinite(value):
        return Measurement(id, id, float(value), "1")
    return Measurement(id, id, None, "1", Missing.CALCULATION_FAILURE, "the table holds no value")


def _cut_offs(signature: Signature, installed: Installed) -> tuple[float, ...]:
    """A forest's threshold, or the paper's own; of a sum those of the cohort that it was trained on, or else its median.

    Wu's are never one: without labels they are the values that divide the cohort as the paper's was.
    """
    if installed.forest is not None and isinstance(signature, ForestSignature):
        return (installed.forest.threshold if signature.threshold is None else signature.threshold,)
    reference = installed.reference if installed.linear is None else installed.linear.reference
    if reference is None:
        return ()
    if signature.id == WU_2018.id:
        return borders_of(reference)[0]
    return reference.cut_offs or (() if reference.median is None else (reference.median,))


def _ascending(signature: Signature) -> tuple[str, ...]:
    """Of two classes a signature names first what a high score stands for."""
    return signature.classes[::-1] if len(signature.classes) == 2 else signature.classes


def _gives_probability(signature: Signature) -> bool:
    """Of two classes; a weighted sum of z-scores and a percentage of tissue are none."""
    return not isinstance(signature, LinearSignature) and len(signature.classes) == 2


def _are_probabilities(values: Floats) -> bool:
    known = values[np.isfinite(values)]
    return bool(len(known) and (known >= 0).all() and (known <= 1).all())


def _require_settings(table: CohortTable, signature: Signature, settings: PipelineSettings) -> None:
    """Features of other settings are never scored; a table that names none is taken at its word."""
    here = settings_hash(signature, settings)
    made = table.of_signatures.get(signature.id, {}).get("settings_hash")
    for one in {made, *table.texts(f"{signature.id}_settings_hash")} - {None, "", here}:
        raise table.unusable(
            f"its features were computed under settings {one}, this installation computes under {here}"
        )
