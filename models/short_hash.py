"""Names made from the content that they name: the same content has the same name on every machine and for ever.

Stored results, reports and checkpoints are found by these names, so neither the way nor the length of one may change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def short_hash(content: str | bytes, characters: int) -> str:
    """The first characters of the SHA-256, in hexadecimal digits; a text counts as UTF-8.

    >>> short_hash("the same content", 12)
    '471dfb7a8564'
    """
    whole = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(whole).hexdigest()[:characters]


def hash_of_facts(facts: Iterable[str], characters: int) -> str:
    """Of several facts, in this order.

    >>> hash_of_facts(["one fact", "another"], 16)
    '08a0dd292be2838c'
    """
    return short_hash("\n".join(facts), characters)
