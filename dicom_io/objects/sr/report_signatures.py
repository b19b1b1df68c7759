"""The published signatures in the report, two TID 1411 groups each on the lesion that they are of: what is concluded, and at the end the features."""

from __future__ import annotations

from collections.abc import Sequence

import highdicom as hd
from pydicom.sr.coding import Code

from tilscope.dicom_io.identity import Author
from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.codes.private_codes import private
from tilscope.dicom_io.objects.sr.measurement_items import (
    add_comments,
    algorithm,
    coded_evaluation,
    comment,
    num_item,
    parameters_last,
    put_reasons_beside,
)
from tilscope.dicom_io.objects.sr.tracked_segment import ScoredRegion
from tilscope.models.imaging.series import Laterality
from tilscope.models.readable_numbers import readings_sentence, spread_sentence
from tilscope.models.result import Measurement, SeriesResult, SignatureResult
from tilscope.models.signatures.codes import CodingScheme


def signature_groups(
    signatures: Sequence[SignatureResult], lesion: ScoredRegion, author: Author, context: str
) -> list[hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations]:
    """What all of them conclude, then the features of each: dozens, and more where a forest takes them.

    All are about the index lesion's segment, and are tracked as it is.
    """
    concluded = [_conclusion(signature, lesion, author, context) for signature in signatures]
    return concluded + [_features(s, lesion, author, context) for s in signatures if s.features]


def _conclusion(
    signature: SignatureResult, lesion: ScoredRegion, author: Author, context: str
) -> hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations:
    valued = signature.score is not None and signature.score.value is not None
    evaluations = [coded_evaluation(private("CAL_STATE"), concepts.state_code(signature.state, valued))]
    if signature.category is not None:
        evaluations.append(coded_evaluation(*concepts.category_codes(signature.id, signature.category)))
    # The parameters are written with the features, where there are any.
    parameters = () if signature.features else (signature.parameters, context)
    label, scores = f"{signature.id} of {lesion.segment.tracking_id}", signature_scores(signature)
    group = _group(signature, label, lesion, author, scores, evaluations, parameters, concepts.CONCLUSION)
    if signature.caveat:
        add_comments(group, f"No result: {signature.caveat}.")
    add_comments(group, signature.reason, spread_sentence(signature), readings_sentence(signature))
    for code, sentence in (
        ("CONTRIBUTIONS", _contributions(signature)),
        *(("SUPPLIED", fact) for fact in signature.supplied),
        ("REFERENCE", signature.reference),
        ("PUBLISHED", signature.published),
    ):
        if sentence:
            group[0].ContentSequence.append(comment(sentence, private(code)))
    add_comments(group, f"{signature.title}. {signature.citation}")
    parameters_last(group)
    return group


def _features(
    signature: SignatureResult, lesion: ScoredRegion, author: Author, context: str
) -> hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations:
    """With the parameters, on which the features depend and the conclusion through them."""
    label, parameters = f"{signature.id} features of {lesion.segment.tracking_id}", (signature.parameters, context)
    category = private("SIG_FEATURES")
    group = _group(signature, label, lesion, author, signature.features, (), parameters, category)
    parameters_last(group)
    return group


def _group(
    signature: SignatureResult,
    label: str,
    lesion: ScoredRegion,
    author: Author,
    measurements: Sequence[Measurement],
    evaluations: Sequence[hd.sr.QualitativeEvaluation],
    parameters: Sequence[str],
    category: Code,
) -> hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations:
    """TID 1411. Both groups of a signature have it as their finding; the category distinguishes them."""
    group = hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=lesion.segment.identifier(label),
        referenced_segment=lesion.segment.reference(),
        finding_category=category,
        finding_type=concepts.signature_code(signature.id),
        finding_sites=[finding_site(lesion.side)],
        algorithm_id=algorithm(author, f"signature {signature.id} {signature.version}", *parameters),
        measurements=[num_item(m, author) for m in measurements],
        qualitative_evaluations=evaluations,
    )
    put_reasons_beside(group, measurements)
    return group


def signature_scores(signature: SignatureResult) -> list[Measurement]:
    """What was concluded, as numbers, in the order of the group."""
    main = [signature.score] if signature.score else []
    return [*main, *signature.further_scores, *_percentile(signature)]


def schemes_of(signatures: Sequence[SignatureResult]) -> list[CodingScheme]:
    """Whose codes the groups of these signatures use beside standard ones."""
    return [concepts.signature_scheme(signature.id) for signature in signatures]


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
    """The terms of a score, the greatest first; as in the other outputs, but in words."""
    names = {feature.id: feature.name for feature in signature.features}
    return "; ".join(f"{names.get(c.feature, c.feature)}: {c.amount:+.3g}" for c in signature.contributions)
