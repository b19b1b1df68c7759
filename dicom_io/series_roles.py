"""Which series cannot be phases of a dynamic series, each with its reason in words.

`REJECTIONS` is read from the top; the first row that holds gives the reason. What no row rejects may be a phase, and
its positions and times decide (`assembly`). Descriptions are looked at last, and only for what no tag tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pydicom import Dataset

from dicom_io.slices import Slice

#: The Manufacturer on every object that we write.
OUR_NAME = "TILscope"

#: Longest echo and repetition times of a T1-weighted gradient-echo dynamic, ms. T2-weighted series lie far above.
_LONGEST_TE, _LONGEST_TR = 20.0, 400.0
_FEWEST_SLICES = 8

_DERIVED_TYPES = {"SUBTRACTION", "SUB", "MIP", "PROJECTION IMAGE", "MPR", "REFORMATTED", "ADC", "TRACEW", "FA", "ADD"}
_MAP_TYPES = {"PE", "PE1", "PE2", "SER", "PE1_MAP", "SER_MAP"}
_PHASE_DIFFERENCE = re.compile(r"\([\d/]+\)\s*-\s*\([\d/]+\)")
_NAMED_DERIVED = re.compile(r"(?<![a-z])(sub|subs|subtract\w*|mip|pjn|adc|dwi|screen ?save)(?![a-z])", re.IGNORECASE)


def _image_type(header: Dataset) -> list[str]:
    return [str(value).upper() for value in header.get("ImageType") or []]


def _number(header: Dataset, keyword: str) -> float | None:
    value = header.get(keyword)
    return None if value in (None, "") else float(value)


def _ours(slices: Sequence[Slice]) -> str | None:
    return "written by TILscope" if slices[0].header.get("Manufacturer") == OUR_NAME else None


def _no_geometry(slices: Sequence[Slice]) -> str | None:
    return "its images have no position in the patient" if not all(s.has_geometry for s in slices) else None


def _localizer(slices: Sequence[Slice]) -> str | None:
    if any("LOCALIZER" in _image_type(s.header) for s in slices):
        return "a localizer (ImageType)"
    if len({s.grid.orientation for s in slices}) > 1:
        return "its slices point in different directions"
    return None


def _derived(slices: Sequence[Slice]) -> str | None:
    for s in slices:
        values = _image_type(s.header)
        if found := next((v for v in values if v in _MAP_TYPES), None):
            return f"an enhancement map (ImageType {found})"
        if found := next((v for v in values if v in _DERIVED_TYPES), None):
            return f"computed from other images (ImageType {found})"
        if values[:1] == ["DERIVED"] and (s.header.get("DerivationDescription") or s.header.get("SourceImageSequence")):
            return "computed from other images (ImageType DERIVED, with its derivation named)"
    return None


def _diffusion(slices: Sequence[Slice]) -> str | None:
    values = {b for s in slices if (b := _number(s.header, "DiffusionBValue")) is not None}
    if len(values) > 1 or any(b > 0 for b in values):
        return f"diffusion-weighted (b = {', '.join(f'{b:g}' for b in sorted(values))})"
    return None


def _echoes(slices: Sequence[Slice]) -> str | None:
    times = sorted({t for s in slices if (t := _number(s.header, "EchoTime")) is not None})
    if len(times) > 1 and times[-1] - times[0] > 0.2:
        return f"its repeated positions are echoes (TE {', '.join(f'{t:g}' for t in times)} ms), not phases"
    return None


def _not_t1(slices: Sequence[Slice]) -> str | None:
    echo, repetition = _number(slices[0].header, "EchoTime"), _number(slices[0].header, "RepetitionTime")
    if echo is not None and echo > _LONGEST_TE:
        return f"not T1-weighted (TE {echo:g} ms)"
    if repetition is not None and repetition > _LONGEST_TR:
        return f"not a fast gradient echo (TR {repetition:g} ms)"
    return None


def _few_slices(slices: Sequence[Slice]) -> str | None:
    positions = {round(s.depth, 2) for s in slices}
    return f"only {len(positions)} slice positions" if len(positions) < _FEWEST_SLICES else None


def _named_derived(slices: Sequence[Slice]) -> str | None:
    text = str(slices[0].header.get("SeriesDescription") or "")
    if _PHASE_DIFFERENCE.search(text) or _NAMED_DERIVED.search(text.replace("_", " ")):
        return f"computed from other images, by its description ({text})"
    return None


REJECTIONS: tuple[Callable[[Sequence[Slice]], str | None], ...] = (
    _ours,
    _no_geometry,
    _localizer,
    _derived,
    _diffusion,
    _echoes,
    _not_t1,
    _few_slices,
    _named_derived,
)


def why_no_phase(slices: Sequence[Slice]) -> str | None:
    """The reason why this series holds no phase, or None if it may."""
    return next((reason for reject in REJECTIONS if (reason := reject(slices))), None)
