"""Header values as broken senders, de-identifiers and disks leave them."""

from __future__ import annotations

import os

from pydicom import Dataset, config
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement

#: How many studies are damaged.
STUDIES = int(os.environ.get("TILSCOPE_FUZZ", "200"))

#: What broken senders, broken de-identifiers and broken disks make of a value.
GARBAGE = (
    "",
    None,
    "0",
    "-1",
    "999999",
    "1e309",
    "nan",
    "abc",
    "20",
    "10\\20\\30",
    "995959",
    "240000",
    "\x00",
    "é" * 40,
)


def put(header: Dataset, keyword: str, value: object) -> None:
    """As it would be read from a file: not checked when it is set."""
    tag = tag_for_keyword(keyword)
    assert tag is not None
    if isinstance(value, str) and "\\" in value:
        value = value.split("\\")
    try:
        header[tag] = DataElement(tag, dictionary_VR(tag), value, validation_mode=config.IGNORE)
    except (ValueError, TypeError, OverflowError):
        header.pop(tag, None)  # pydicom cannot hold it in memory either
