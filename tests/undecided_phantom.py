"""A phantom of which the built-in segmenter says that a reader must decide: something enhances, and nothing is surely a lesion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tilscope.phantom import LesionSpec, PhantomSpec, PhantomStudy, make_study, write_study
from tilscope.phantom.body_traits import BodyTraits
from tilscope.phantom.lesion_spec import CurveShape, LesionKind
from tilscope.phantom.spec import Background

#: Clumps without a body, which go on rising, in a gland that enhances too.
UNDECIDED = replace(
    PhantomSpec.small(),
    background=Background.MODERATE,
    body=BodyTraits(background_gain=1.1),
    lesion=LesionSpec(diameter_mm=34.0, kind=LesionKind.NON_MASS, curve=CurveShape.PERSISTENT, necrotic_core=False),
)


def write_undecided(folder: Path) -> tuple[PhantomStudy, list[Path]]:
    """The phantom with its truth, and its DICOM files."""
    study = make_study(UNDECIDED)
    return study, write_study(study, folder, salt="undecided")
