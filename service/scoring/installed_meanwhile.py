"""What is installed at the site changed while a study was scored."""

from __future__ import annotations


class InstalledMeanwhile(Exception):
    """A result would name references or models that it was not concluded from: the study is scored again."""
