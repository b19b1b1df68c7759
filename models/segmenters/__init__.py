"""Segmenters are plugs: from a prepared series to regions, by rules or by a network that a site has installed.

`choice.segment` takes the one that the settings name; docs/segmenters.md says how to install or write one.
"""
