"""The patient: two prone breasts on a chest, as formulas in patient space evaluated on any grid.

Distances are in millimetres, negative inside. They are first-order distances (a level set over its gradient), exact
enough for skins of two millimetres and for the partial volume at borders. Patient space is LPS: the breasts hang
towards -y, the patient's left is +x, the head is at +z; the origin lies on the skin over the sternum.
"""

from tilscope.phantom.anatomy.breasts import Breast, breasts_of
from tilscope.phantom.anatomy.patient import Anatomy, build
from tilscope.phantom.anatomy.placement import Ball, lesion_places
from tilscope.phantom.anatomy.room import Part

__all__ = ["Anatomy", "Ball", "Breast", "Part", "breasts_of", "build", "lesion_places"]
