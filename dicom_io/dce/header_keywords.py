"""What the headers of images name as their content: a breast, and contrast. For what is only reported, never for what is measured."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydicom import Dataset

from tilscope.dicom_io.dce.values import text, value

#: Where a technologist or a protocol says what was imaged.
DESCRIPTIONS = (
    "BodyPartExamined", "StudyDescription", "SeriesDescription", "ProtocolName", "RequestedProcedureDescription",
    "PerformedProcedureStepDescription",
)  # fmt: skip
#: In the languages of the archives that we know. Not the German and Dutch words for the chest and the thoracic spine.
_BREAST = re.compile(r"breast|mamm|(?<![a-z])(mamas?|seins?)(?![a-z])|(?<![a-z])(brust|borst)(?![a-z])", re.IGNORECASE)
#: Written where no agent was given.
_NO_AGENT = {"", "NO", "NONE", "N/A", "NA", "UNKNOWN"}


def names_breast(headers: Iterable[Dataset]) -> bool:
    """Whether the descriptions of some image name a breast. Underscores part words."""
    descriptions = {text(header, keyword).replace("_", " ") for header in headers for keyword in DESCRIPTIONS}
    return any(_BREAST.search(words) for words in descriptions)


def names_contrast(headers: Iterable[Dataset]) -> bool:
    """Whether some image names the agent that was given before it."""
    return any(
        text(header, "ContrastBolusAgent").strip().upper() not in _NO_AGENT
        or bool(value(header, "ContrastBolusAgentSequence"))
        for header in headers
    )
