"""Radiomic features by plan: what several signatures want is computed once, on the smallest domain that gives equal values.

A signature asks by value (`FeatureRequest`): which image, through which filter, of which region, which feature. The
engine (`compute`) takes the union, cuts a domain around the lesion, filters each image once, and builds each
matrix once for all features that are read from it.
"""

from tilscope.models.features.compute import compute
from tilscope.models.features.feature_request import FeatureRequest, ImageKey, Intensity, NoValue, Region, Values

__all__ = ["FeatureRequest", "ImageKey", "Intensity", "NoValue", "Region", "Values", "compute"]
