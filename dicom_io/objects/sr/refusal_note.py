"""The note in a study that was refused: a Basic Text SR that states that there is no score, why, and what was found.

Text is all that it holds: a class without numbers shows in every viewer, and no program can take it for measurements. It
claims no template. Its title is our own, for no standard one means that an analysis was refused; one item says so in the words
of CAD (CID 6042).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import highdicom as hd
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import BasicTextSRStorage

from tilscope.dicom_io.dce.enhanced_frames import EnhancedFrame, resolve
from tilscope.dicom_io.dce.source import name_of_series
from tilscope.dicom_io.identity import MANUFACTURER, Author, Kind, inherited, notice, reference, sign
from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.codes.private_codes import declare_scheme, private
from tilscope.dicom_io.objects.sr.measurement_items import comment
from tilscope.dicom_io.objects.sr.report_chain import PreviousReport, predecessor
from tilscope.dicom_io.objects.sr.report_form import an_item_a_line, observer
from tilscope.models.imaging.series import Laterality

_CONTAINS = hd.sr.RelationshipTypeValues.CONTAINS
#: What a reader might take the note for.
_NO_FINDING = "Nothing was concluded about the breast: this is no negative finding."


@dataclass(frozen=True, eq=False)
class RefusedPhase:
    """One volume of a dynamic series that was refused."""

    headers: Sequence[Dataset]
    role: str = ""
    """pre, early or late; '' for a phase between, or where the order is not known."""
    time_s: float | None = None
    """Middle of the acquisition in seconds after the injection; None where no clock serves."""


@dataclass(frozen=True, eq=False)
class RefusedImages:
    """A dynamic series that was refused, as far as it could be made out."""

    laterality: Laterality
    phases: Sequence[RefusedPhase]
    time_zero: str = ""
    """What the headers record as the moment of injection; '' where they do not."""
    frames: Mapping[str, EnhancedFrame] = field(default_factory=dict)

    @property
    def headers(self) -> list[Dataset]:
        return [header for phase in self.phases for header in phase.headers]

    @property
    def files(self) -> set[str]:
        """The SOP Instance UIDs of the instances, whose frames the headers may be."""
        uids = (str(header.SOPInstanceUID) for header in self.headers)
        return {self.frames[uid].sop_instance_uid if uid in self.frames else uid for uid in uids}

    @property
    def name(self) -> str:
        return name_of_series({str(header.SeriesInstanceUID): header for header in self.headers}.values())


def build_refusal(
    code: str,
    sentence: str,
    images: Sequence[RefusedImages],
    author: Author,
    now: datetime,
    previous: Sequence[PreviousReport] = (),
    exam: Laterality | None = None,
) -> Dataset:
    """The note. `author.side` is the breast or breasts that are not scored, `exam` all that were imaged where those are more."""
    headers = [header for one in images for header in one.headers]
    source = inherited(headers[0])
    root = _root(author, exam or author.side)
    root.ContentSequence.extend(
        [
            comment(notice(author.demo)),
            comment(f"No score for {author.side.the_breasts}. {sentence}", private("NOT_SCORED_WHY")),
            comment(code, private("REASON_CODE")),
            hd.sr.CodeContentItem(concepts.ANALYSES, concepts.NOT_ATTEMPTED, _CONTAINS),
            comment(_NO_FINDING),
            *map(_phases_found, images),
        ]
    )
    obj: Dataset = hd.sr.EnhancedSR(
        evidence=[source, *map(reference, headers[1:])],
        content=root,
        series_instance_uid=author.series_uid(Kind.REFUSAL),
        series_number=Kind.REFUSAL.series_number(author.side),
        sop_instance_uid=author.instance_uid(Kind.REFUSAL),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=False,
        is_verified=False,
    )
    # highdicom has no class of its own for Basic Text SR, which is an Enhanced SR with fewer kinds of items.
    obj.SOPClassUID = obj.file_meta.MediaStorageSOPClassUID = BasicTextSRStorage
    an_item_a_line(obj)
    if previous:
        obj.PredecessorDocumentsSequence = [predecessor(*previous)]
    declare_scheme(obj)
    sign(obj, Kind.REFUSAL, author, source, now)
    for one in images:
        resolve(obj, one.frames)
    return obj


def _root(author: Author, exam: Laterality) -> Dataset:
    """Who wrote it, and of what imaging."""
    root: Dataset = hd.sr.ContainerContentItem(concepts.NOT_SCORED, is_content_continuous=False)
    root.ContentSequence = hd.sr.ContentSequence(
        [
            *hd.sr.LanguageOfContentItemAndDescendants(hd.sr.templates.DEFAULT_LANGUAGE),
            *observer(author),
            hd.sr.CodeContentItem(
                codes.DCM.ProcedureReported,
                concepts.PROCEDURE[exam],
                hd.sr.RelationshipTypeValues.HAS_CONCEPT_MOD,
            ),
        ],
        is_root=False,
    )
    return root


def _phases_found(images: RefusedImages) -> Dataset:
    """A line and an image for each."""
    container: Dataset = hd.sr.ContainerContentItem(
        private("PHASES_FOUND"), is_content_continuous=False, relationship_type=_CONTAINS
    )
    container.ContentSequence = [
        comment(f"Of {images.laterality.the_breasts}: {images.name}"),
        *([comment(images.time_zero, private("TIME_ZERO"))] if images.time_zero else []),
        *(item for number in range(1, len(images.phases) + 1) for item in _phase(number, images)),
    ]
    return container


def _phase(number: int, images: RefusedImages) -> Iterable[Dataset]:
    phase = images.phases[number - 1]
    facts = [f"{len(phase.headers)} slices", _when(number, images)]
    role = f" ({phase.role})" if phase.role and images.time_zero else ""
    yield comment(f"Phase {number}{role}: {', '.join(filter(None, facts))}", private("PHASE_ROLE"))
    middle = phase.headers[len(phase.headers) // 2]
    names = (str(middle.SOPClassUID), str(middle.SOPInstanceUID))
    yield hd.sr.ImageContentItem(codes.DCM.SourceImage, *names, relationship_type=_CONTAINS)


def _when(number: int, images: RefusedImages) -> str:
    """By the headers alone: the images may have shown another injection time, and the reason names that one."""
    time_s, first_s = images.phases[number - 1].time_s, images.phases[0].time_s
    if time_s is None or first_s is None:
        return "time not known"
    since, what = (time_s, "the injection") if images.time_zero else (time_s - first_s, "phase 1")
    if not images.time_zero and number == 1:
        return ""
    return f"{abs(since):.0f} s {'before' if since < 0 else 'after'} {what}"
