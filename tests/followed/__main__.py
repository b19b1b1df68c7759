"""`make followup`: follows phantom patients under therapy and holds them against the truth; writes docs/followup.md.

Goes on where it was; changed sources of what a date's numbers depend on begin anew.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from followed.cohort import scored
from followed.judged import judged, repeated
from followed.page import page_of
from validation.kept import ROOT

from tilscope.phantom.therapy import DAYS

PATIENTS, REPEATED = 12, 6


def main() -> None:
    arguments = argparse.ArgumentParser(prog="followed", description=__doc__)
    arguments.add_argument("--out", type=Path, default=ROOT, help="the repository that is written to")
    arguments.add_argument("--patients", type=int, default=PATIENTS)
    arguments.add_argument("--repeated", type=int, default=REPEATED, help="patients that are imaged twice")
    arguments.add_argument("--only-kept", action="store_true", help="write the page of what has been measured")
    asked = arguments.parse_args()
    every = []
    for one in scored(asked.patients, asked.repeated, asked.only_kept):
        print(one.name, flush=True)
        every.append(one)
    patients = [judged(one) for one in every if one.kind != "repeat"]
    repeats = repeated([one for one in every if one.kind == "repeat"])
    page = page_of(patients, repeats, DAYS, asked.patients)
    (asked.out / "docs" / "followup.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
