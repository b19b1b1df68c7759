"""`make mutants`: puts small faults into models/, asks its tests, and writes docs/mutation.md. Goes on where it was."""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import random
import time
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from math import inf
from pathlib import Path
from typing import Any

from mutation import trial
from mutation.mutants import Mutant, program_of, sample
from mutation.page import SEEN, page_of

ROOT = Path(__file__).resolve().parents[2]
#: Their tests run only where PyTorch is installed.
NEED_PYTORCH = ("models/segmenters/nnunet.py", "models/segmenters/nnunet_network.py")
CACHE = ROOT / ".cache" / "mutation"


def main() -> None:
    asked = _asked()
    files = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "models").rglob("*.py"))
    if find_spec("torch") is None:
        files = [path for path in files if path not in NEED_PYTORCH]
    mutants = list(sample(ROOT, files, asked.a_file, asked.seed))
    outcomes = _tried(mutants, CACHE / _digest(ROOT / path for path in files), asked.workers, asked.minutes)
    if len(outcomes) < len(mutants) and asked.minutes == inf:
        raise SystemExit(f"{len(mutants) - len(outcomes)} faults have no outcome yet; run again")
    drawn = (
        f"{len(mutants)} faults from {len(files)} files, {asked.a_file} a file at most, drawn with seed {asked.seed}"
    )
    if len(outcomes) < len(mutants):
        drawn += f"; {len(outcomes)} of them were tried"
    asked.out.write_text(page_of(outcomes, drawn, trial.SECONDS), encoding="utf-8")


def _asked() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(prog="mutation", description=__doc__)
    arguments.add_argument("--a-file", type=int, default=2, help="at most so many faults of each file")
    arguments.add_argument("--seed", type=int, default=1, help="another seed is another sample")
    arguments.add_argument("--workers", type=int, default=2, help="processes")
    arguments.add_argument("--minutes", type=float, default=inf, help="begin no fault later; the page says how many")
    arguments.add_argument("--out", type=Path, default=ROOT / "docs" / "mutation.md")
    return arguments.parse_args()


def _tried(mutants: Sequence[Mutant], kept: Path, workers: int, minutes: float) -> list[dict[str, Any]]:
    """The outcomes of the faults, in the order of the files; those that are known are not tried again."""
    kept.mkdir(parents=True, exist_ok=True)
    asking = _digest(path for folder in ("phantom", "tests/models") for path in sorted((ROOT / folder).rglob("*.py")))
    trees = [trial.copied(ROOT, CACHE / f"tree-{n}") for n in range(workers)]
    reached = trial.reach(ROOT, trees[0], kept / f"reach-{asking}.json")
    known = _outcomes(kept)
    # What these tests have not been asked, and what none saw when others were asked.
    done = {place for place, one in known.items() if one["outcome"] in SEEN or one["asked"] == asking}
    left = [mutant for mutant in mutants if _place(mutant) not in done]
    # Whoever stops early has tried a part that was drawn by chance too.
    random.Random(len(mutants)).shuffle(left)
    until = time.monotonic() + 60 * minutes
    processes = [
        multiprocessing.Process(
            target=trial.run, args=(ROOT, tree, left[n::workers], reached, asking, kept / f"outcomes-{n}.jsonl", until)
        )
        for n, tree in enumerate(trees)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    known = _outcomes(kept)
    return [known[place] for place in sorted(map(_place, mutants)) if place in known]


def _place(mutant: Mutant) -> tuple[str, int]:
    return mutant.path, mutant.number


def _outcomes(kept: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """The last word on each fault of this program; what a test has seen stays seen."""
    known: dict[tuple[str, int], dict[str, Any]] = {}
    for path in sorted(kept.glob("outcomes-*.jsonl")):
        for one in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            place = one["mutant"]["path"], one["mutant"]["number"]
            if place not in known or known[place]["outcome"] not in SEEN:
                known[place] = one
    return known


def _digest(paths: Iterable[Path]) -> str:
    return hashlib.sha256("\0".join(program_of(path.read_bytes()) for path in paths).encode()).hexdigest()[:16]


if __name__ == "__main__":
    main()
