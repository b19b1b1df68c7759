"""Every layout carries exactly the evidence that it claims, shows the very same patient, and knows its answer."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom.dataset import Dataset

from tilscope.models.refusals import REASONS
from tilscope.phantom import LAYOUTS, PhantomStudy, make_study, write_study

SINGLE = [name for name, layout in LAYOUTS.items() if layout.frames == "one image an instance"]
#: Their images are not the patient's, or not all of them are there: that is why they are refused.
UNLIKE_THE_PATIENT = ("philips-scale-slope-removed", "philips-cut-short")
#: Everything that could tell phases apart, and that a layout must not carry by accident.
POSSIBLE_EVIDENCE = (
    "SeriesInstanceUID", "TemporalPositionIdentifier", "AcquisitionNumber", "AcquisitionTime", "AcquisitionDateTime",
    "ContentTime", "SeriesTime", "TriggerTime",
)  # fmt: skip
Writer = Callable[[str], Any]


def values(header: Dataset, keywords: str) -> tuple[str, ...] | None:
    """What the header says under each of A+B; None if it says nothing at all."""
    found = tuple(str(header.get(keyword, "")) for keyword in keywords.split("+"))
    return found if any(found) else None


def tells_phases_apart(phases: list[list[Dataset]], keywords: str) -> bool:
    """On most images of every phase, and with no value in two phases."""
    found = [[v for h in phase if (v := values(h, keywords)) is not None] for phase in phases]
    if any(len(f) <= len(p) / 2 for f, p in zip(found, phases, strict=True)):
        return False
    return all(set(a).isdisjoint(b) for a, b in combinations(found, 2))


def real_world(image: Dataset) -> np.ndarray:
    """Philips' floating-point value where there is one, else after the rescale."""
    slope, intercept = float(image.get("RescaleSlope", 1)), float(image.get("RescaleIntercept", 0))
    rescaled = image.pixel_array * slope + intercept
    return rescaled / (slope * image[0x2005, 0x100E].value) if (0x2005, 0x100E) in image else rescaled


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_entry_says_what_it_is_and_what_the_answer_is(layout: str) -> None:
    entry = LAYOUTS[layout]
    assert entry.name == layout
    assert entry.meaning.endswith(".")
    assert entry.source
    assert entry.expected == "phases" or entry.expected in REASONS
    assert entry.evidence, "a layout without any evidence has no answer"


@pytest.mark.parametrize("layout", SINGLE)
def test_phases_are_told_apart_by_the_claimed_evidence_and_by_no_other(layout: str, written: Writer) -> None:
    study, claimed = written(layout), LAYOUTS[layout].evidence
    for phases in study.phases:
        for keywords in claimed:
            if keywords not in ("pixels", "ContrastBolusStartTime", "StackID", "ImagePositionPatient"):
                assert tells_phases_apart(phases, keywords), keywords
        for keyword in POSSIBLE_EVIDENCE:
            assert tells_phases_apart(phases, keyword) == (keyword in claimed), keyword


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_truth_is_complete(layout: str, written: Writer) -> None:
    study = written(layout)
    truth, entry = study.truth, LAYOUTS[layout]
    assert truth["layout"] == layout
    assert truth["expected"]["layout"] == entry.expected
    assert truth["evidence"] == list(entry.evidence)
    named = {study.folder / name for d in truth["dynamic_series"] for p in d["phases"] for name in p["files"]}
    assert named <= set(study.files)
    for dynamic in truth["dynamic_series"]:
        times = [phase["time_s"] for phase in dynamic["phases"]]
        assert times == sorted(times)
        roles = [phase["role"] for phase in dynamic["phases"]]
        assert [r for r in roles if r] == ["pre", "early", "late"]
        assert times[roles.index("pre")] < 0 < times[roles.index("pre") + 1]
        assert all((study.folder / mask).is_file() for mask in dynamic["masks"].values())
        assert all(phase["files"] and phase["series_instance_uids"] for phase in dynamic["phases"])
    if len(truth["dynamic_series"]) == 1:
        only = truth["dynamic_series"][0]
        assert {key: only[key] for key in ("phases", "grid", "laterality", "lesion")} == {
            key: truth[key] for key in ("phases", "grid", "laterality", "lesion")
        }


@pytest.mark.parametrize("layout", [name for name in SINGLE if name not in UNLIKE_THE_PATIENT])
def test_the_images_are_the_patient_whatever_the_encoding(layout: str, written: Writer, tiny: PhantomStudy) -> None:
    study = written(layout)
    for phases, spec in zip(study.phases, LAYOUTS[layout].examinations(tiny.spec), strict=True):
        made = tiny if spec == tiny.spec else make_study(spec)
        for phase in (0, -1):
            read = phases[phase]
            volume = np.stack([real_world(image) for image in read])
            error = np.abs(volume - sitk.GetArrayFromImage(made.phases[phase]))
            assert error.max() <= 0.5001
            assert [tuple(i.ImagePositionPatient) for i in read] == [spec.grid.position(n) for n in range(len(read))]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_dciodvfy_finds_no_error_but_the_scanners_own(layout: str, written: Writer) -> None:
    study = written(layout)
    phases = [p for d in study.truth["dynamic_series"] for p in d["phases"]]
    for file in {study.folder / phase["files"][0] for phase in (phases[0], phases[-1])}:
        said = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True, check=False).stderr
        assert re.search(r"^(Enhanced)?MRImage", said, re.MULTILINE), "dciodvfy recognised the object"
        errors = [line for line in said.splitlines() if line.startswith("Error")]
        # Philips, GE and the QIBA object write TriggerTime without cardiac gating; so must we.
        claimed = "+".join(LAYOUTS[layout].evidence)
        assert [e for e in errors if "<TriggerTime>" not in e or "TriggerTime" not in claimed] == []


def test_a_small_study_is_written_in_about_a_second(axial: PhantomStudy, tmp_path: Path) -> None:
    import time

    began = time.process_time()
    write_study(axial, tmp_path, "sagittal-pair", companions=False)
    assert time.process_time() - began < 2.5, "two examinations imaged and 184 instances written"
