"""Synthetic breast DCE-MRI studies with known truth, for the demo, the tests and a site's acceptance.

>>> from phantom import PhantomSpec, make_study
>>> make_study(PhantomSpec.small()).times_s
(-120.0, 90.0, 270.0, 450.0)
"""

from phantom.dicom import write_study
from phantom.layouts import LAYOUTS
from phantom.spec import LesionSpec, PhantomSpec
from phantom.study import PhantomStudy, make_study

__all__ = ["LAYOUTS", "LesionSpec", "PhantomSpec", "PhantomStudy", "make_study", "write_study"]
