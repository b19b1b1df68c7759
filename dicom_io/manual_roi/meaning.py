"""Which segments are lesions: by coded type, else by the words of their label.

A code can only say yes. Drawing tools fill in Tissue, Organ or the breast where nobody has chosen a type, so a code that
is no lesion's leaves the word to the label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.sr.coding import Code

from tilscope.dicom_io.dce.values import text

#: CID 7159 as far as it means a tumour, and the breast's own tumours. pydicom knows each one's older SRT code.
LESION_TYPES = (
    Code("52988006", "SCT", "Lesion"),
    Code("4147007", "SCT", "Mass"),
    Code("27925004", "SCT", "Nodule"),
    Code("108369006", "SCT", "Neoplasm"),
    Code("372087000", "SCT", "Neoplasm, Primary"),
    Code("86049000", "SCT", "Neoplasm, Primary"),
    Code("14799000", "SCT", "Neoplasm, Secondary"),
    Code("126926005", "SCT", "Neoplasm of breast"),
    Code("254837009", "SCT", "Malignant neoplasm of breast"),
    Code("C113842", "NCIt", "Enhancing Lesion"),
)

#: Other names for the scheme of SNOMED's older codes (PS3.16 8.1).
_OLDER_SNOMED = {"SNM3", "99SDM"}

#: The last are our own names of regions (`Finding`): OHIF keeps the name of a segment that was corrected, and not its type.
_LESION_WORDS = re.compile(
    r"(?<![a-z])(lesions?|tumou?rs?|mass|masses|neoplasms?|cancers?|carcinomas?|malignan\w+|nodules?|nme|gtv\w*"
    r"|candidates?|diffuse enhancement)(?![a-z])"
)
#: What surrounds a tumour, or is named after it and is none.
_OTHER_WORDS = re.compile(
    r"(?<![a-z])(peri\w*|ring|rim|bed|margins?|clips?|cysts?|o?edema|nodes?|lymph|stroma|normal|ctv\w*|ptv\w*)(?![a-z])"
)
#: The name that a tool gives where a person has typed none: "Segment 1", "Segment_1", "ROI-2", "".
_NO_NAME = re.compile(r"(segment|segmentation|label|labelmap|roi|region|contour|structure|freehand)?[\s_#-]*\d*")

#: Types that do not name what was drawn.
_GENERAL_TYPES = (
    Code("85756007", "SCT", "Tissue"),
    Code("113343008", "SCT", "Organ"),
    Code("49755003", "SCT", "Morphologically Abnormal Structure"),
    Code("91723000", "SCT", "Anatomical Structure"),
)


@dataclass(frozen=True)
class Named:
    """A segment or region of interest with everything that identifies it."""

    number: int
    label: str
    type: Code | None = None
    interpreted: str = ""
    """RT ROI Interpreted Type: GTV, ORGAN, EXTERNAL, ..."""

    @property
    def is_lesion(self) -> bool:
        """By type, or by words."""
        if self.interpreted == "GTV" or _among(self.type, LESION_TYPES):
            return True
        words = f"{self.label} {self.type.meaning if self.type else ''}".lower().replace("_", " ")
        return bool(_LESION_WORDS.search(words)) and not _OTHER_WORDS.search(words)

    @property
    def is_unnamed(self) -> bool:
        """Nothing in the header names what this is."""
        general = self.type is None or _among(self.type, _GENERAL_TYPES)
        return general and not self.interpreted and bool(_NO_NAME.fullmatch(self.label.strip().lower()))


def lesions_among(segments: Sequence[Named]) -> tuple[Named, ...]:
    """The lesions of one object. Without any, what has no name counts: whoever draws one thing seldom names it."""
    named = tuple(segment for segment in segments if segment.is_lesion)
    return named or tuple(segment for segment in segments if segment.is_unnamed)


def code_of(items: Sequence[Dataset] | None) -> Code | None:
    """The first code of a code sequence; None where it is absent or incomplete."""
    if not items:
        return None
    value = text(items[0], "CodeValue") or text(items[0], "LongCodeValue")
    scheme = text(items[0], "CodingSchemeDesignator")
    if not value or not scheme:
        return None
    return Code(value, "SRT" if scheme in _OLDER_SNOMED else scheme, text(items[0], "CodeMeaning"))


def _among(code: Code | None, listed: Iterable[Code]) -> bool:
    return code is not None and any(code == other for other in listed)
