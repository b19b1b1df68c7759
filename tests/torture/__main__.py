"""`make torture`: everything that an administrator fears, in one bounded run; writes docs/torture.md.

A part that has been run with the same plan and the same sources is not run again.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from torture.figures import Figures
from torture.page import page_of
from torture.parts import PARTS
from torture.plan import PLANS, Plan
from validation.kept import ROOT, kept, sources_digest

_SOURCES = ("service", "orthanc", "dicom_io", "tests/torture")


def main() -> int:
    asked = _asked()
    plan = PLANS[asked.size]
    found = [_kept(name, asked.size, plan) for name in PARTS if asked.only in name]
    for figures in found:
        for sentence in figures.wrong:
            print(f"{figures.name}: {sentence}", file=sys.stderr)
    if not asked.only:
        asked.out.write_text(page_of(asked.size, plan, found), encoding="utf-8")
    return 0 if all(figures.well for figures in found) else 1


def _asked() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(prog="torture", description=__doc__)
    arguments.add_argument("--size", choices=PLANS, default="middle", help="how much is done")
    arguments.add_argument("--only", default="", metavar="WORD", help="only the parts with this word; writes no page")
    arguments.add_argument("--out", type=Path, default=ROOT / "docs" / "torture.md")
    return arguments.parse_args()


def _kept(name: str, size: str, plan: Plan) -> Figures:
    def run() -> dict[str, object]:
        print(f"torture: {name}", file=sys.stderr, flush=True)
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            figures = PARTS[name](plan, Path(folder))
        figures.seconds = round(time.monotonic() - begun, 1)
        print(json.dumps(asdict(figures), indent=1), file=sys.stderr, flush=True)
        return asdict(figures)

    return Figures(**kept(f"torture-{size}-{name.replace(' ', '-')}", run, sources_digest(_SOURCES)))


if __name__ == "__main__":
    raise SystemExit(main())
