"""Orthanc's configuration as its administrator has written it: read with its comments, and changed without losing them."""
