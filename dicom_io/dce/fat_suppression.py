"""Whether an image's header says that fat is suppressed: by whichever of the places where scanners write it.

Each place is read by itself, and two images are compared place by place: ScanOptions without FS means something beside
ScanOptions with FS of the same study, and nothing by itself. Where no place tells of both, the headers do not, and the
pixels must (`models.preparation.unlike_phases`). Descriptions decide nothing; they are a hint that `inspect` passes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pydicom import Dataset

from tilscope.dicom_io.dce.values import text, words

#: PS3.3 C.8.3.1.1.3 defines FS; GE, Siemens, Hitachi and Canon write the others.
_SUPPRESSING_OPTIONS = {"FS", "FAT_SAT", "FATSAT", "FAT SAT", "FATSUP", "SPAIR", "SPIR", "STIR", "WE", "WATER_EXC"}
#: Something is saturated or not told; GE writes SAT_GEMS for bands beside the breast as for fat.
_UNCLEAR_OPTIONS = {"SAT_GEMS", "OTHER"}
#: Parts of a Dixon acquisition, as ImageType has them from the third value on (GE, Siemens, Philips; PS3.3 C.8.13.3.1).
WATER = {"WATER", "W", "W_FFE", "W_TFE"}
IN_PHASE = {"IN_PHASE", "IP", "IN", "IP_FFE", "IP_TFE"}
OPPOSED_PHASE = {"OUT_OF_PHASE", "OPP_PHASE", "OPPOSED_PHASE", "OP", "OPP", "OUT", "OP_FFE", "OP_TFE"}
FAT = {"FAT", "F", "F_FFE", "F_TFE"}
_SAID_TO_BE_OFF = re.compile(
    r"(non?|without|w/?o|ohne|sans|senza|sin)[ _-]*(fat|fs)|(?<![a-z])n(on)?fs(?![a-z])", re.IGNORECASE
)
_SAID_TO_BE_ON = re.compile(
    r"fat[ _-]*(sat|sup)|(?<![a-z])(fs|spair|spir|stir|dixon[ _-]*w|water)(?![a-z])", re.IGNORECASE
)


def _by_spectral_selection(header: Dataset) -> bool | None:
    """The enhanced MR image's own words (PS3.3 C.8.13.4 and C.8.13.5.5); some classic images carry them too."""
    if suppressed := text(header, "SpectrallySelectedSuppression").upper():
        return "FAT" in suppressed
    return {"WATER": True, "FAT": False}.get(text(header, "SpectrallySelectedExcitation").upper())


def _by_dixon(header: Dataset) -> bool | None:
    parts = set(words(header, "ImageType")[2:])
    if parts & WATER:
        return True
    return False if parts & (IN_PHASE | OPPOSED_PHASE | FAT) else None


def _by_scan_options(header: Dataset) -> bool | None:
    """An empty element says that no option was used (type 2); an absent one says nothing."""
    if "ScanOptions" not in header:
        return None
    options = {option.strip() for option in words(header, "ScanOptions")}
    if options & _SUPPRESSING_OPTIONS:
        return True
    return None if options & _UNCLEAR_OPTIONS else False


def _by_preparation(header: Dataset) -> bool | None:
    """Pulses before the excitation (MP) are how fat is suppressed in a spoiled gradient echo."""
    variant = words(header, "SequenceVariant")
    return "MP" in variant if variant else None


def described_as_suppressed(header: Dataset) -> bool | None:
    """By SeriesDescription; None where it says nothing of fat."""
    description = text(header, "SeriesDescription")
    if _SAID_TO_BE_OFF.search(description):
        return False
    return True if _SAID_TO_BE_ON.search(description) else None


#: In the order of trust.
PLACES: dict[str, Callable[[Dataset], bool | None]] = {
    "SpectrallySelectedSuppression": _by_spectral_selection,
    "ImageType": _by_dixon,
    "ScanOptions": _by_scan_options,
    "SequenceVariant": _by_preparation,
}
