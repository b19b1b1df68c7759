"""The features of the sets in words: their names are for programs, and too long for a row of a table."""

from __future__ import annotations

import re

_REGIONS = {"T": "Tumour", "ring": "Ring", "stroma": "Stroma"}
_FILTERS = {"original": "", "lbp-2D": "local binary patterns", "squareroot": "square root"}
_ABBREVIATIONS = ("Id", "Idm", "Idmn", "Idn", "Imc1", "Imc2", "MCC")
_FAMILIES = {"firstorder": "first-order", "shape": "shape"}


def label(name: str) -> str:
    """A name of `models.features.sets` in a few words; a name that is none of these stays as it is.

    >>> label("fan2023/stroma/SL/original_glrlm_RunEntropy")
    'Stroma, SL: GLRLM run entropy'
    >>> label("han2024/ring/early/log-sigma-2-mm-3D_firstorder_10Percentile")
    'Ring, early, Laplacian 2 mm: first-order 10th percentile'
    >>> label("su2022/T/original_shape_Maximum2DDiameterSlice")
    'Tumour: shape maximum 2D diameter slice'
    """
    match = re.fullmatch(r"[\w-]+/(T|ring|stroma)/(?:(\w+)/)?([^_]+)_([a-z]+)_(\w+)", name)
    if match is None:
        return name
    region, phase, image, family, feature = match.groups()
    where = [_REGIONS[region], _phase(phase or ""), _filter(image)]
    return f"{', '.join(word for word in where if word)}: {_FAMILIES.get(family, family.upper())} {_words(feature)}"


def _phase(phase: str) -> str:
    """
    >>> _phase("P1"), _phase("S0"), _phase("Skewness")
    ('phase 1', 'S0', 'skewness over phases')
    """
    if number := re.fullmatch(r"P(\d)", phase):
        return f"phase {number[1]}"
    return phase if len(phase) <= 2 or phase == "early" else f"{_words(phase)} over phases"


def _filter(image: str) -> str:
    if sigma := re.fullmatch(r"log-sigma-(\d+)-mm-3D", image):
        return f"Laplacian {sigma[1]} mm"
    return _FILTERS.get(image, image.replace("-", " "))


def _words(feature: str) -> str:
    """
    >>> _words("LongRunHighGrayLevelEmphasis"), _words("90Percentile"), _words("Idmn"), _words("VoxelVolume")
    ('long run high gray level emphasis', '90th percentile', 'Idmn', 'voxel volume')
    """
    if feature in _ABBREVIATIONS:
        return feature
    parts = re.findall(r"\d+D|\d+|[A-Z]?[a-z]+", feature)
    return " ".join(f"{p}th" if p.isdigit() else p if p.isupper() else p.lower() for p in parts)
