"""docs/objects.md: every object that a scored study gets, who reads it, and which rules it keeps.

`PYTHONPATH=.:tests python -m conformance.page` writes it; a test holds it to the code.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from conformance.allowed import ALLOWED
from conformance.cases import CASES
from conformance.readers import LABEL_MAP_STORAGE, READERS
from conformance.rules import RULES
from conformance.written import WrittenCase, WrittenObject, write

from tilscope.dicom_io.identity import Kind
from tilscope.dicom_io.objects.further_objects import kinds_of_measurement
from tilscope.models.imaging.series import Laterality
from tilscope.models.settings import FURTHER_OBJECTS, USUAL_OBJECTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "objects.md"

PURPOSE: dict[Kind, str] = {
    Kind.SEGMENTATION: "The lesions and nothing else, in any viewer that shows segmentations; lesion n is segment n. What is no sure "
    "lesion is named and coded as what it is: a candidate, or diffuse enhancement.",
    Kind.TISSUE_SEGMENTATION: "Fibroglandular tissue and the ring around the index lesion, apart from the lesions, so that a viewer opens with "
    "nothing painted but lesions.",
    Kind.BREAST_SEGMENTATION: "The whole breast, and all of its fibroglandular tissue as it is measured: with the lesions, what the features of the "
    "parenchyma can be computed from again. They contain the others, so they stand apart: viewers split what overlaps.",
    Kind.REPORT: "Everything that was measured and concluded, with codes and units, for people and for programs. Of candidates it has the "
    "measurements, no score, and says that a reader must decide.",
    Kind.SUMMARY: "One page for viewers that show neither segmentations nor reports.",
    Kind.PE_MAP: "Percent enhancement of every voxel in the breasts, as numbers.",
    Kind.SER_MAP: "Signal enhancement ratio of every voxel that enhances, as numbers.",
    Kind.CONTOURS: "Pictures of the early phase with the lesions' contours, for viewers that show nothing else.",
    Kind.PRESENTATION: "The lesions' contours in their colours over the images themselves, for viewers that know presentation states and no "
    "segmentations.",
    Kind.KEY_IMAGES: "The slices where the lesions are largest, for viewers that jump to key images.",
    Kind.CONTOUR_REPORT: "The index lesion's contour on its key slice, for viewers that draw what a report says.",
    Kind.STRUCTURE_SET: "The contours of lesions and breast, for planning systems and whatever else knows no segmentation.",
    Kind.TURNING: "The subtraction's brightest of the breasts alone, turning about the patient's long axis: a film of 30 frames, lossless, "
    "that viewers play.",
    Kind.REFUSAL: "Why a breast study or one breast of a pair has no score, and what was found of it.",
}  # fmt: skip

#: Of the class that pydicom does not name.
CLASS_NAMES = {LABEL_MAP_STORAGE: "Label Map Segmentation Storage"}

HEAD = """# Objects

What a scored study gets, each object in a series of its own. Written by `PYTHONPATH=.:tests python -m conformance.page`
from what the conformance suite (`tests/conformance`) writes and checks; a test holds it to the code.
"""


#: Together they have an object of every kind and class.
SHOWN = ("axial", "label maps", "refused")


def page_of(cases: Sequence[WrittenCase]) -> str:
    """The whole page, from the cases of `SHOWN`."""
    objects = [one for case in cases for one in case.objects]
    parts = [HEAD, *_objects(objects), *_cases(), *_readers(objects), *_rules(), *_allowed()]
    return "\n".join(parts) + "\n"


def _objects(objects: Sequence[WrittenObject]) -> Iterable[str]:
    titles = ("object", "SOP class", "modality", "series number: both, right, left", "series description", "written")
    yield from _table_head(*titles, "what it is for")
    for kind in Kind:
        made = [one.dataset for one in objects if one.kind is kind]
        classes = dict.fromkeys(obj.SOPClassUID for obj in made)
        yield _row(
            _name(kind),
            "; ".join(f"{CLASS_NAMES.get(uid, uid.name)}, {uid}" for uid in classes),
            made[0].Modality,
            ", ".join(str(kind.series_number(side)) for side in (Laterality.BOTH, Laterality.RIGHT, Laterality.LEFT)),
            f"`{kind.description(Laterality.BOTH)}`",
            _written(kind),
            PURPOSE[kind],
        )
    yield "\nDescriptions of objects about one breast end with `_right` or `_left`; those of a demonstration begin with"
    yield "`DEMO_`. What is written by setting is named by `Objects` in Orthanc's configuration or `--objects` of `tilscope score`;"
    yield "the segmentation becomes a label map by `SegmentationType`, that of the breast does not, since its segments overlap."


def _written(kind: Kind) -> str:
    if kind is Kind.REFUSAL:
        return "where a rule says no"
    if kind is Kind.TISSUE_SEGMENTATION:
        return "where there is such tissue"
    if kind in (Kind.REPORT, Kind.SUMMARY, *kinds_of_measurement(USUAL_OBJECTS)):
        return "always"
    (word,) = (w for w in FURTHER_OBJECTS if kind in kinds_of_measurement(USUAL_OBJECTS.and_also([w])))
    return f"by setting `{word}`"


def _cases() -> Iterable[str]:
    yield "\n## Studies that the suite writes them for\n"
    yield from _table_head("study", "what it shows")
    yield from (_row(name, case.shows) for name, case in CASES.items())


def _readers(objects: Sequence[WrittenObject]) -> Iterable[str]:
    """Which program reads which object back."""
    yield "\n## Who reads them back\n"
    yield "Each finds in every study above what was written: the same numbers with their units, the same voxels in their place."
    yield "dciodvfy and, over all objects and the images of a study together, dcentvfy find nothing but what is allowed below.\n"
    yield from _table_head("reader", "objects", "but not")
    for reader in READERS:
        read = dict.fromkeys(one.kind for one in objects if reader.reads(one.dataset))
        yield _row(reader.program, "all" if len(read) == len(Kind) else ", ".join(map(_name, read)), reader.not_read)


def _name(kind: Kind) -> str:
    return kind.name.lower().replace("_", " ")


def _rules() -> Iterable[str]:
    yield "\n## Rules that they keep\n"
    yield "Each is a test of its own in every study above, and each is shown to notice an object that breaks it. IHE AI Results is"
    yield "cited after Rev. 1.3 (Trial Implementation, August 2025), section 6.5.3.1 and what it says of qualitative findings, as"
    yield "published transcriptions quote them.\n"
    yield from _table_head("rule", "asked by")
    yield from (_row(rule.name, rule.source) for rule in RULES.values())


def _allowed() -> Iterable[str]:
    yield "\n## What validators say that is allowed\n"
    yield "A line that no object needs any more fails the suite.\n"
    yield from _table_head("program", "what it says", "of", "why it is no fault")
    yield from (_row(one.program, f"`{one.says}`", one.where or "any study", one.reason) for one in ALLOWED)


def _table_head(*titles: str) -> Sequence[str]:
    return _row(*titles), "|" + "---|" * len(titles)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def page() -> str:
    with tempfile.TemporaryDirectory() as folder:
        return page_of([write(name, Path(folder) / str(number)) for number, name in enumerate(SHOWN)])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
