"""`make demo-artefacts`: references and forests for the demo, from phantoms by the pipeline's own stages.

An interrupted run goes on where it was. What comes out is committed, and holds as long as the settings hashes do; a test says
when it is time to run this again.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed
from rich.console import Console

from tilscope.models.result import RADIOMICS_MARK
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import Signature, settings_hash
from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.service.demo.demo_artefacts import ARTEFACTS
from tilscope.service.demo.measured import CALIBRATED, TRAINED, code_digest, measured
from tilscope.service.demo.patients import demo_patient
from tilscope.service.research.training.model_folder import write_trained
from tilscope.service.research.training.train_forest import Plan, train
from tilscope.service.research.training.training_table import TrainingTable, complete, number
from tilscope.service.site.calibration import calibrate
from tilscope.service.site.cohort import Cohort, Observation
from tilscope.service.site.reference_files import document, write_reference
from tilscope.service.terminal.progress import counting

STUDIES = 48
#: Fewer would make poor quartiles of the demo's percentiles.
FEWEST = 40
PLAN = Plan(seed=1, takes=8, trees=60)
COHORT = "DEMO: synthetic phantoms"
ABOUT = (
    "SYNTHETIC. DEMO. Means nothing clinically: trained on phantoms to tell {what}, which was drawn into them. "
    "It is used in demo mode only."
)
WHAT = {
    "fan2023": "lesions without a core or rim ('good') from those with one ('poor')",
    "han2024": "lesions of fast exchange ('hot') from slower ones ('cold')",
}
_CACHE = Path(".cache") / "demo-training"


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    console = Console(highlight=False)
    begun = time.monotonic()
    studies = measure_all(options.studies, options.workers, options.cache)
    usable = {n: one for n, one in studies.items() if "left_out" not in one}
    for why, count in Counter(one["left_out"] for one in studies.values() if "left_out" in one).items():
        console.print(f"Left out: {count} for {why}.")
    if len(usable) < options.fewest:
        raise SystemExit(f"{len(usable)} phantoms could be measured, at least {options.fewest} are needed.")
    with tempfile.TemporaryDirectory(prefix="tilscope-") as name:
        for sentence in make_artefacts(usable, Path(name)):
            console.print(sentence, soft_wrap=True)
        shutil.rmtree(options.out, ignore_errors=True)
        shutil.copytree(name, options.out)
    size = sum(path.stat().st_size for path in options.out.rglob("*") if path.is_file())
    took = time.monotonic() - begun
    console.print(f"{len(usable)} phantoms, {took:.0f} s, {size / 1000:.0f} kB in {options.out}.", soft_wrap=True)


def measure_all(studies: int, workers: int, cache: Path) -> dict[int, dict[str, Any]]:
    """Every patient's numbers, by the patient's number."""
    code = code_digest()
    numbers = range(1, studies + 1)
    jobs = (delayed(measured)(demo_patient(n), cache, code) for n in numbers)
    found: list[dict[str, Any]] = []
    with counting("measuring phantoms", quiet=False) as tick:
        for one in Parallel(n_jobs=workers, return_as="generator")(jobs):
            found.append(one)
            tick(len(found), studies)
    return dict(zip(numbers, found, strict=True))


def make_artefacts(studies: dict[int, dict[str, Any]], folder: Path) -> list[str]:
    """Write references and models as they lie in a data directory; gives a sentence of each."""
    settings = PipelineSettings()
    sentences = []
    for signature in CALIBRATED:
        made = calibrate(_cohort(studies, signature, settings), signature, settings, COHORT)
        content = document(made, datetime.now(UTC), demo=True)
        write_reference(folder / "references" / f"{signature.id}.json", content)
        sentences.append(f"{signature.id}: reference of {made.reference.studies} phantoms.")
    for id, (forest, _) in TRAINED.items():
        table = _table(studies, forest)
        trained = train(table, forest, PLAN)
        about = ABOUT.format(what=WHAT[id])
        name = f"DEMO-{id}-phantoms"
        write_trained(folder / "models" / id, forest, settings, table, trained, name, "1", about, demo=True)
        done = trained.performance
        sentences.append(f"{id}: AUC {done.auc:.3f} ({done.interval[0]:.3f} to {done.interval[1]:.3f}) for {WHAT[id]}.")
    return sentences


def _cohort(studies: dict[int, dict[str, Any]], signature: Signature, settings: PipelineSettings) -> Cohort:
    """As a site's reports would give it."""
    found: list[Observation] = []
    for patient, one in studies.items():
        values: dict[str, float | None] = one["numbers"][signature.id]
        there = {id: value for id, value in values.items() if value is not None}
        if all(id in there for id in signature.model_features):
            found.append(Observation(f"phantom {patient}", "", f"phantom {patient:03d}", "phantom", there))
    left_out = {"a feature that could not be computed": len(studies) - len(found)}
    return Cohort(settings_hash(signature, settings), tuple(found), left_out)


def _table(studies: dict[int, dict[str, Any]], signature: ForestSignature) -> TrainingTable:
    rows = [[number(one["numbers"][signature.id][name]) for name in signature.features] for one in studies.values()]
    labels = [one["classes"][signature.id] for one in studies.values()]
    return complete([RADIOMICS_MARK + name for name in signature.features], rows, labels)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tilscope.service.demo.train", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--studies", type=int, default=STUDIES, help="phantoms to make (default %(default)s)")
    parser.add_argument("--fewest", type=int, default=FEWEST, help="that must be measured (default %(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="processes (default %(default)s)")
    parser.add_argument("--cache", type=Path, default=_CACHE, help="where measured phantoms are kept")
    parser.add_argument("--out", type=Path, default=ARTEFACTS, help="the folder that is replaced")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
