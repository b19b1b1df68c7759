"""`make study PAPER=su2022`: one paper from end to end; `make study PAPER=su2022 MEASURE=5`: its row of docs/planted-truth.md."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from planted.laws import PLANTINGS
from planted.measurements import measured
from planted.one_study import run_study
from planted.page import write_page

_CACHE = Path(".cache") / "planted"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="make study", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paper", choices=sorted(PLANTINGS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument(
        "--measure", type=int, default=0, metavar="SEEDS", help="measure recall with so many seeds a size"
    )
    parser.add_argument("--null", type=int, default=0, metavar="SEEDS", help="and count finds in so many null cohorts")
    parser.add_argument("--sizes", type=int, nargs="*", help="numbers of studies; the paper's and more where left out")
    options = parser.parse_args(arguments)
    if not (options.measure or options.null):
        for sentence in run_study(options.paper, _CACHE / options.paper, options.seed, options.workers):
            print(sentence)
        return
    planting = PLANTINGS[options.paper]
    sizes = options.sizes or planting.sizes
    asked = [(n, seed, False) for n in sizes for seed in range(1, options.measure + 1)]
    asked += [(planting.studies, seed, True) for seed in range(1, options.null + 1)]
    for studies, seed, null in asked:
        found = measured(_CACHE / "measured", options.paper, studies, seed, null, options.workers)
        print(options.paper, f"{studies} studies, seed {seed}{', null' if null else ''}:", found, flush=True)
    write_page(_CACHE / "measured", Path("docs") / "planted-truth.md")


if __name__ == "__main__":
    main()
