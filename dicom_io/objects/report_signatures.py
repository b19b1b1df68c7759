"""A published signature in the report: TID 1501, its scores first, then the features that they are made of."""

from __future__ import annotations

import highdicom as hd

from dicom_io.objects import concepts
from dicom_io.objects.identity import Author
from dicom_io.objects.measurement_items import (
    add_comments,
    algorithm,
    code_answer,
    comment,
    num_item,
    put_reasons_beside,
)
from dicom_io.objects.private_codes import private
from models.result import Measurement, SeriesResult, SignatureResult
from models.series import Laterality


def signature_group(
    signature: SignatureResult, lesion: str, side: Laterality, author: Author, context: str
) -> hd.sr.MeasurementsAndQualitativeEvaluations:
    """`lesion` is the tracking identifier of the index lesion, `side` its breast."""
    tracking_id = f"{signature.id} of {lesion}"
    measurements = [*signature_scores(signature), *signature.features]
    valued = signature.score is not None and signature.score.value is not None
    answers = [code_answer(private("CAL_STATE"), concepts.state_code(signature.state, valued))]
    if signature.category is not None:
        answers.append(code_answer(*concepts.category_codes(signature.id, signature.category)))
    group = hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(uid=author.tracking_uid(tracking_id), identifier=tracking_id),
        finding_type=concepts.signature_code(signature.id),
        finding_sites=[finding_site(side)],
        algorithm_id=algorithm(author, f"signature {signature.id} {signature.version}", signature.parameters, context),
        measurements=[num_item(m, author) for m in measurements],
        qualitative_evaluations=answers,
    )
    put_reasons_beside(group, measurements)
    add_comments(group, signature.reason, f"{signature.title}. {signature.citation}")
    for code, said in (
        ("CONTRIBUTIONS", _contributions(signature)),
        *(("SUPPLIED", fact) for fact in signature.supplied),
        ("REFERENCE", signature.reference),
        ("PUBLISHED", signature.published),
    ):
        if said:
            group[0].ContentSequence.append(comment(said, private(code)))
    return group


def signature_scores(signature: SignatureResult) -> list[Measurement]:
    """What was concluded, as numbers, in the order of the group."""
    main = [signature.score] if signature.score else []
    return [*main, *signature.further_scores, *_percentile(signature)]


def finding_site(side: Laterality) -> hd.sr.FindingSite:
    return hd.sr.FindingSite(anatomic_location=concepts.BREAST, laterality=concepts.LATERALITY[side])


def context_of(result: SeriesResult) -> str:
    """What the numbers of a group were computed under, for its algorithm parameters."""
    named = f"settings {result.settings_hash}; input {result.input_hash}; segmenter {result.segmenter}"
    return f"{named}; measurement {result.measurement_hash}"


def _percentile(signature: SignatureResult) -> list[Measurement]:
    if signature.percentile is None:
        return []
    return [Measurement.of("percentile", "Percentile of the score in the reference cohort", signature.percentile, "%")]


def _contributions(signature: SignatureResult) -> str:
    """The terms of a score, the greatest first; as they stand in the other outputs, but in words."""
    names = {feature.id: feature.name for feature in signature.features}
    return "; ".join(f"{names.get(c.feature, c.feature)}: {c.amount:+.3g}" for c in signature.contributions)
