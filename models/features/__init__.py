"""Radiomic features by plan: what several signatures want is computed once, on the smallest domain that gives equal values.

A signature asks by value (`wanted.Wanted`): which image, through which filter, of which region, which feature. The
engine (`engine.compute`) takes the union, cuts a domain around the lesion, filters each image once, and builds each
matrix once for all features that are read from it.
"""

from tilscope.models.features.compute import compute
from tilscope.models.features.wanted import ImageKey, Intensity, NoValue, Region, Values, Wanted

__all__ = ["ImageKey", "Intensity", "NoValue", "Region", "Values", "Wanted", "compute"]
