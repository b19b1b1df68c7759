"""The examinations that some encodings presuppose, made from whatever patient is given."""

from __future__ import annotations

from dataclasses import replace

from tilscope.models.imaging.series import Laterality
from tilscope.phantom.grid import SlicePlane
from tilscope.phantom.spec import PhantomSpec

Examinations = tuple[PhantomSpec, ...]


def one_breast(spec: PhantomSpec) -> Examinations:
    """The breast with the lesion on sagittal slices."""
    if spec.plane is SlicePlane.SAGITTAL:
        return (spec,)
    return (spec.sagittal(spec.lesion.side if spec.lesion is not None else Laterality.LEFT),)


def both_breasts_sagittal(spec: PhantomSpec) -> Examinations:
    """Two slabs acquired together, right then left; the right one is two slices thinner, as slabs seldom agree."""
    if spec.plane is not SlicePlane.AXIAL:
        raise ValueError("a sagittal pair is made from an axial spec, which shows both breasts")
    found = []
    for side, fewer in ((Laterality.RIGHT, 2), (Laterality.LEFT, 0)):
        slab = spec.sagittal(side)
        columns, rows, slices = slab.matrix
        own = tuple(lesion for lesion in spec.lesions if lesion.side is side)
        first = own[0] if own else None
        found.append(replace(slab, matrix=(columns, rows, slices - fewer), lesion=first, more_lesions=own[1:]))
    return tuple(found)


def recorded_injection(spec: PhantomSpec) -> Examinations:
    """The contrast agent's time is written; the first post-contrast phase begins 20 s after it."""
    late = tuple(s + 20 if s >= 0 else s for s in spec.phase_starts_s) if not spec.injection_recorded else None
    return (replace(spec, injection_recorded=True, phase_starts_s=late or spec.phase_starts_s),)


def two_pre_phases(spec: PhantomSpec) -> Examinations:
    """One more phase before the injection."""
    first, second = spec.phase_starts_s[:2]
    return (replace(spec, phase_starts_s=(2 * first - min(second, 0.0), *spec.phase_starts_s)),)


def two_pre_phases_recorded(spec: PhantomSpec) -> Examinations:
    return recorded_injection(*two_pre_phases(spec))


def across_midnight(spec: PhantomSpec) -> Examinations:
    """Injected a minute before midnight."""
    return (replace(spec, injected_at=spec.injected_at.replace(hour=23, minute=59, second=0)),)
