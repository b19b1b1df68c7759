"""`make sensitivity`: measures how much every feature of the signatures changes where it should not, or hardly.

Writes docs/feature-sensitivity.md, and beside each signature the figures that reports mark its features by. Goes on where it
was; changed sources begin anew.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from sensitivity.cases import SETTINGS, Case, all_cases, features_of
from sensitivity.changes import CHANGES
from sensitivity.figures import figures_of
from sensitivity.page import page_of
from validation.kept import ROOT, kept, sources_digest

from tilscope.models.preparation.prepare import prepare
from tilscope.models.signatures.registry import BUILT_IN
from tilscope.models.signatures.sensitivity import SENSITIVITY_FILE

#: What features depend on: reports and pages may change without a new measurement.
SOURCES = (
    *(f"models/{room}" for room in ("breast", "features", "imaging", "kinetics", "preparation")),
    *(f"models/signatures/{entry.name}" for entry in BUILT_IN),
    "phantom",
    "tests/sensitivity",
)

Features = dict[str, float]


def main() -> None:
    arguments = argparse.ArgumentParser(prog="sensitivity", description=__doc__)
    arguments.add_argument("--out", type=Path, default=ROOT, help="the repository that is written to")
    asked = arguments.parse_args()
    digest = sources_digest(SOURCES)
    data = Path(os.environ.get("REFERENCE_DATA", ROOT.parent / "shared" / "data"))
    measured = {
        name: kept(
            f"sensitivity-{name}".replace(" ", "-"), lambda read=read, name=name: _measured(name, read()), digest
        )
        for name, read in all_cases(data).items()
    }
    for entry in BUILT_IN:
        figures = figures_of(entry.name, measured)
        path = asked.out / "models" / "signatures" / entry.name / SENSITIVITY_FILE
        path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    (asked.out / "docs" / "feature-sensitivity.md").write_text(page_of(list(measured)), encoding="utf-8")


def _measured(name: str, case: Case) -> dict[str, Any]:
    """Every feature as it is, and after each change."""
    prepared = prepare(case.series, SETTINGS)
    found: dict[str, Features] = {"": features_of(case, prepared)}
    for id, change in CHANGES.items():
        found[id] = features_of(change.make(case), prepared if change.of_outline else None)
        print(f"{name}: {change.words}", file=sys.stderr, flush=True)
    return found


if __name__ == "__main__":
    main()
