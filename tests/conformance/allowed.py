"""What validators complain of that is known and no fault of ours: ONE list, each line with its reason.

A line that no object of the suite needs any more fails the suite (`test_validators`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tilscope.dicom_io.objects.codes.private_codes import SCHEME, SCHEME_UID


@dataclass(frozen=True)
class Allowed:
    program: str
    says: str
    """A part of the line, letter for letter; or several, with … between."""
    reason: str
    where: str = ""
    """The cases in which it may be said, by the beginning of their names."""

    def covers(self, program: str, line: str, case: str | None) -> bool:
        here = case is None or case.startswith(self.where)
        parts = self.says.split("…")
        return program == self.program and all(part in line for part in parts) and here


#: Templates that are extensible (PS3.16): what stands in them beside their rows, by the end of the line.
_BESIDE_THE_ROWS = {
    '(121106,DCM,"Comment")': "The research use, and the reason of a missing number beside it, in words.",
    '(121111,DCM,"Summary")': "What a person reads first.",
    '"Summary")/TEXT (': "The sentences of the summary, each under the concept that it is about.",
    '(276214006,SCT,"Finding category")': "A row of TID 1411 and 1410 in later editions than the validator's of 2022.",
    '(111001,DCM,"Algorithm Name")': "TID 4019 in a group, which IHE AI Results demands.",
    '(111002,DCM,"Algorithm Parameters")': "TID 4019 in a group, which IHE AI Results demands.",
    '(111003,DCM,"Algorithm Version")': "TID 4019 in a group, which IHE AI Results demands.",
    '(122665,DCM,"Time interval since injection of contrast media")': "When each phase was acquired (TID 1602, contrast).",
    **dict.fromkeys(
        (
            '(111048,DCM,"Quadrant location")',
            '(111014,DCM,"Clockface or region")',
            '(111020,DCM,"Depth")',
            '(300842002,SCT,"Shape")',
            '(111037,DCM,"Margins")',
            '(RID6058,RADLEX,"Enhancement pattern")',
            '(129715009,SCT,"Breast composition")',
        ),
        "A word about the lesion or the breast: a group takes any qualitative evaluation (TID 1419).",
    ),
    f",{SCHEME},": "Our own concepts, declared in the report.",
}

ALLOWED: tuple[Allowed, ...] = (
    Allowed(
        "dciodvfy",
        "should be absent (not empty) if an unpaired body part, and have a value if a paired body part",
        "A presentation state over both breasts: the series' Laterality is R or L, and no value means both.",
    ),
    Allowed(
        "PixelMed",
        "not found in context group 100",
        "Procedure Reported is coded in LOINC, as breast MR with both sides has no code in CID 100, which is extensible.",
    ),
    Allowed(
        "PixelMed",
        ": Missing value",
        "A number that could not be computed: an empty value with its reason of CID 42 (PS3.3 C.18.1), never a stand-in.",
    ),
    Allowed(
        "PixelMed",
        "SpecificCharacterSet/value[1]: Unrecognized defined term :ISO_IR 192:",
        "UTF-8 is a defined term of PS3.3 C.12.1.1.2 for a single value; the validator's table lacks it.",
    ),
    *(
        Allowed("PixelMed", f"{item}…: Content Item not in template", f"An item of an extensible template. {why}")
        for item, why in _BESIDE_THE_ROWS.items()
    ),
    Allowed(
        "dciodvfy",
        "Attribute is not present in standard DICOM IOD - (0x0018,0x1002) UI Device UID",
        "IHE AI Results demands the Device UID in the Contributing Equipment Sequence; the validator's tables (2022) are older than its place there.",
    ),
    Allowed(
        "dciodvfy",
        "Dicom dataset contains attributes not present in standard DICOM IOD - this is a Standard Extended SOP Class",
        "Follows from the line about the Device UID; any other such attribute would have a line of its own.",
    ),
    Allowed(
        "dciodvfy",
        f"Unrecognized defined term <{SCHEME}> for value 1 of attribute <Coding Scheme Designator>",
        "The private scheme, declared in every object that uses it; a validator cannot know it.",
    ),
    Allowed(
        "dciodvfy",
        f"Unrecognized defined term <{SCHEME_UID}> for value 1 of attribute <Coding Scheme UID>",
        "The permanent UID of the private scheme.",
    ),
    Allowed(
        "dciodvfy",
        "Unrecognized defined term <QUANTITY> for value 4 of attribute <",
        "Derived pixel contrast of a parametric map, for Image Type and Frame Type; the validator's table lists those of scanners.",
    ),
    Allowed(
        "dciodvfy",
        "Error - Information Object Not found",
        "Label Map Segmentation Storage is younger than this validator.",
        "label maps",
    ),
    Allowed(
        "dciodvfy",
        "with SegmentNumber of 0",
        "A label map's background is segment 0; the validator counts from 1 as for masks.",
        "label maps",
    ),
    Allowed(
        "dciodvfy",
        "Shall not be present for Referenced SOP Class that is not segmentation - attribute <ReferencedSegmentNumber>",
        "A label map is a segmentation; the validator does not know the class yet.",
        "label maps",
    ),
    Allowed(
        "dcentvfy",
        "Different information entities for attribute - Element=<AccessionNumber> IE <",
        "The Encapsulated Document Series module has an accession number of its own (PS3.3 C.24.1), so the validator sees one name on two levels; the values agree.",
    ),
    Allowed(
        "dcentvfy",
        "Unrecognized SOP Class - 1.2.840.10008.5.1.4.1.1.66.7 - so cannot determine information entity",
        "Label Map Segmentation Storage is younger than this validator.",
        "label maps",
    ),
    Allowed(
        "dcentvfy",
        "IE <Unknown> versus <",
        "Follows from the label map's class that it does not know; a contradiction of values has a line of its own.",
        "label maps",
    ),
    *(
        Allowed(
            "dciodvfy",
            "Missing attribute or value that would be needed to build DICOMDIR - Study ",
            "The images do not tell the study's date, time or identifier; a result must not make them up.",
            case,
        )
        for case in ("de-identified", "little said")
    ),
    *(
        Allowed(
            "dcentvfy",
            f"Attribute present in one instance but not the other - Element=<{keyword}>",
            "What is said of the patient in free text stays with the images.",
            "everything said",
        )
        for keyword in ("PatientComments", "AdditionalPatientHistory")
    ),
    *(
        Allowed(
            "dcentvfy",
            f"Attribute present in one instance but not the other - Element=<{keyword}>",
            "Type 2: present and empty in our objects, though the images lack it.",
            "little said",
        )
        for keyword in ("ReferringPhysicianName", "StudyID")
    ),
    Allowed(
        "dcentvfy",
        "Attribute is empty (zero length) in one instance - OK only If Type 2 attribute in that IOD - Element=<Patient",
        "A birth date and a sex that are none are not passed on.",
        "little said",
    ),
    Allowed(
        "dcentvfy",
        "String attribute has different value - Element=<PatientName>",
        "The validator compares bytes; ours are UTF-8, those of the images another character set. That the names are the same is a rule of its own.",
        "a name in",
    ),
    Allowed(
        "dsrdump",
        "The VR checker does not support this Specific Character Set: ISO_IR 192",
        "dcmtk 3.6.7 does not check text in UTF-8; it reads it.",
    ),
    Allowed(
        "dsrdump",
        "Check for template constraints not yet supported",
        "What dcmtk says of every key object selection.",
    ),
)  # fmt: skip


def unexplained(program: str, lines: Iterable[str], case: str | None = None) -> list[str]:
    """What is not on the list for that case; None for an object of no case."""
    return [line for line in lines if not any(allowed.covers(program, line, case) for allowed in ALLOWED)]
