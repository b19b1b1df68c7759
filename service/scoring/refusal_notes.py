"""The note in the archive that a study, or one breast of it, was refused: who gets one, and how it is named.

Only where it is known that a dynamic series shows a breast, and where the reason is about the study. A study that is none of
our business gets nothing: its owners would find our notes in every kidney and brain. In doubt there is none; the page and the
API tell of every refusal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pydicom import Dataset

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.assembly import Assembly, FoundSeries
from tilscope.dicom_io.dce.header_keywords import names_breast, names_contrast
from tilscope.dicom_io.dce.phase_times import PhaseTimes, time_phases
from tilscope.dicom_io.dce.series_groups import SeriesGroup
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.identity import Author, Kind, can_be_named, present_time
from tilscope.dicom_io.objects.sr.refusal_note import RefusedImages, RefusedPhase, build_refusal
from tilscope.dicom_io.objects.sr.report_chain import answers_that_hold, first_edition
from tilscope.models import PIPELINE_VERSION
from tilscope.models.imaging.series import Laterality
from tilscope.models.refusals import Refused
from tilscope.models.settings import PipelineSettings
from tilscope.models.short_hash import hash_of_facts

#: What is said no to once the breast was found in the images: then it is one, whatever their headers call it.
AFTER_THE_BREAST = {"motion-too-large", "motion-folds", "no-lesion", "no-lesion-there", "too-noisy"}
#: What is said about a dynamic series before that: where its headers name the breast.
BY_HEADERS = {
    "breasts-differ", "too-few-phases", "positions-differ", "duplicate-position", "irregular-spacing",
    "no-frame-of-reference", "two-slabs", "slice-shifted", "scaling-differs", "timing-unusable", "ambiguous-dynamic-series",
    "early-phase-missing", "late-phase-missing", "no-pre-phase", "no-enhancement", "no-breast", "neither-breast",
    "outline-other-frame", "outline-outside", "outline-unplaced", "outline-empty",
}  # fmt: skip


@contextmanager
def noting_refusals(archive: Archive, assembly: Assembly, settings: PipelineSettings) -> Iterator[None]:
    """A refusal of the whole study leaves its note. Where that cannot be stored, it is a fault, to be tried again."""
    try:
        yield
    except Refused as refusal:
        # What is none of our business must not fail on how its images are looked at.
        if _reasons(refusal) <= AFTER_THE_BREAST | BY_HEADERS:
            note_refusal(archive, refusal, _images_of(assembly), settings)
        raise


def note_refusal(
    archive: Archive,
    refusal: Refused,
    images: Sequence[RefusedImages],
    settings: PipelineSettings,
    is_breast: bool = False,
) -> Dataset | None:
    """The note, stored unless it is there already; None where none is due. `is_breast`: that is known from elsewhere."""
    headers = [header for one in images for header in one.headers]
    if not all(map(can_be_named, headers)) or not (is_breast or _is_due(refusal, headers)):
        return None
    header = images[0].phases[0].headers[0]
    reports = archive.our_reports(str(header.StudyInstanceUID))
    author = _author(refusal, images, settings)
    author = replace(
        author, edition=first_edition(reports, lambda n: replace(author, edition=n).instance_uid(Kind.REFUSAL))
    )
    uid = author.instance_uid(Kind.REFUSAL)
    if there := next((report for report in reports if report.SOPInstanceUID == uid), None):
        return there
    files = {file for one in images for file in one.files}
    previous = answers_that_hold(reports, files, but=uid)
    note = build_refusal(refusal.code, str(refusal), images, author, present_time(header), previous)
    archive.store([note])
    return note


def images_of_source(source: DceSource) -> RefusedImages:
    """Of a series that was assembled, and refused for what its images show."""
    phases = [RefusedPhase(p.headers, source.roles.name(n), p.time_s) for n, p in enumerate(source.phases)]
    return RefusedImages(
        source.laterality, phases, source.time_zero if source.injection_recorded else "", source.frames
    )


def _images_of(assembly: Assembly) -> list[RefusedImages]:
    if not all(one.shows_breast for one in assembly.found):
        return []
    found = [_images_of_found(one) for one in assembly.found]
    return found or [_images_of_candidate(candidate, None) for candidate in assembly.named]


def _images_of_found(found: FoundSeries) -> RefusedImages:
    return (
        _images_of_candidate(found.candidate, found.times) if found.source is None else images_of_source(found.source)
    )


def _images_of_candidate(candidate: SeriesGroup, times: PhaseTimes | None) -> RefusedImages:
    """In the order of time, if the refusal came after that was known: the reason numbers the phases so."""
    volumes = [candidate.volumes[index] for index in (times.order if times else range(len(candidate.volumes)))]
    times = times or _times_of(candidate)
    mid_s = dict(zip((candidate.volumes[i] for i in times.order), times.mid_s, strict=True)) if times else {}
    phases = [RefusedPhase([s.header for s in volume.slices], time_s=mid_s.get(volume)) for volume in volumes]
    frames = {s.uid: s.frame for volume in volumes for s in volume.slices if s.frame is not None}
    time_zero = times.time_zero if times and times.injection_recorded else ""
    return RefusedImages(candidate.laterality, phases, time_zero, frames)


def _times_of(candidate: SeriesGroup) -> PhaseTimes | None:
    """Of one that was refused before anybody looked at its clocks."""
    if len(candidate.volumes) < 2:
        return None
    try:
        return time_phases(candidate.volumes, candidate.name)
    except Refused:
        return None


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


def _author(refusal: Refused, images: Sequence[RefusedImages], settings: PipelineSettings) -> Author:
    """The name follows from the images and from what is said of them: the same refusal is stored once.

    What is installed at the site changes no refusal, and is left out.
    """
    sides = {one.laterality for one in images}
    side = sides.pop() if len(sides) == 1 else Laterality.BOTH
    facts = [refusal.code, str(refusal), *sorted(file for one in images for file in one.files)]
    name = hash_of_facts([PIPELINE_VERSION, settings.digest(), str(settings.demo), side, *facts], 32)
    return Author(PIPELINE_VERSION, settings.digest(), name, name, side, settings.demo)
