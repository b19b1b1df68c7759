"""`make validate`: measures the segmentation on phantoms and the real exam, and writes docs/validation.md."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from validation.bars import bars_of, pairs_of
from validation.charts import bland_altman
from validation.figures_of_a_case import CaseFigures, figures_of
from validation.kept import ROOT, kept, sources_digest
from validation.page import page_of
from validation.real_exam import figures_of_the_real_exam
from validation.speed import figures_of_speed
from validation.stability import figures_of_stability

from tilscope.phantom.cases import validation_case

SEEDS = 60


def main() -> None:
    arguments = argparse.ArgumentParser(prog="validation", description=__doc__)
    arguments.add_argument("--first", type=int, default=1, help="the first seed (the report: 1)")
    arguments.add_argument("--seeds", type=int, default=SEEDS, help=f"how many (the report: {SEEDS})")
    arguments.add_argument("--out", type=Path, default=ROOT / "docs", help="where validation.md and its figure go")
    asked = arguments.parse_args()
    digest = sources_digest()
    cases = []
    for seed in range(asked.first, asked.first + asked.seeds):
        found = CaseFigures.from_json(kept(f"case-{seed}", lambda seed=seed: _case(seed), digest))
        cases.append(found)
        print(f"seed {seed}: {found.what}: {found.in_words()}", file=sys.stderr, flush=True)
    data = Path(os.environ.get("REFERENCE_DATA", ROOT.parent / "shared" / "data"))
    real = kept("real-exam", lambda: figures_of_the_real_exam(data), digest) if data.is_dir() else None
    moved = kept("stability", figures_of_stability, digest)
    speed = kept("speed", figures_of_speed, digest)
    asked.out.mkdir(parents=True, exist_ok=True)
    bland_altman(pairs_of(cases), asked.out / "validation-bland-altman.png")
    (asked.out / "validation.md").write_text(page_of(cases, bars_of(cases), real, moved, speed), encoding="utf-8")


def _case(seed: int) -> dict[str, object]:
    spec = validation_case(seed)
    return figures_of(spec, f"{spec.plane.value}, density {spec.density:.2f}, BPE {spec.background.value}").as_json()


if __name__ == "__main__":
    main()
