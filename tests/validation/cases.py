"""Every case by its name: a real study, or a phantom like a patient; computed once and kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import SimpleITK as sitk
from validation.figures_of_a_case import CaseFigures, figures_of
from validation.kept import PIPELINE, PRODUCT, ROOT, kept, sources_digest
from validation.real_cases import RealCase, RealFigures, cases_of, figures_of_a_real_case
from validation.real_exams import RealExam, real_exams

from tilscope.phantom.patients import patient_like

DATA = Path(os.environ.get("REFERENCE_DATA", ROOT.parent / "shared" / "data"))


@cache
def exams() -> dict[str, RealExam]:
    """By name; none where the reference data are absent."""
    return {exam.name: exam for exam in real_exams(DATA)}


def real_names() -> Iterator[str]:
    for exam in exams().values():
        for case in cases_of(exam):
            yield case.key


def name_of_patient(seed: int) -> str:
    return f"patient-{seed}"


def figures_named(name: str) -> dict[str, Any]:
    """The figures of a case by its name, kept or computed."""
    # As many processes run as there are cores.
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    if name.startswith("patient-"):
        return kept(name, lambda: _patient(int(name.removeprefix("patient-"))), sources_digest(PIPELINE))
    exam, case = _real_case(name)
    return kept(name, lambda: figures_of_a_real_case(exam, case).as_json(), sources_digest(PRODUCT))


def in_words(facts: dict[str, Any]) -> str:
    """What came of a case, in a line."""
    if "seed" in facts:
        return CaseFigures.from_json(facts).in_words()
    found = RealFigures.from_json(facts)
    told = ", ".join(f"{one.cc:g} cm3 ({one.confidence:.2f}, {one.in_zone:.0%} in place)" for one in found.lesions)
    return f"{found.answer}; Dice {found.dice:.3f}; {told or found.sentence}; {found.seconds:g} s"


def _patient(seed: int) -> dict[str, Any]:
    spec = patient_like(seed)
    return figures_of(spec, f"{spec.plane.value}, density {spec.density:.2f}, BPE {spec.background.value}").as_json()


def _real_case(name: str) -> tuple[RealExam, RealCase]:
    return next((exam, case) for exam in exams().values() for case in cases_of(exam) if case.key == name)
