"""The note in the archive that a study, or one breast of it, was refused: who gets one, and how it is named.

Only where it is known that a dynamic series shows a breast, and where the reason is about the study. Other studies get
nothing, else there would be notes in every kidney and brain. In doubt there is none; the page and the API show every refusal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pydicom import Dataset

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.assembly import Assembly
from tilscope.dicom_io.dce.header_keywords import names_breast, names_contrast
from tilscope.dicom_io.identity import Author, Kind, can_be_named, present_time
from tilscope.dicom_io.objects.sr.refusal_note import RefusedImages, build_refusal
from tilscope.dicom_io.objects.sr.refused_images import images_of_assembly
from tilscope.models import PIPELINE_VERSION
from tilscope.models.imaging.series import Laterality
from tilscope.models.refusals import Refused
from tilscope.models.settings import PipelineSettings
from tilscope.models.short_hash import hash_of_facts
from tilscope.service.scoring.earlier_reports import EarlierReports
from tilscope.service.scoring.series_picture import AFTER_THE_BREAST

#: Refusals before that, noted where the headers name the breast.
BY_HEADERS = {
    "breasts-differ", "too-few-phases", "positions-differ", "duplicate-position", "irregular-spacing",
    "no-frame-of-reference", "two-slabs", "slice-shifted", "scaling-differs", "timing-unusable", "ambiguous-dynamic-series",
    "early-phase-missing", "late-phase-missing", "no-pre-phase", "phases-unlike", "no-enhancement", "no-breast",
    "neither-breast",
    "outline-other-frame", "outline-outside", "outline-unplaced", "outline-empty",
}  # fmt: skip


@contextmanager
def noting_refusals(
    archive: Archive, earlier: EarlierReports, assembly: Assembly, settings: PipelineSettings
) -> Iterator[None]:
    """A refusal of the whole study leaves its note. Where that cannot be stored, it is a fault, to be tried again."""
    try:
        yield
    except Refused as refusal:
        # A study that gets no note must not fail on how the images of its assembly are read.
        if _reasons(refusal) <= AFTER_THE_BREAST | BY_HEADERS:
            note_refusal(archive, earlier, refusal, images_of_assembly(assembly), settings)
        raise


def note_refusal(
    archive: Archive,
    earlier: EarlierReports,
    refusal: Refused,
    images: Sequence[RefusedImages],
    settings: PipelineSettings,
    of_a_pair: bool = False,
) -> Dataset | None:
    """The note, stored unless it is there already; None where none is due. `of_a_pair`: one of two breasts, of which the other is scored."""
    headers = [header for one in images for header in one.headers]
    if not all(map(can_be_named, headers)) or not (of_a_pair or _is_due(refusal, headers)):
        return None
    header = images[0].phases[0].headers[0]
    author = _author(refusal, images, settings, of_a_pair)
    edition = earlier.first_edition(lambda n: replace(author, edition=n).instance_uid(Kind.REFUSAL))
    author = replace(author, edition=edition)
    uid = author.instance_uid(Kind.REFUSAL)
    if there := earlier.named(uid):
        return there
    previous = earlier.superseded_on({file for one in images for file in one.files}, but=uid)
    exam = Laterality.BOTH if of_a_pair else author.side
    note = build_refusal(refusal.code, str(refusal), images, author, present_time(header), previous, exam)
    archive.store([note])
    return note


def _is_due(refusal: Refused, headers: Sequence[Dataset]) -> bool:
    reasons = _reasons(refusal)
    if reasons & AFTER_THE_BREAST:
        return bool(headers)
    if not reasons <= BY_HEADERS or not names_breast(headers):
        return False
    # Two volumes of the same slices are no dynamic series yet.
    return "too-few-phases" not in reasons or names_contrast(headers)


def _reasons(refusal: Refused) -> set[str]:
    """The codes; of two breasts that were refused for different reasons, both."""
    each = refusal.__cause__
    parts = each.exceptions if isinstance(each, ExceptionGroup) else (refusal,)
    return {part.code for part in parts if isinstance(part, Refused)}


def _author(refusal: Refused, images: Sequence[RefusedImages], settings: PipelineSettings, of_a_pair: bool) -> Author:
    """The name follows from the images and the refusal: the same refusal is stored once.

    What is installed at the site changes no refusal, and is left out.
    """
    sides = {one.laterality for one in images}
    side = sides.pop() if len(sides) == 1 else Laterality.BOTH
    facts = [refusal.code, str(refusal), *sorted(file for one in images for file in one.files)]
    facts += ["of a pair"] if of_a_pair else []
    name = hash_of_facts([PIPELINE_VERSION, settings.digest(), str(settings.demo), side, *facts], 32)
    return Author(PIPELINE_VERSION, settings.digest(), name, name, side, settings.demo)
