"""A phantom as a series of phases, without DICOM between: what the computing stages are tested on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from tilscope.models.imaging.series import DceSeries, Phase
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.study import PhantomStudy, make_study


@dataclass(frozen=True, eq=False)
class PhantomCase:
    study: PhantomStudy
    series: DceSeries


@cache
def phantom_case(spec: PhantomSpec) -> PhantomCase:
    study = make_study(spec)
    roles = study.truth.roles
    assert roles is not None, "this phantom's phases do not serve"
    phases = tuple(Phase(image, time) for image, time in zip(study.phases, study.times_s, strict=True))
    return PhantomCase(study, DceSeries(phases, roles, spec.imaged, "injection of the phantom"))
