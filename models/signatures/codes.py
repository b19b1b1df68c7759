"""What a signature is called in DICOM, as plain rows; `dicom_io.objects.codes` makes coded concepts of them.

A code is never renamed, reused or removed once a report was written with it: old reports keep their meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class CodingScheme:
    """Who is behind a private designator (PS3.3 C.12.1); every report that uses it names it."""

    designator: str
    """Begins with 99, as every private one does (PS3.16 section 8.2)."""
    uid: str
    """Minted once for the scheme; permanent."""
    name: str
    version: str
    organization: str


#: The project's own. Whoever writes a signature outside this repository brings a scheme of their own.
TILSCOPE_SCHEME = CodingScheme(
    designator="99TILSCOPE",
    uid="2.25.152462222976150313558411961826962721617",
    name="TILscope coded concepts",
    version="1",
    organization="TILscope",
)


#: Designators of PS3.16 table 8-1: DICOM's own, SNOMED CT, LOINC, and the standard of radiomics.
STANDARD_SCHEMES = ("DCM", "SCT", "LN", "IBSI")


@dataclass(frozen=True)
class CodeRow:
    """One concept."""

    value: str
    """Code Value: at most 16 characters (SH)."""
    meaning: str
    """Code Meaning: at most 64 characters (LO)."""
    unit: str = ""
    """UCUM; '' for a concept that is no quantity."""
    definition: str = ""
    standard: str = ""
    """One of `STANDARD_SCHEMES` where one has the concept; '' for the signature's own scheme."""


@dataclass(frozen=True)
class SignatureCodes:
    """Every concept that a signature's part of a report needs."""

    finding: CodeRow
    """The signature itself."""
    measurements: Mapping[str, CodeRow]
    """Every score and feature by its id. A feature whose id begins with `radiomics:` needs no row: it has a code of its name."""
    class_name: CodeRow
    """What the signature's classes are classes of."""
    classes: Mapping[str, CodeRow]
    """By the class in the signature's words; the cut-off stands in the meaning."""
    source: str
    """Whose definitions these are, as in 'Wu 2018'."""
    scheme: CodingScheme

    def rows(self) -> Iterator[CodeRow]:
        """All, standard ones too."""
        yield self.finding
        yield self.class_name
        yield from self.classes.values()
        yield from self.measurements.values()

    def own_rows(self) -> Iterator[CodeRow]:
        """Those of the signature's scheme."""
        return (row for row in self.rows() if not row.standard)
