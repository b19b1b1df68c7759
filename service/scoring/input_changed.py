"""The fault of a study that became another one while it was scored. Light: a worker imports it before anything else."""

from __future__ import annotations


class InputChanged(Exception):
    """The images or annotations are others than when the run began: what was computed is of a study that is no more."""
