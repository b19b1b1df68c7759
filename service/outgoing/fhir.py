"""A result as FHIR R4: a Bundle with one DiagnosticReport for each dynamic series, its Observations, and where its DICOM objects are.

Codes are those of the Structured Report. There is no Patient: the ledger keeps none; the Study Instance UID leads to it.
What could not be computed has a dataAbsentReason and no value (R4, Observation, obs-6). Everything is preliminary, as the
Structured Report is: no person has verified it. R4 lets no Device perform a report, so only the Observations name it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from pydicom.sr.coding import Code
from pydicom.uid import Comprehensive3DSRStorage

from tilscope.dicom_io.identity import MANUFACTURER, MODEL_NAME, notice
from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.codes.private_codes import SCHEME_UID, private
from tilscope.models.finding import Finding
from tilscope.models.imaging.series import Laterality
from tilscope.models.readable_findings import findings_in_words, scope_in_words
from tilscope.models.readable_numbers import readings_sentence, spread_sentence
from tilscope.models.result import (
    Measurement,
    Missing,
    SeriesResult,
    SignatureResult,
    StoredObject,
    StudyResult,
    unit_text,
)
from tilscope.service.moments import moment

MEDIA_TYPE = "application/fhir+json"

#: FHIR R4 "Using Codes", and PS3.16 table 8-1 for what it does not name.
_SYSTEMS = {
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "SCT": "http://snomed.info/sct",
    "LN": "http://loinc.org",
    "IBSI": "urn:oid:1.2.840.10008.2.16.13",
}
_UCUM = "http://unitsofmeasure.org"
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_ABSENT_CODES = {
    Missing.NOT_ATTEMPTED: "not-performed",
    Missing.CALCULATION_FAILURE: "error",
    Missing.OUT_OF_RANGE: "error",
}
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"
_URI = "urn:ietf:rfc:3986"
_DICOM_UID = "urn:dicom:uid"

Json = dict[str, Any]


def bundle(result: StudyResult, finished_at: float | None) -> Json:
    """The whole result of one study."""
    when = moment(finished_at)
    entries: list[Json] = [_entry("device", result, _device(result))]
    entries += [_entry(o.sop_instance_uid, result, _document(o, result)) for o in result.objects]
    for series in result.dynamic_series:
        observations = _observations(series, result, when)
        entries.append(_entry(_name(series, "report"), result, _report(series, result, when, observations)))
        entries += [_entry(name, result, observation) for name, observation in observations.items()]
    stamp = {"timestamp": when} if when else {}
    return {
        "resourceType": "Bundle",
        "identifier": {"system": _URI, "value": _reference(result, "bundle")["reference"]},
        "type": "collection",
        **stamp,
        "entry": entries,
    }


def _report(series: SeriesResult, result: StudyResult, when: str | None, observations: Mapping[str, Json]) -> Json:
    procedure = concepts.PROCEDURE[Laterality(series.exam_laterality)]
    written = result.objects_about(series, Comprehensive3DSRStorage)
    found = () if series.finding is Finding.MASS else findings_in_words(series)
    sentences = [
        _use(result),
        *filter(None, [scope_in_words(series)]),
        *found,
        *(_in_words(signature) for signature in series.signatures),
    ]
    sentences += [finding.sentence for finding in series.warnings]
    sentences += [series.not_checkable_in_words] if series.not_checkable else []
    return {
        "resourceType": "DiagnosticReport",
        "identifier": [_uid(o.sop_instance_uid) for o in written],
        "status": "preliminary",
        "category": [_concept(_SECTION, "RAD", "Radiology")],
        "code": {"coding": [_coding(procedure)], "text": concepts.REPORT_TITLE.meaning},
        **({"issued": when} if when else {}),
        "result": [_reference(result, name) for name in observations],
        "imagingStudy": [_study(result)],
        "conclusion": " ".join(sentences),
    }  # fmt: skip


def _in_words(signature: SignatureResult) -> str:
    score, category = signature.score, signature.category
    if score is None or score.value is None:
        return f"{signature.title}: no value ({signature.state})."
    if signature.caveat:
        return f"{signature.title}: no result, {signature.caveat} ({signature.state})."
    value = f"{score.value:g} {unit_text(score.unit)}".strip()
    return f"{signature.title}: {value}{f', {category}' if category else ''} ({signature.state})."


# -------------------------------------------------------------------------------------------------------- observations


def _observations(series: SeriesResult, result: StudyResult, when: str | None) -> dict[str, Json]:
    """The Observations of the signatures, the lesions and the breast, by the name under which the report refers to each."""
    common = {
        "status": "preliminary",
        "category": [_concept(_CATEGORY, "imaging", "Imaging")],
        **({"issued": when} if when else {}),
        "device": _reference(result, "device"),
        "derivedFrom": [
            _study(result),
            *(_reference(result, o.sop_instance_uid) for o in result.objects_about(series)),
        ],
    }
    observations = {
        _name(series, signature.id): _observation(common, series.scored_laterality, _signature(signature, _use(result)))
        for signature in series.signatures
    }
    for lesion in series.lesions:
        parts = [_measured(m) for m in lesion.measurements]
        curve = _code(concepts.curve_code(lesion.curve_type))
        parts.append({"code": _code(private("CURVE_TYPE")), "valueCodeableConcept": curve})
        label = series.finding.label(lesion.number)
        content: Json = {
            "code": {**_code(concepts.region_concept(series.finding).type), "text": label},
            "component": parts,
        }
        observations[_name(series, label.lower())] = _observation(common, lesion.laterality, content)
    if series.breast:
        content = {"code": _code(concepts.BREAST), "component": [_measured(m) for m in series.breast]}
        observations[_name(series, "breast")] = _observation(common, series.laterality, content)
    return observations


def _observation(common: Json, side: str, content: Json) -> Json:
    site = {**_code(concepts.BREAST), "text": Laterality(side).breasts}
    return {"resourceType": "Observation", **common, **content, "bodySite": site}


def _signature(signature: SignatureResult, use: str) -> Json:
    state = concepts.state_code(signature.state, signature.value is not None)
    notes = [
        use,
        f"No result: {signature.caveat}." if signature.caveat else "",
        signature.reason,
        spread_sentence(signature),
        readings_sentence(signature),
        signature.citation,
        signature.published,
    ]
    components = [{"code": _code(private("CAL_STATE")), "valueCodeableConcept": _code(state)}]
    if signature.percentile is not None:
        percentile = {"value": signature.percentile, "unit": "%", "system": _UCUM, "code": "%"}
        components.append({"code": _code(private("PERCENTILE")), "valueQuantity": percentile})
    components += [_measured(m) for m in (*signature.further_scores, *signature.features)]
    content = _measured(signature.score) if signature.score is not None else _no_score(signature)
    if category := signature.category:
        content["interpretation"] = [_named(lambda: concepts.category_codes(signature.id, category)[1], category)]
    content["note"] = [{"text": text} for text in notes if text]
    content["method"] = {"text": signature.title}
    content["component"] = components
    return content


def _no_score(signature: SignatureResult) -> Json:
    code = _named(lambda: concepts.signature_code(signature.id), signature.title)
    return {"code": code, **_absent(Missing.NOT_ATTEMPTED, signature.reason)}


def _measured(measurement: Measurement) -> Json:
    """A value with its unit, or why there is none; never both, never neither."""
    name = measurement.name
    code = {**_named(lambda: concepts.measurement_concept(measurement.id).name, name), "text": name}
    if measurement.missing is not None:
        return {"code": code, **_absent(measurement.missing, measurement.reason)}
    unit = measurement.unit
    shown = {"unit": unit_text(unit)} if unit_text(unit) else {}
    return {"code": code, "valueQuantity": {"value": measurement.value, **shown, "system": _UCUM, "code": unit}}


def _absent(missing: Missing, reason: str) -> Json:
    absent = {"system": _ABSENT, "code": _ABSENT_CODES[missing]}
    return {
        "dataAbsentReason": {
            "coding": [absent, _coding(concepts.missing_code(missing))],
            "text": reason or missing.value,
        }
    }


# ------------------------------------------------------------------------------------------------ who, and from what


def _use(result: StudyResult) -> str:
    return notice(result.demo)


def _device(result: StudyResult) -> Json:
    return {
        "resourceType": "Device",
        "manufacturer": MANUFACTURER,
        "deviceName": [{"name": MODEL_NAME, "type": "manufacturer-name"}],
        "version": [{"value": result.pipeline_version}],
        "note": [{"text": _use(result)}],
    }


def _document(stored: StoredObject, result: StudyResult) -> Json:
    """A DICOM object by its UIDs; the archive's address is known to the site."""
    return {
        "resourceType": "DocumentReference",
        "masterIdentifier": _uid(stored.sop_instance_uid),
        "status": "current",
        "docStatus": "preliminary",
        "type": {"text": stored.kind},
        "content": [
            {
                "attachment": {"contentType": "application/dicom", "title": stored.kind},
                "format": {"system": _URI, "code": f"urn:oid:{stored.sop_class_uid}"},
            }
        ],
        "context": {"related": [_study(result), {"type": "ImagingStudy", "identifier": _uid(stored.series_uid), "display": "DICOM series"}]},
    }  # fmt: skip


def _study(result: StudyResult) -> Json:
    return {"type": "ImagingStudy", "identifier": _uid(result.study_uid)}


def _uid(uid: str) -> Json:
    return {"system": _DICOM_UID, "value": f"urn:oid:{uid}"}


def _name(series: SeriesResult, what: str) -> str:
    return f"{series.laterality} {what}"


def _entry(name: str, result: StudyResult, resource: Json) -> Json:
    return {"fullUrl": _reference(result, name)["reference"], "resource": resource}


def _reference(result: StudyResult, name: str) -> Json:
    """A reference by a UUID made from the input hash: the same result gives the same names at any time."""
    words = f"{SCHEME_UID} {result.input_hash} {name}"
    return {"reference": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, words)}"}


def _code(code: Code) -> Json:
    return {"coding": [_coding(code)]}


def _named(find: Callable[[], Code], text: str) -> Json:
    """A concept by its code, or by the result's words if the package with the signature's codes was uninstalled since."""
    try:
        return _code(find())
    except concepts.UnknownConcept:
        return {"text": text}


def _coding(code: Code) -> Json:
    system = _SYSTEMS.get(code.scheme_designator) or f"urn:oid:{concepts.scheme_uid(code.scheme_designator)}"
    return {"system": system, "code": code.value, "display": code.meaning}


def _concept(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}]}
