"""What is wrong with a signature that wants to be scored, in sentences: asked once, before anything is scored with it.

A code that is missing or does not fit would otherwise be noticed when the first report is written, study by study.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from tilscope.models.result import RADIOMICS_MARK
from tilscope.models.signatures.base import Signature
from tilscope.models.signatures.codes import STANDARD_SCHEMES, TILSCOPE_SCHEME, CodeRow, SignatureCodes
from tilscope.models.signatures.complete_set import CompleteSet
from tilscope.models.signatures.plugin import GuideChapter, SignaturePlugin
from tilscope.models.units import UNITS

#: Value representations of PS3.5 table 6.2-1: SH for Code Value and designator, LO for Code Meaning.
LONGEST_VALUE = 16
LONGEST_MEANING = 64
#: Files of a site are named after the signature, and pages show it as an author and a year.
_ID = re.compile(r"[a-z]+\d{4}")
_UID = re.compile(r"(?=.{1,64}$)(0|[1-9]\d*)(\.(0|[1-9]\d*))+")
#: Of the signature's own members.
_IN_WORDS = ("title", "citation", "version", "published", "parameters")


def problems_of(plugin: object, others: Sequence[SignaturePlugin] = (), from_outside: bool = True) -> list[str]:
    """Every reason not to take it in; none where there is none. `others` are those that were taken in before.

    The rules for those `from_outside` keep apart what two people make who do not know of each other.
    """
    if not isinstance(plugin, SignaturePlugin):
        return [f"it is a {type(plugin).__name__}, no SignaturePlugin"]
    parts = (("codes", plugin.codes, SignatureCodes), ("complete_set", plugin.complete_set, CompleteSet),
             ("chapter", plugin.chapter, GuideChapter))  # fmt: skip
    if wrong := [f"its {name} is a {type(one).__name__}, no {kind.__name__}" for name, one, kind in parts if not isinstance(one, kind)]:  # fmt: skip
        return wrong
    if lacking := [name for name in _members() if not hasattr(plugin.signature, name)]:
        return [f"its signature lacks {', '.join(lacking)}"]
    return [
        *_of_signature(plugin.signature, others),
        *_of_codes(plugin),
        *_of_complete_set(plugin),
        *(_from_outside(plugin, others) if from_outside else ()),
    ]


def _members() -> list[str]:
    """Of the protocol."""
    return [name for name in vars(Signature) if not name.startswith("_")]


def _of_signature(signature: Signature, others: Sequence[SignaturePlugin]) -> Iterator[str]:
    if not _ID.fullmatch(signature.id):
        yield f"its id {signature.id!r} is no name and year in small letters, as in wu2018"
    if signature.id in {one.id for one in others}:
        yield f"there is a signature {signature.id} already"
    for name in _IN_WORDS:
        if not str(getattr(signature, name)).strip():
            yield f"its {name} is empty"
    if absent := [id for id in signature.model_features if id not in signature.measurement_ids]:
        yield f"its model takes {', '.join(absent)}, which is none of its measurements"


def _of_codes(plugin: SignaturePlugin) -> Iterator[str]:
    codes = plugin.codes
    for row in codes.rows():
        yield from _of_row(row)
    for id, row in codes.measurements.items():
        if row.unit not in UNITS:
            yield f"{row.value} ({id}) is in {row.unit or 'no unit'}, which is none of {', '.join(UNITS)}"
    for what, values in (
        ("code", [row.value for row in codes.own_rows()]),
        ("meaning", [row.meaning for row in codes.own_rows()]),
        ("code of measurements", [f"{row.standard} {row.value}".strip() for row in codes.measurements.values()]),
    ):
        yield from (f"the {what} {value!r} is used twice" for value, n in Counter(values).items() if n > 1)
    needed = [id for id in plugin.signature.measurement_ids if not id.startswith(RADIOMICS_MARK)]
    if absent := [id for id in needed if id not in codes.measurements]:
        yield f"no code for the measurement {', '.join(absent)}"
    if unknown := {row.standard for row in codes.rows() if row.standard} - set(STANDARD_SCHEMES):
        yield f"{', '.join(sorted(unknown))} is none of the standard schemes {', '.join(STANDARD_SCHEMES)}"
    if absent := [one for one in plugin.signature.classes if one not in codes.classes]:
        yield f"no code for the class {', '.join(absent)}"


def _of_row(row: CodeRow) -> Iterator[str]:
    for what, text, longest in (("value", row.value, LONGEST_VALUE), ("meaning", row.meaning, LONGEST_MEANING)):
        if not 0 < len(text) <= longest:
            yield f"the code {what} {text!r} has {len(text)} characters, and may have 1 to {longest}"
        if text != text.strip() or not text.isprintable() or set(text) & set("\\|"):
            yield f"the code {what} {text!r} holds a character that it may not, or begins or ends with a space"


def _of_complete_set(plugin: SignaturePlugin) -> Iterator[str]:
    complete = plugin.complete_set
    if complete.signature is not plugin.signature:
        yield "its complete set belongs to another signature"
    if not complete.columns:
        yield "its complete set has no column"
    if foreign := [name for name in complete.columns if not name.startswith(f"{plugin.id}/")]:
        yield f"the column {foreign[0]} of its complete set does not begin with {plugin.id}/"
    yield from (f"the column {name} is there twice" for name, n in Counter(complete.columns).items() if n > 1)


def _from_outside(plugin: SignaturePlugin, others: Sequence[SignaturePlugin]) -> Iterator[str]:
    scheme = plugin.codes.scheme
    if scheme.designator == TILSCOPE_SCHEME.designator or scheme.uid == TILSCOPE_SCHEME.uid:
        yield f"its coding scheme is {scheme.designator}, which is this project's: codes need a scheme of their author's own"
    if not scheme.designator.startswith("99") or not 3 <= len(scheme.designator) <= LONGEST_VALUE:
        yield f"the designator {scheme.designator!r} of its coding scheme is no 99 and up to 14 characters more"
    if not _UID.fullmatch(scheme.uid):
        yield f"the UID {scheme.uid!r} of its coding scheme is no UID"
    for other in others:
        theirs = other.codes.scheme
        if scheme != theirs and (scheme.designator == theirs.designator or scheme.uid == theirs.uid):
            yield f"its coding scheme {scheme.designator} is not that of {other.id}, which calls it so as well"
        if scheme == theirs and (both := _values(plugin) & _values(other)):
            yield f"{other.id} has the code {', '.join(sorted(both))} of the scheme {scheme.designator} already"
    for id in dict.fromkeys((*plugin.signature.measurement_ids, *plugin.codes.measurements)):
        if not id.startswith((f"{plugin.id}_", f"{RADIOMICS_MARK}{plugin.id}/")):
            yield f"the measurement {id} begins with neither {plugin.id}_ nor {RADIOMICS_MARK}{plugin.id}/"


def _values(plugin: SignaturePlugin) -> set[str]:
    return {row.value for row in plugin.codes.own_rows()}
