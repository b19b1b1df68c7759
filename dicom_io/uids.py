"""What is a UID."""

from __future__ import annotations

import re


def is_uid(text: str) -> bool:
    """Whether a text is a UID; anything else must not become part of an address, where dots and slashes lead elsewhere.

    >>> is_uid("1.2.840.10008"), is_uid("../../tools/shutdown?")
    (True, False)
    """
    return re.fullmatch(r"[0-9.]{1,64}", text) is not None
