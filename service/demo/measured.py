"""One synthetic patient from DICOM to features by the pipeline's own stages, kept so that an interrupted training goes on."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.models.features import NoValue, compute
from tilscope.models.imaging.voxels import mask_of
from tilscope.models.refusals import Refused
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import evaluate_all
from tilscope.models.signatures.fan2023.model import FAN_2023
from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.models.signatures.han2024.model import HAN_2024
from tilscope.models.signatures.qian2024.model import QIAN_2024
from tilscope.models.signatures.su2022.model import SU_2022
from tilscope.models.signatures.wu2018.model import WU_2018
from tilscope.phantom.dicom import write_study
from tilscope.phantom.lesion_spec import LesionSpec
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.study import make_study
from tilscope.service.demo.patients import is_homogeneous, is_permeable
from tilscope.service.scoring.guidance import Guidance
from tilscope.service.scoring.inspect_study import inspect_study
from tilscope.service.scoring.measured_series import measure_series
from tilscope.service.scoring.stages import StageClock
from tilscope.service.site.atomic_files import write_durably

CALIBRATED = (WU_2018, SU_2022, QIAN_2024)
#: Which lesions are planted as the positive class.
TRAINED: dict[str, tuple[ForestSignature, Callable[[LesionSpec], bool]]] = {
    FAN_2023.id: (FAN_2023, is_homogeneous),
    HAN_2024.id: (HAN_2024, is_permeable),
}

_ROOT = Path(__file__).resolve().parents[2]
_SOURCES = ("models", "phantom", "dicom_io", "service/scoring", "service/site/molecular.py", "service/demo/patients.py")


def measured(spec: PhantomSpec, folder: Path, code: str) -> dict[str, Any]:
    """`numbers` by signature and feature, and `classes`; or `left_out` with the reason. From `folder` where it lies there.

    `code` is `code_digest()`: what other code has measured is measured anew.
    """
    path = folder / code / f"{spec.seed}-{spec.digest()}.json"
    if path.exists():
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return kept
    try:
        found = _measure(spec)
    except Refused as reason:
        found = {"left_out": reason.code}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, json.dumps(found).encode())
    return found


def code_digest() -> str:
    """Changes with every line that the numbers depend on."""
    digest = hashlib.sha256()
    for name in _SOURCES:
        place = _ROOT / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _measure(spec: PhantomSpec) -> dict[str, Any]:
    assert spec.lesion is not None
    settings = PipelineSettings()
    study = make_study(spec)
    with tempfile.TemporaryDirectory(prefix="tilscope-") as name:
        write_study(study, Path(name), companions=False)
        archive = FolderArchive(Path(name))
        (source,) = inspect_study(archive, archive.only_study(), settings).assembly.require_sources()
        clock = StageClock(lambda stage, fraction: None)
        found = measure_series(archive, source, Guidance(), settings, clock)
    assert study.truth.lesion is not None
    if not (mask_of(found.regions.index_lesion.mask) & mask_of(study.truth.lesion)).any():
        # The label is that of the lesion that was drawn.
        return {"left_out": "another lesion was found"}
    results = evaluate_all(found.prepared, found.regions, settings, signatures=CALIBRATED)
    numbers: dict[str, dict[str, float | None]] = {r.id: {f.id: f.value for f in r.features} for r in results}
    wanted = {w for signature, _ in TRAINED.values() for w in signature.features.values()}
    values = compute(found.prepared, found.regions, wanted)
    for id, (signature, _) in TRAINED.items():
        every = {feature: values[w] for feature, w in signature.features.items()}
        numbers[id] = {feature: None if isinstance(v, NoValue) else v for feature, v in every.items()}
    return {"numbers": numbers, "classes": {id: int(planted(spec.lesion)) for id, (_, planted) in TRAINED.items()}}
