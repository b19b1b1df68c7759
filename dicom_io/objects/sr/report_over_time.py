"""A patient's earlier exams in the report: a TID 1501 group for each lesion at each of them, and one for what has changed since.

Each has a Time Point Context (TID 1502), by which a reader tells it from the measurements of this exam, and the lesion's tracking
UID, which is the same at all of them. What was measured earlier names its report, which is Pertinent Other Evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import highdicom as hd
from pydicom import Dataset
from pydicom.sr.codedict import codes

from tilscope.dicom_io.identity import Author
from tilscope.dicom_io.objects.codes import concepts, signature_codes
from tilscope.dicom_io.objects.codes.concepts import RegionConcept
from tilscope.dicom_io.objects.sr.measurement_items import algorithm, comment, num_item
from tilscope.dicom_io.objects.sr.report_form import an_item_a_line
from tilscope.dicom_io.objects.sr.report_reading import has_name, is_of_another_time
from tilscope.dicom_io.objects.sr.report_signatures import finding_site
from tilscope.models.imaging.series import Laterality
from tilscope.models.readable_over_time import change_in_words
from tilscope.models.result import ChangeOverTime, LesionOverTime, Measurement, OverTime, SeriesResult, StoredObject


def put_over_time(obj: Dataset, result: SeriesResult, author: Author) -> None:
    """In the place of what an older report said of earlier exams. Nothing where there are none."""
    measurements = next(item for item in obj.ContentSequence if has_name(item, codes.DCM.ImagingMeasurements))
    kept = [group for group in measurements.ContentSequence if not is_of_another_time(group)]
    over_time = result.over_time
    if over_time is None:
        if len(kept) < len(measurements.ContentSequence):
            measurements.ContentSequence = kept
            _name_reports(obj, ())
        return
    what = concepts.region_concept(result.finding)
    groups = [group[0] for lesion in over_time.lesions for group in _of_lesion(lesion, over_time, what, author)]
    for group in groups:
        an_item_a_line(group)
    measurements.ContentSequence = [*kept, *groups]
    named = [(exam.study_uid, exam.report) for exam in over_time.exams if exam.report is not None]
    _name_reports(obj, tuple(named))


def _of_lesion(lesion: LesionOverTime, over_time: OverTime, what: RegionConcept, author: Author) -> Iterator[Any]:
    for at, exam in enumerate(over_time.exams[:-1]):
        number = lesion.numbers[at]
        measured = [m for change in lesion.changes if (m := _measured(change, at)) is not None]
        if number is not None and measured:
            group = _group(lesion, exam.date, f"Lesion {number} on {exam.date}", what, author, measured)
            if exam.report is not None:
                named = (exam.report.sop_class_uid, exam.report.sop_instance_uid)
                contains = hd.sr.RelationshipTypeValues.CONTAINS
                group[0].ContentSequence.append(
                    hd.sr.CompositeContentItem(concepts.SOURCE_OF_MEASUREMENT, *named, contains)
                )
            yield group
    yield _changes(lesion, over_time, what, author)


def _changes(lesion: LesionOverTime, over_time: OverTime, what: RegionConcept, author: Author) -> Any:
    first = next((exam.date for exam, n in zip(over_time.exams, lesion.numbers, strict=True) if n is not None), "")
    last = over_time.exams[-1].date
    span = last if first in ("", last) else f"{first} to {last}"
    told = [_fraction(one, author) for one in lesion.changes if one.percent is not None and not _is_a_score(one)]
    group = _group(lesion, span, f"{lesion.name}, {span}", what, author, told)
    fate = ". ".join(part for part in (lesion.fates[-1], lesion.reason.removesuffix(".")) if part)
    sentences = [f"{fate}.", *(f"{one.name}: {change_in_words(one)}" for one in lesion.changes)]
    for sentence in sentences:
        group[0].ContentSequence.append(comment(sentence, concepts.DESCRIPTION_OF_CHANGE))
    return group


def _group(
    lesion: LesionOverTime,
    time_point: str,
    label: str,
    what: RegionConcept,
    author: Author,
    measurements: list[hd.sr.Measurement] | list[Measurement],
) -> hd.sr.MeasurementsAndQualitativeEvaluations:
    return hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(uid=lesion.tracking_uid, identifier=label),
        time_point_context=hd.sr.TimePointContext(time_point),
        finding_category=what.category,
        finding_type=what.type,
        finding_sites=[finding_site(Laterality(lesion.laterality))],
        algorithm_id=algorithm(author),
        measurements=[num_item(m, author) if isinstance(m, Measurement) else m for m in measurements],
    )


def _fraction(change: ChangeOverTime, author: Author) -> hd.sr.Measurement:
    return hd.sr.Measurement(
        name=concepts.measurement_concept(change.id).name,
        value=float(f"{change.percent:.6g}"),
        unit=concepts.unit_code("%"),
        derivation=concepts.FRACTIONAL_CHANGE,
        algorithm_id=algorithm(author),
    )


def _is_a_score(change: ChangeOverTime) -> bool:
    """A signature's: it is told in words, since its number is called otherwise in each signature."""
    return change.id in signature_codes.findings()


def _measured(change: ChangeOverTime, at: int) -> Measurement | None:
    value = change.values[at]
    if value is None or _is_a_score(change):
        return None
    return Measurement.of(change.id, change.name, value, change.unit)


def _name_reports(obj: Dataset, reports: tuple[tuple[str, StoredObject], ...]) -> None:
    """Pertinent Other Evidence of other studies (PS3.3 C.17.2); what an older report said of them goes."""
    here = [
        study
        for study in obj.get("PertinentOtherEvidenceSequence") or ()
        if study.StudyInstanceUID == obj.StudyInstanceUID
    ]
    evidence = [*here, *(_evidence(*one) for one in reports)]
    if evidence:
        obj.PertinentOtherEvidenceSequence = evidence
    elif "PertinentOtherEvidenceSequence" in obj:
        del obj.PertinentOtherEvidenceSequence


def _evidence(study_uid: str, report: StoredObject) -> Dataset:
    instance, series, study = Dataset(), Dataset(), Dataset()
    instance.ReferencedSOPClassUID, instance.ReferencedSOPInstanceUID = report.sop_class_uid, report.sop_instance_uid
    series.SeriesInstanceUID, series.ReferencedSOPSequence = report.series_uid, [instance]
    study.StudyInstanceUID, study.ReferencedSeriesSequence = study_uid, [series]
    return study
