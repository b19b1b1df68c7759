"""Trained forests as a site installs them: a skops file and a manifest that says what it is. A pickle is never loaded.

`tilscope-model.json` and `forest.skops` lie in a folder named after the signature. Before a byte of the model is understood
its SHA-256 must be the manifest's; then only the types that a forest is made of may be in it, and its trees must be trees.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED

import sklearn
import skops
import skops.io
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from tilscope.models.readable_lists import first_few
from tilscope.models.refusals import BadInput
from tilscope.models.result import RADIOMICS_MARK
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import Signature, settings_hash
from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.service.site.bounded_files import LONGEST_MODEL, read_at_most, why_not_unpacked
from tilscope.service.site.model_manifest import MANIFEST, MODEL, Check, ModelManifest, read_manifest, unusable_model
from tilscope.service.site.trained_forest import TrainedForest, why_no_forest

#: All that is trusted beside what skops itself knows to be harmless.
TRUSTED = ["sklearn.tree._tree.Tree"]
FORESTS = (RandomForestClassifier, ExtraTreesClassifier)
#: The same forest on the same numbers; other processors add in another order.
_SAME = 1e-9


def load_forest(folder: Path, signature: Signature, settings: PipelineSettings) -> TrainedForest:
    """Load and check a trained forest. Raises `BadInput` with the reason where it must not be used."""
    folder = folder.resolve()  # what is installed is a link, which may come to point elsewhere meanwhile
    manifest = read_manifest(folder)
    if manifest.demo and not settings.demo:
        raise BadInput("demo-only", path=folder)
    if not isinstance(manifest, ModelManifest):
        raise unusable_model(folder, f"it is a linear model, and {signature.id} takes a forest")
    if why := _why_not_for(signature, manifest):
        raise unusable_model(folder, why)
    for library, made, here in (
        ("scikit-learn", manifest.scikit_learn, sklearn.__version__),
        ("skops", manifest.skops, skops.__version__),
    ):
        # Neither promises to read what another version wrote; repairs within one version keep to the format.
        if made.split(".")[:2] != here.split(".")[:2]:
            raise BadInput("model-version", path=folder, library=library, made=made, here=here)
    if (here := settings_hash(signature, settings)) != manifest.settings_hash:
        raise BadInput("model-settings", path=folder, made=manifest.settings_hash, here=here)
    loaded = _load(folder, manifest)
    forest = TrainedForest(
        loaded, f"{manifest.name} {manifest.version}", manifest.settings_hash, manifest.features, manifest.threshold
    )
    given = forest.probability(dict(zip(manifest.features, manifest.check.values, strict=True)))
    if abs(given - manifest.check.probability) > _SAME:
        problem = (
            f"its check case has probability {given:.6g} here and {manifest.check.probability:.6g} in its manifest"
        )
        raise unusable_model(folder, problem)
    return forest


def write_model(
    folder: Path,
    signature: Signature,
    settings: PipelineSettings,
    forest: RandomForestClassifier | ExtraTreesClassifier,
    features: tuple[str, ...],
    facts: Mapping[str, Any],
    case: Mapping[str, float],
) -> ModelManifest:
    """Write a trained forest as a folder that `load_forest` reads. `facts` are name, version, threshold, card,
    and `demo` for one that is made of synthetic studies.

    `case` are the features of one study: its probability is kept, so that every installation can check that it has the same
    forest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = skops.io.dumps(forest, compression=ZIP_DEFLATED, compresslevel=9)  # a tenth of the size
    made_under = settings_hash(signature, settings)
    trained = TrainedForest(forest, "", made_under, features, float(facts["threshold"]))
    manifest = ModelManifest(
        signature=signature.id,
        settings_hash=made_under,
        features=features,
        scikit_learn=sklearn.__version__,
        skops=skops.__version__,
        sha256=hashlib.sha256(content).hexdigest(),
        check=Check(values=tuple(case[id] for id in features), probability=trained.probability(case)),
        **facts,
    )
    (folder / MODEL).write_bytes(content)
    text = json.dumps(manifest.model_dump(), indent=1, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return manifest


def _load(folder: Path, manifest: ModelManifest) -> Any:
    try:
        content = read_at_most(folder / MODEL, LONGEST_MODEL)
    except OSError as problem:
        raise unusable_model(folder, f"{MODEL} cannot be read ({problem.strerror or problem})") from problem
    if (found := hashlib.sha256(content).hexdigest()) != manifest.sha256:
        raise BadInput("model-altered", path=folder, found=found[:12])
    if why := why_not_unpacked(content):
        raise unusable_model(folder, f"{MODEL} is not unpacked: {why}")
    try:
        types = set(skops.io.get_untrusted_types(data=content)) - set(TRUSTED)
        if types:
            raise BadInput("model-untrusted", path=folder, types=first_few(sorted(types)))
        loaded = skops.io.loads(content, trusted=TRUSTED)
    except BadInput:
        raise
    except Exception as problem:  # whatever broken bytes lead skops, zipfile or json to
        raise unusable_model(folder, f"{MODEL} cannot be read ({type(problem).__name__})") from problem
    if type(loaded) not in FORESTS:
        raise BadInput("model-untrusted", path=folder, types=f"a {type(loaded).__name__}")
    if why := why_no_forest(loaded, len(manifest.features)):
        raise unusable_model(folder, why)
    return loaded


def _why_not_for(signature: Signature, manifest: ModelManifest) -> str:
    if manifest.signature != signature.id:
        return f"it belongs to signature {manifest.signature}, not {signature.id}"
    if not isinstance(signature, ForestSignature):
        return f"{signature.id} is a weighted sum and takes no forest"
    if unknown := [id for id in manifest.features if not _measures(signature, id)]:
        return f"{signature.id} measures no {', '.join(unknown)}"
    if len(set(manifest.features)) != len(manifest.features):
        return "it names a feature twice"
    if len(manifest.check.values) != len(manifest.features):
        return f"its check case has {len(manifest.check.values)} values for {len(manifest.features)} features"
    return ""


def _measures(signature: ForestSignature, id: str) -> bool:
    return id.startswith(RADIOMICS_MARK) and id.removeprefix(RADIOMICS_MARK) in signature.features
