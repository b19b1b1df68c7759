"""Every encoding that the phantom writes is assembled as its truth says, or refused as its truth says.

The outcome is also a page of the documentation: `python tests/integration/test_every_layout.py` writes docs/layouts.md.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import inspect
from tilscope.dicom_io.dce.injection_time import place_injection
from tilscope.dicom_io.dce.phases_alike import leave_out_unlike
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.models.refusals import Refused
from tilscope.models.settings import TimingSettings
from tilscope.phantom import LAYOUTS, PhantomSpec, PhantomStudy, make_study, write_study

PAGE = Path(__file__).resolve().parents[2] / "docs" / "layouts.md"


@dataclass(frozen=True)
class Outcome:
    """What was expected of a layout and what was found, in words that can be compared."""

    expected: str
    found: str
    decided_by: str


@cache
def patient() -> PhantomStudy:
    return make_study(PhantomSpec.small())


@cache
def outcome(name: str) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        write_study(patient(), Path(folder), name)
        truth = json.loads((Path(folder) / "truth" / "truth.json").read_text(encoding="utf-8"))
        archive = FolderArchive(Path(folder) / "dicom")
        assembly = inspect(archive.headers(archive.only_study()))
        used = [f.reason for f in assembly.findings if f.used_as or f.refused_as]
        cuts = [cut for reason in used for cut in re.findall(r"told apart by (.+?)(?= and \d+ volumes|$)", reason)]
        by = "; ".join(dict.fromkeys(cuts))
        clock = " and ".join(dict.fromkeys(f.times.clock for f in assembly.dynamic_series if f.times)) or "-"
        decided = f"{by or 'a series a phase'}; times by {clock}"
        try:
            found = " and ".join(in_words(read(archive, source)) for source in assembly.require_sources())
        except Refused as refusal:
            found = f"refused: {refusal.code}"
        return Outcome(expected_of(truth), found, decided)


def read(archive: FolderArchive, source: DceSource) -> DceSource:
    """As scoring does: without phases of another contrast, and with the injection placed by the images."""
    files = archive.fetch(source.study_uid, source.files_needed, archive.folder, lambda done, total: None)
    alike = leave_out_unlike(source, read_series(source, files), TimingSettings())
    return place_injection(alike.source, alike.series, TimingSettings())[0]


def expected_of(truth: dict[str, Any]) -> str:
    series = truth["dynamic_series"]
    if any(s["expected"]["layout"] != "phases" for s in series):
        return f"refused: {series[0]['expected']['layout']}"
    told = []
    for s in series:
        times = ", ".join(f"{p['time_s']:+.0f}{mark(p.get('role'))}" for p in s["phases"])
        told.append(f"{s['laterality']}: {times} s")
    return " and ".join(told)


def in_words(source: DceSource) -> str:
    times = ", ".join(f"{p.time_s:+.0f}{mark(source.roles.name(i))}" for i, p in enumerate(source.phases))
    return f"{source.laterality.value}: {times} s"


def mark(role: str | None) -> str:
    return f" ({role})" if role else ""


def page() -> str:
    lines = [
        "# Layouts",
        "",
        "How dynamic series are encoded in practice, what a reader must make of each, and what TILscope makes of it. Written by",
        "`python tests/integration/test_every_layout.py`; the tests hold it to the truth. `tilscope phantom --layout NAME` writes",
        "each. Times are the middles of the phases in seconds after injection; L, R and B are the imaged breasts.",
        "",
        "| layout | what it is | expected | found | decided by |",
        "|---|---|---|---|---|",
    ]
    for name, layout in LAYOUTS.items():
        seen = outcome(name)
        found = "as expected" if seen.found == seen.expected else f"**{seen.found}**"
        lines.append(f"| {name} | {layout.meaning} | {seen.expected} | {found} | {seen.decided_by} |")
    right = sum(outcome(name).found == outcome(name).expected for name in LAYOUTS)
    lines += ["", f"{right} of {len(LAYOUTS)} as expected."]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_read_as_its_truth_says(name: str) -> None:
    seen = outcome(name)
    assert seen.found == seen.expected


def test_the_page_in_the_documentation_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
