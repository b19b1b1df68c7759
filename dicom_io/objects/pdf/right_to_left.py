"""Arabic and Hebrew for a writer that sets letters one after the other from the left, as PDF does.

Enough for names and sentences with names in them; the full bidirectional algorithm (UAX 9) has levels that these never
reach. Arabic letters take the shape that their neighbours ask for: Unicode holds the shapes as presentation forms, and
Python's own table lists which letter each belongs to.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_LAM = "\u0644"
_BRACKETS = str.maketrans("()[]{}<>", ")(][}{><")


def drawn_order(text: str) -> str:
    """The text as it is drawn from the left; one without right-to-left letters is as it was.

    >>> drawn_order("Anna (1)")
    'Anna (1)'
    >>> drawn_order("\u05db\u05d4\u05df 12") == "12 \u05df\u05d4\u05db"
    True
    """
    sides = _sides(text)
    if "r" not in sides:
        return text
    if "l" not in sides:
        return _reversed(text)  # all of it reads from the right, its numbers and brackets too
    # Within a sentence of another script, each stretch by itself.
    parts, done = [], 0
    for stretch in re.finditer("r(?:[rn]*r)?", sides):
        parts += [text[done : stretch.start()], _reversed(text[stretch.start() : stretch.end()])]
        done = stretch.end()
    return "".join(parts) + text[done:]


def _sides(text: str) -> str:
    """r, l or n (neither) for every character; a mark goes with the letter that it stands on."""
    sides = ""
    for c in text:
        kind = unicodedata.bidirectional(c)
        if kind == "NSM":
            sides += sides[-1:] or "n"
        else:
            sides += "r" if kind in ("R", "AL") else "l" if kind == "L" else "n"
    return sides


def _reversed(text: str) -> str:
    """Letters with their marks from the last to the first; numbers keep their digits' order."""
    clusters = re.findall(
        r"\d+(?:[.,:/-]\d+)*|.[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]*", _joined(text), re.DOTALL
    )
    return "".join(c if c[0].isdigit() else c.translate(_BRACKETS) for c in reversed(clusters))


@cache
def _forms() -> dict[str, dict[str, str]]:
    """Letter (or lam with alef) -> its forms: isolated, final, initial, medial."""
    found: dict[str, dict[str, str]] = {}
    for code in range(0xFB50, 0xFEFD):
        shape, *letters = unicodedata.decomposition(chr(code)).split() or [""]
        letter = "".join(chr(int(c, 16)) for c in letters)
        if len(letter) == 1 or (len(letter) == 2 and letter[0] == _LAM and letter[1] in "\u0622\u0623\u0625\u0627"):
            found.setdefault(letter, {})[shape.strip("<>")] = chr(code)
    return found


def _joined(text: str) -> str:
    """Every Arabic letter in the form that it takes between its neighbours."""
    units = re.findall(f"{_LAM}[\u0622\u0623\u0625\u0627]|.", text, re.DOTALL)
    forms = [_forms().get(unit, {}) for unit in units]
    seen = [n for n, unit in enumerate(units) if not unicodedata.combining(unit[0])]
    out = list(units)
    for before, here, after in zip([None, *seen], seen, [*seen[1:], None], strict=False):
        own = forms[here]
        from_before = before is not None and "initial" in forms[before] and "final" in own
        to_after = after is not None and "initial" in own and "final" in forms[after]
        shape = {(True, True): "medial", (True, False): "final", (False, True): "initial"}.get(
            (from_before, to_after), "isolated"
        )
        out[here] = own.get(shape, units[here])
    return "".join(out)
