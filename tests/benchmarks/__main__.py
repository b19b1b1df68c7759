"""`make bench`: measures the engine and the pipeline side by side with what they replace, and writes docs/bench.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import this_checkout

this_checkout.use()

from benchmarks.distance import figures_of_distance  # noqa: E402
from benchmarks.earlier_version import figures_of_earlier_version  # noqa: E402
from benchmarks.features import case_of, figures_of_a_set, figures_of_signatures  # noqa: E402
from benchmarks.growth import figures_of_growth, figures_of_one_study, figures_of_workers  # noqa: E402
from benchmarks.page import page_of  # noqa: E402
from benchmarks.plan import FULL, QUICK, Plan, in_words  # noqa: E402
from benchmarks.recipe import figures_of_recipe  # noqa: E402
from validation.kept import ROOT  # noqa: E402

PACKAGES = ("numpy", "SimpleITK", "pyradiomics", "PyWavelets")


def main() -> None:
    arguments = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="every part on small studies, in two minutes")
    arguments.add_argument("--out", type=Path, default=ROOT / "docs", help="where bench.md and bench.json go")
    asked = arguments.parse_args()
    figures = measured(QUICK if asked.quick else FULL)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "bench.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    (asked.out / "bench.md").write_text(page_of(figures), encoding="utf-8")


def measured(plan: Plan) -> dict[str, Any]:
    """One part after the other, each alone on the machine as far as this program goes."""
    figures: dict[str, Any] = {"quick": plan.quick, "machine": _machine()}

    def part(name: str, compute: Callable[[], Any]) -> None:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        figures[name] = compute()

    case = case_of(plan.features)
    size = {"size": in_words(plan.features)}
    part("signatures", lambda: size | figures_of_signatures(case, plan.pairs, plan.whole_images))
    part("set", lambda: figures_of_a_set(case, plan.pairs))
    part("recipe", lambda: {"size": in_words(plan.recipe)} | figures_of_recipe(plan.recipe, plan.n4_iterations))
    part("whole", lambda: figures_of_one_study(plan.whole))
    part("earlier", lambda: figures_of_earlier_version(plan.whole, plan.pairs_with_earlier))
    part("distance", lambda: figures_of_distance(plan.distant))
    part("growth", lambda: figures_of_growth(plan.growth))
    part("workers", lambda: figures_of_workers(plan.growth["slices"][0], plan.studies_at_once))
    return figures


def _machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "processors": os.cpu_count(),
        "memory_gb": memory / 1e9,
        "load": os.getloadavg()[0],
        "versions": {"Python": platform.python_version()} | {name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    """As the kernel names it, where it does."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


if __name__ == "__main__":
    main()
