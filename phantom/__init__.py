"""Synthetic breast DCE-MRI studies with known truth, for the demo, the tests and a site's acceptance.

>>> from tilscope.phantom import PhantomSpec, make_study
>>> make_study(PhantomSpec.small()).times_s
(-120.0, 90.0, 270.0, 450.0)
"""

from tilscope.phantom.cases import CASES, validation_case
from tilscope.phantom.dicom import write_study
from tilscope.phantom.layouts import LAYOUTS
from tilscope.phantom.patients import patient_like
from tilscope.phantom.spec import LesionSpec, PhantomSpec
from tilscope.phantom.study import PhantomStudy, make_study

__all__ = [
    "CASES",
    "LAYOUTS",
    "LesionSpec",
    "PhantomSpec",
    "PhantomStudy",
    "make_study",
    "patient_like",
    "validation_case",
    "write_study",
]
