"""Synthetic breast DCE-MRI studies with known truth, for the demo, the tests and a site's acceptance.

>>> from phantom import PhantomSpec, make_study
>>> make_study(PhantomSpec.small()).times_s
(-120.0, 90.0, 270.0, 450.0)
"""

from phantom.cases import CASES, validation_case
from phantom.dicom import write_study
from phantom.layouts import LAYOUTS
from phantom.spec import LesionSpec, PhantomSpec
from phantom.study import PhantomStudy, make_study

__all__ = [
    "CASES",
    "LAYOUTS",
    "LesionSpec",
    "PhantomSpec",
    "PhantomStudy",
    "make_study",
    "validation_case",
    "write_study",
]
