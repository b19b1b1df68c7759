"""Which images cannot be slices of a dynamic phase, each with its reason in words.

`REJECTIONS` is read from the top for every image; the first row that holds gives the reason. It is asked of images, not
of series: one odd image then leaves a hole that is noticed, where a rejected series would be missed by nobody. What no
row rejects may be a phase, and positions and times decide (`assembly`). Descriptions are read last, and only for
what no tag states.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from tilscope.dicom_io.dce.fat_suppression import FAT, OPPOSED_PHASE
from tilscope.dicom_io.dce.slices import Slice
from tilscope.dicom_io.dce.values import number, text, value, words
from tilscope.dicom_io.identity import MANUFACTURER

#: Longest echo and repetition times of a T1-weighted gradient-echo dynamic, ms. T2-weighted series lie far above.
_LONGEST_TE, _LONGEST_TR = 20.0, 400.0
#: A value that fewer images than this share of a series have is an odd image, not another contrast.
_ODD = 0.1

_DERIVED_TYPES = {"SUBTRACTION", "SUB", "MIP", "PROJECTION IMAGE", "MPR", "REFORMATTED", "ADC", "TRACEW", "FA", "ADD"}
_MAP_TYPES = {"PE", "PE1", "PE2", "SER", "PE1_MAP", "SER_MAP"}
#: The parts of the complex signal that are not its magnitude: as ComplexImageComponent, and as scanners write them from
#: the third value of ImageType on (Philips "PHASE MAP", "P", "R_FFE"; Siemens "P", "R", "I").
_COMPLEX_COMPONENTS = {"PHASE", "REAL", "IMAGINARY"}
_COMPLEX_TYPE = re.compile(r"[PRI](_\w+)?|PHASE( MAP)?|REAL|IMAGINARY")
_PHASE_DIFFERENCE = re.compile(r"\([\d/]+\)\s*-\s*\([\d/]+\)")
_NAMED_DERIVED = re.compile(r"(?<![a-z])(sub|subs|subtract\w*|mip|pjn|adc|dwi|screen ?save)(?![a-z])", re.IGNORECASE)


def _ours(s: Slice) -> str | None:
    return "written by TILscope" if text(s.header, "Manufacturer") == MANUFACTURER else None


def _no_geometry(s: Slice) -> str | None:
    return None if s.has_geometry else "its images do not say where in the patient they lie"


def _localizer(s: Slice) -> str | None:
    return "a localizer (ImageType)" if "LOCALIZER" in words(s.header, "ImageType") else None


def _no_magnitude(s: Slice) -> str | None:
    component = text(s.header, "ComplexImageComponent").upper()
    if component in _COMPLEX_COMPONENTS:
        return f"not a magnitude image (ComplexImageComponent {component})"
    found = next((v for v in words(s.header, "ImageType")[2:] if _COMPLEX_TYPE.fullmatch(v)), None)
    return f"not a magnitude image (ImageType {found})" if found else None


def _no_water(s: Slice) -> str | None:
    """Of a Dixon acquisition the water and the in-phase images show what contrast does to tissue."""
    parts = words(s.header, "ImageType")[2:]
    if found := next((v for v in parts if v in FAT), None):
        return f"the fat image of a Dixon acquisition (ImageType {found})"
    found = next((v for v in parts if v in OPPOSED_PHASE), None)
    return f"the opposed-phase image of a Dixon acquisition (ImageType {found})" if found else None


def _derived(s: Slice) -> str | None:
    values = words(s.header, "ImageType")
    if found := next((v for v in values if v in _MAP_TYPES), None):
        return f"an enhancement map (ImageType {found})"
    if found := next((v for v in values if v in _DERIVED_TYPES), None):
        return f"computed from other images (ImageType {found})"
    if values[:1] == ["DERIVED"] and (
        value(s.header, "DerivationDescription") or value(s.header, "SourceImageSequence")
    ):
        return "computed from other images (ImageType DERIVED, with its derivation named)"
    return None


def _not_t1(s: Slice) -> str | None:
    echo, repetition = number(s.header, "EchoTime"), number(s.header, "RepetitionTime")
    if echo is not None and echo > _LONGEST_TE:
        return f"not T1-weighted (TE {echo:g} ms)"
    if repetition is not None and repetition > _LONGEST_TR:
        return f"not a fast gradient echo (TR {repetition:g} ms)"
    return None


def _diffusion(s: Slice) -> str | None:
    b = number(s.header, "DiffusionBValue")
    return f"diffusion-weighted (b = {b:g})" if b else None


def _named_derived(s: Slice) -> str | None:
    description = text(s.header, "SeriesDescription")
    if _PHASE_DIFFERENCE.search(description) or _NAMED_DERIVED.search(description.replace("_", " ")):
        return f"computed from other images, by its description ({description})"
    return None


Rules = tuple[Callable[[Slice], str | None], ...]

REJECTIONS: Rules = (
    _ours,
    _no_geometry,
    _localizer,
    _no_magnitude,
    _no_water,
    _derived,
    _diffusion,
    _not_t1,
    _named_derived,
)
#: The same, whatever contrast the images are weighted for: a dynamic series of something else is shown to whoever asks.
OF_ANY_CONTRAST = tuple(reject for reject in REJECTIONS if reject is not _not_t1)


def why_no_phase(slices: Sequence[Slice], rules: Rules = REJECTIONS) -> dict[str, str]:
    """For each image of a series that cannot belong to a phase (by UID) the reason."""
    reasons = {s.uid: reason for s in slices if (reason := _why(s, rules))}
    left = [s for s in slices if s.uid not in reasons]
    if len(left) < _ODD * len(slices):  # the b = 0 images of a diffusion series are no phase either
        (common, _), *_rest = Counter(reasons.values()).most_common(1)
        reasons |= {s.uid: common for s in left}
        left = []
    return reasons | _echoes(left)


def _why(s: Slice, rules: Rules) -> str | None:
    return next((reason for reject in rules if (reason := reject(s))), None)


def _echoes(slices: Sequence[Slice]) -> dict[str, str]:
    """Positions repeated by echo are no phases. A single image with another echo time is an odd one."""
    times = {s.uid: round(t, 1) for s in slices if (t := number(s.header, "EchoTime")) is not None}
    counts = Counter(times.values())
    common = [t for t, n in counts.items() if n >= _ODD * len(slices)]
    if len(common) > 1:
        listed = ", ".join(f"{t:g}" for t in sorted(common))
        return {s.uid: f"its repeated positions are echoes (TE {listed} ms), not phases" for s in slices}
    return {
        uid: f"its echo time ({t:g} ms) is not that of its series"
        for uid, t in times.items()
        if common and t not in common
    }
