"""What a reader of the report sees first: what was found, each signature in a line, warnings, where the lesions come from.

TID 1500 is extensible: these lines lie between the language and the observer, who is a device and can wait. They say nothing
that is not coded further down, in the digits of the page (`readable_numbers`).
"""

from __future__ import annotations

import highdicom as hd
from pydicom import Dataset
from pydicom.sr.codedict import codes

from tilscope.dicom_io.identity import notice
from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.codes.private_codes import private
from tilscope.dicom_io.objects.sr.measurement_items import comment
from tilscope.dicom_io.objects.sr.report_reading import has_name
from tilscope.models.readable_findings import findings_in_words, scope_in_words
from tilscope.models.readable_numbers import fixed, score_text, spread_range
from tilscope.models.readable_over_time import over_time_in_words
from tilscope.models.result import SeriesResult, SignatureResult

#: In place of the signatures' lines.
_NOT_SCORED = "No score: signatures are computed of a lesion, and it is not decided which candidate is one."


def put_summary(root: Dataset, result: SeriesResult, *notes: Dataset) -> None:
    """In the place of any older one, before the lines about the device. `notes` follow it."""
    items = [item for item in root.ContentSequence if not _is_summary(item)]
    at = next(index for index, item in enumerate(items) if has_name(item, codes.DCM.ObserverType))
    head = [comment(notice(result.demo)), _summary(result), *notes]
    root.ContentSequence = [*items[:at], *head, *items[at:]]


def _is_summary(item: Dataset) -> bool:
    """Ours, in the words of this version or loose before the library, as reports had them before there was a summary."""
    loose = item.ValueType == "TEXT" and item.RelationshipType == "CONTAINS"
    return loose or has_name(item, concepts.SUMMARY)


def _summary(result: SeriesResult) -> Dataset:
    lines = [
        *([comment(scope)] if (scope := scope_in_words(result)) else []),
        *(comment(sentence, concepts.FINDING) for sentence in findings_in_words(result)),
        *(
            comment(signature_in_words(signature), concepts.signature_code(signature.id))
            for signature in result.signatures
        ),
        *(() if result.finding.is_scored else _why_not_scored()),
        *(comment(sentence, concepts.DESCRIPTION_OF_CHANGE) for sentence in _over_time(result)),
        *(comment(finding.sentence, concepts.QUALITY_FINDING) for finding in result.warnings),
        *([comment(result.not_checkable_in_words, concepts.QUALITY_FINDING)] if result.not_checkable else []),
        comment(lesion_source_in_words(result), private("LESION_SOURCE")),
        comment(result.time_zero_in_words, private("TIME_ZERO")),
    ]
    container: Dataset = hd.sr.ContainerContentItem(
        name=concepts.SUMMARY, is_content_continuous=False, relationship_type=hd.sr.RelationshipTypeValues.CONTAINS
    )
    container.ContentSequence = lines
    return container


def _over_time(result: SeriesResult) -> tuple[str, ...]:
    return over_time_in_words(result.over_time) if result.over_time else ()


def _why_not_scored() -> tuple[Dataset, Dataset]:
    """In words, and in those of CAD as in the note of a refusal: no program has to tell it from an absence."""
    contains = hd.sr.RelationshipTypeValues.CONTAINS
    coded: Dataset = hd.sr.CodeContentItem(concepts.ANALYSES, concepts.NOT_ATTEMPTED, contains)
    return comment(_NOT_SCORED, private("NOT_SCORED_WHY")), coded


def signature_in_words(signature: SignatureResult) -> str:
    """Score, class, place in the reference's cohort and state; without the signature's name."""
    score, state = signature.score, signature.state.value
    if score is None or score.value is None:
        return f"no score ({state})"
    if signature.caveat:
        return f"no result: {signature.caveat} (the model gives {score_text(score)})"
    placed = "" if signature.percentile is None else f"percentile {fixed(signature.percentile, 0)} of the reference"
    spread = spread_range(signature)
    value = f"{score_text(score)} ({spread})" if spread else score_text(score)
    facts = ", ".join(word for word in (value, signature.category or "no class", placed) if word)
    return f"{facts} ({state})"


def lesion_source_in_words(result: SeriesResult) -> str:
    """A person, or the segmenter."""
    segmenter = f"Found by the segmenter {result.segmenter}."
    source = result.segmentation
    return source.sentence if source.source == "drawn" else f"{segmenter} {source.sentence}".strip()
