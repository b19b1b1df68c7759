"""One lesion of a breast or several, in one quadrant or in more."""

from __future__ import annotations

from collections.abc import Sequence

from tilscope.models.description.place import CENTRAL


def focality(quadrants: Sequence[str]) -> str:
    """unifocal, multifocal (one quadrant) or multicentric (more than one), by the quadrant of each lesion of a breast.

    What is central belongs to whatever quadrant the others lie in.

    >>> focality(["upper outer"]), focality(["upper outer", "central"]), focality(["upper outer", "lower outer"])
    ('unifocal', 'multifocal', 'multicentric')
    """
    if len(quadrants) < 2:
        return "unifocal"
    return "multicentric" if len({*quadrants} - {CENTRAL}) > 1 else "multifocal"
