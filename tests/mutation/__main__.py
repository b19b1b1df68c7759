"""`make mutants`: puts small faults into models/, asks its tests, and writes docs/mutation.md. Goes on where it was."""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mutation import trial
from mutation.mutants import program_of, sample
from mutation.page import SEEN, page_of

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "mutation"


def main() -> None:
    arguments = argparse.ArgumentParser(prog="mutation", description=__doc__)
    arguments.add_argument("--a-file", type=int, default=2, help="at most so many faults of each file")
    arguments.add_argument("--seed", type=int, default=1, help="another seed is another sample")
    arguments.add_argument("--workers", type=int, default=2, help="processes")
    arguments.add_argument("--out", type=Path, default=ROOT / "docs" / "mutation.md")
    asked = arguments.parse_args()
    files = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "models").rglob("*.py"))
    if find_spec("torch") is None:
        files.remove("models/segmenters/nnunet_network.py")
    mutants = list(sample(ROOT, files, asked.a_file, asked.seed))
    kept = CACHE / _digest(ROOT / path for path in files)
    kept.mkdir(parents=True, exist_ok=True)
    asking = _digest(path for folder in ("phantom", "tests/models") for path in sorted((ROOT / folder).rglob("*.py")))
    trees = [trial.copied(ROOT, CACHE / f"tree-{n}") for n in range(asked.workers)]
    reached = trial.reach(ROOT, trees[0], kept / f"reach-{asking}.json")
    known = _outcomes(kept, asking)
    untried = {place for place, one in known.items() if one["outcome"] == "untested"}
    left = [mutant for mutant in mutants if (mutant.path, mutant.number) not in known.keys() - untried]
    processes = [
        multiprocessing.Process(
            target=trial.run,
            args=(ROOT, tree, left[n :: asked.workers], reached, asking, kept / f"outcomes-{n}.jsonl"),
        )
        for n, tree in enumerate(trees)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    known = _outcomes(kept, asking)
    told = [known[mutant.path, mutant.number] for mutant in mutants if (mutant.path, mutant.number) in known]
    if len(told) < len(mutants):
        raise SystemExit(f"{len(mutants) - len(told)} faults have no outcome yet; run again")
    asked.out.write_text(page_of(told, _in_words(asked.a_file, asked.seed, len(files))), encoding="utf-8")


def _in_words(a_file: int, seed: int, files: int) -> str:
    faults = f"at most {a_file} faults of each of {files} files, drawn with seed {seed}"
    return f"{faults}; each tried on tests that take {trial.SECONDS:.0f} s together at most, those first that call its function"


def _outcomes(kept: Path, asking: str) -> dict[tuple[str, int], dict[str, Any]]:
    """What is known of this program. What a test has seen stays seen; what none saw is tried again with other tests."""
    known = {}
    for path in sorted(kept.glob("outcomes-*.jsonl")):
        for one in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            if one["outcome"] in SEEN or one["asked"] == asking:
                known[one["mutant"]["path"], one["mutant"]["number"]] = one
    return known


def _digest(paths: Iterable[Path]) -> str:
    return hashlib.sha256("\0".join(program_of(path.read_bytes()) for path in paths).encode()).hexdigest()[:16]


if __name__ == "__main__":
    main()
