"""What is measured: which phantoms, and how often. The quick plan exercises every part in two minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tilscope.phantom.lesion_spec import LesionSpec
from tilscope.phantom.patient_motion import MotionSpec
from tilscope.phantom.spec import PhantomSpec


@dataclass(frozen=True)
class Plan:
    quick: bool
    features: PhantomSpec
    pairs: int
    """How often the engine and stock pyradiomics run, in turns."""
    whole_images: bool
    """Whether stock pyradiomics also filters whole images at 1 mm, which takes minutes."""
    recipe: PhantomSpec
    n4_iterations: tuple[int, ...]
    """A level each."""
    whole: PhantomSpec
    pairs_with_earlier: int
    """How often the whole study is scored by an earlier version, in turns with this one."""
    distant: PhantomSpec
    growth: Mapping[str, tuple[PhantomSpec, ...]]
    """What grows -> studies, from the smallest to the largest."""
    studies_at_once: int
    """How many are scored by one worker and by two of one thread each."""


#: The field of view of an axial protocol; matrices divide it.
_WIDE_MM, _HIGH_MM = 352.0, 160.0


def axial(size: int, slices: int, posts: int = 4, lesion_mm: float = 24.0, moving: bool = True) -> PhantomSpec:
    """One pre-contrast phase, and others evenly from the first minute to the eighth, of a patient who moves."""
    starts = (-150.0, *(float(start) for start in np.linspace(60.0, 420.0, posts).round()))
    return PhantomSpec(
        matrix=(size, size, slices),
        spacing_mm=(round(_WIDE_MM / size, 3), round(_WIDE_MM / size, 3), round(_HIGH_MM / slices, 3)),
        phase_starts_s=starts,
        phase_duration_s=60.0,
        injection_recorded=True,
        lesion=LesionSpec(diameter_mm=lesion_mm),
        motion=MotionSpec() if moving else None,
    )


_USUAL = axial(256, 40)

FULL = Plan(
    quick=False,
    features=axial(256, 80, moving=False),
    pairs=5,
    whole_images=True,
    recipe=axial(256, 40),
    n4_iterations=(50, 50, 50, 50),  # SimpleITK's default
    whole=axial(320, 100),
    pairs_with_earlier=2,
    distant=axial(320, 100),
    growth={
        "slices": (_USUAL, axial(256, 80), axial(256, 160)),
        "phases": (axial(256, 40, posts=2), _USUAL, axial(256, 40, posts=7)),
        "lesion, mm": (axial(256, 40, lesion_mm=10.0), _USUAL, axial(256, 40, lesion_mm=50.0)),
        # The last takes some gigabytes, as a phantom too.
        "million voxels": (_USUAL, axial(320, 100), axial(512, 160, posts=7), axial(512, 200, posts=7)),
    },
    studies_at_once=6,
)

_SMALL = replace(PhantomSpec.small(), motion=MotionSpec())

QUICK = Plan(
    quick=True,
    features=replace(_SMALL, motion=None),
    pairs=1,
    whole_images=False,
    recipe=_SMALL,
    n4_iterations=(2,),
    whole=_SMALL,
    pairs_with_earlier=1,
    distant=_SMALL,
    growth={"slices": (_SMALL,), "million voxels": (_SMALL,)},
    studies_at_once=2,
)


def in_words(spec: PhantomSpec) -> str:
    """Matrix, slices and phases."""
    columns, rows, slices = spec.matrix
    return f"{columns} x {rows} x {slices} x {len(spec.phase_starts_s)}"
