"""A result as FHIR R4: the structure that the standard writes down, the codes of the report, and no number where there is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from api_in_process import Api, api_over
from kept_results import claimed, keep_refused, keep_scored, result_of, til
from pydicom.uid import ComprehensiveSRStorage

from tilscope.dicom_io.objects.codes.private_codes import SCHEME_UID
from tilscope.models.result import StudyResult
from tilscope.models.result_schema import read_result
from tilscope.service.ledger.scores import score_rows
from tilscope.service.outgoing.fhir import bundle

Json = dict[str, Any]

#: hl7.org/fhir/R4: what each resource here must have and may have; those with a star are lists. A report has no performer:
#: R4 allows people and organisations there, and nobody but a Device has made it.
R4: dict[str, tuple[set[str], set[str]]] = {
    "Bundle": ({"type"}, {"identifier", "timestamp", "entry*"}),
    "DiagnosticReport": (
        {"status", "code"},
        {"identifier*", "category*", "issued", "result*", "imagingStudy*", "conclusion"},
    ),
    "Observation": (
        {"status", "code"},
        {
            "category*", "issued", "device", "derivedFrom*", "bodySite", "method", "valueQuantity", "dataAbsentReason",
            "interpretation*", "note*", "component*",
        },
    ),
    "Device": (set(), {"manufacturer", "deviceName*", "version*", "note*"}),
    "DocumentReference": ({"status", "content*"}, {"masterIdentifier", "docStatus", "type", "context"}),
}  # fmt: skip
COMPONENT = ({"code"}, {"valueQuantity", "valueCodeableConcept", "dataAbsentReason"})


def check(name: str, element: Json, rules: tuple[set[str], set[str]]) -> None:
    required, optional = rules
    lists = {key.removesuffix("*"): key.endswith("*") for key in required | optional}
    keys = set(element) - {"resourceType"}
    assert {key.removesuffix("*") for key in required} <= keys, f"{name} lacks something"
    assert keys <= set(lists), f"{name} has {keys - set(lists)}, which R4 does not know"
    for key in keys:
        assert isinstance(element[key], list) is lists[key], f"{name}.{key}"


def nothing_is_empty(value: Any, path: str = "") -> None:
    """R4, JSON: no null, no empty text, list or object."""
    assert value not in (None, "", [], {}), path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        nothing_is_empty(item, f"{path}.{key}")


def resources(whole: Json, kind: str) -> list[Json]:
    return [entry["resource"] for entry in whole["entry"] if entry["resource"]["resourceType"] == kind]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from references(item)


def codes(concept: Json) -> set[tuple[str, str]]:
    return {(coding["system"], coding["code"]) for coding in concept["coding"]}


CASES = {
    "calibrated": read_result(result_of("1.2.3", til(25.0, "intermediate"))),
    "uncalibrated": read_result(result_of("1.2.3", til(None))),
    "no lesion": read_result(result_of("1.2.3", lesions=())),
}


@pytest.mark.parametrize("result", CASES.values(), ids=CASES)
def test_the_structure_is_that_of_r4(result: StudyResult) -> None:
    whole = bundle(result, 1.7e9)
    nothing_is_empty(whole)
    check("Bundle", whole, R4["Bundle"])
    assert whole["type"] == "collection"
    urls = [entry["fullUrl"] for entry in whole["entry"]]
    assert len(set(urls)) == len(urls)
    assert set(references(whole["entry"])) <= set(urls)
    for entry in whole["entry"]:
        resource = entry["resource"]
        check(resource["resourceType"], resource, R4[resource["resourceType"]])
    for observation in resources(whole, "Observation"):
        assert not {"valueQuantity", "dataAbsentReason"} <= set(observation), "obs-6"
        for component in observation["component"]:
            check("component", component, COMPONENT)
            assert len(set(component) - {"code"}) == 1
    for report in resources(whole, "DiagnosticReport"):
        assert report["status"] == "preliminary"
    assert json.loads(json.dumps(whole, allow_nan=False)) == whole


def signature_of(result: StudyResult) -> Json:
    return next(o for o in resources(bundle(result, 1.7e9), "Observation") if "method" in o)


def test_a_value_has_the_code_and_unit_of_the_report_and_its_class() -> None:
    said = signature_of(CASES["calibrated"])
    assert codes(said["code"]) == {(f"urn:oid:{SCHEME_UID}", "TIL_EST")}
    assert said["valueQuantity"] == {"value": 25.0, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
    assert codes(said["interpretation"][0]) == {(f"urn:oid:{SCHEME_UID}", "TIL_INTERMEDIATE")}
    assert said["bodySite"]["text"] == "left breast"


def test_where_there_is_no_number_there_is_a_reason() -> None:
    said = signature_of(CASES["uncalibrated"])
    assert "valueQuantity" not in said
    assert said["dataAbsentReason"]["text"] == "the features cannot be standardised"
    assert codes(said["dataAbsentReason"]) == {
        ("http://terminology.hl7.org/CodeSystem/data-absent-reason", "not-performed"),
        ("http://dicom.nema.org/resources/ontology/DCM", "114007"),
    }
    (entropy,) = [c for c in said["component"] if c["code"].get("text") == "GLCM joint entropy of SER"]
    assert entropy["dataAbsentReason"]["text"] == "SER is the same everywhere"
    assert "valueQuantity" not in entropy


def test_every_number_of_the_result_is_there_once() -> None:
    result = CASES["calibrated"]
    (series,) = result.dynamic_series
    measured = [*(m for lesion in series.lesions for m in lesion.measurements), *series.breast]
    for signature in series.signatures:
        assert signature.score is not None
        measured += [signature.score, *signature.features]
    expected = sorted(m.value for m in measured if m.value is not None)
    observations = resources(bundle(result, None), "Observation")
    parts = [part for o in observations for part in (o, *o["component"])]
    assert sorted(part["valueQuantity"]["value"] for part in parts if "valueQuantity" in part) == expected


def test_another_structured_report_is_not_taken_for_the_report() -> None:
    """The small one for viewers that draw comes before it in the list."""
    result = CASES["calibrated"]
    segmentation, report_object, page = result.objects
    drawn = replace(report_object, sop_class_uid=ComprehensiveSRStorage, sop_instance_uid="1.2.3.9.1")
    more = replace(result, objects=(segmentation, drawn, report_object, page))
    (report,) = resources(bundle(more, None), "DiagnosticReport")
    assert [one["value"] for one in report["identifier"]] == ["urn:oid:1.2.3.2.1"]
    assert {row["report_uid"] for row in score_rows(more)} == {"1.2.3.2.1"}


def test_the_report_says_its_use_its_study_and_its_dicom_objects() -> None:
    whole = bundle(CASES["calibrated"], 1.7e9)
    (report,) = resources(whole, "DiagnosticReport")
    assert report["conclusion"].startswith("RESEARCH USE ONLY.")
    assert "Stromal TIL percentage (Wu 2018): 25 %, intermediate (calibrated)." in report["conclusion"]
    assert report["identifier"] == [{"system": "urn:dicom:uid", "value": "urn:oid:1.2.3.2.1"}]
    assert report["imagingStudy"] == [
        {"type": "ImagingStudy", "identifier": {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}}
    ]
    documents = {d["masterIdentifier"]["value"]: d for d in resources(whole, "DocumentReference")}
    assert set(documents) == {f"urn:oid:1.2.3.{n}.1" for n in (1, 2, 3)}
    assert resources(whole, "Patient") == []


def test_the_same_result_has_the_same_names() -> None:
    assert bundle(CASES["calibrated"], 1.7e9) == bundle(CASES["calibrated"], 1.7e9)


def test_it_is_given_on_request_only(tmp_path: Path) -> None:
    with api_over(tmp_path) as api:
        kept = keep_scored(api.ledger, "1.2.3", til(25.0, "intermediate"))
        keep_refused(api.ledger, "1.2.4")
        assert (
            _fhir(api, "?format=fhir")
            == _fhir(api, "", Accept="application/fhir+json, */*")
            == bundle(read_result(kept), api.clock.t)
        )
        assert api.get("/studies/1.2.3/result") == kept
        assert api.http.get("/studies/1.2.4/result?format=fhir").status_code == 409
        assert "format: Input should be 'json' or 'fhir'" in api.sentence("/studies/1.2.3/result", format="xml")


def test_a_result_of_another_shape_is_a_sentence_and_still_there_as_json(tmp_path: Path) -> None:
    with api_over(tmp_path) as api:
        claim = claimed(api.ledger, "1.2.3")
        kept = result_of("1.2.3")
        del kept["dynamic_series"][0]["lesions"]
        api.ledger.attempts.succeeded(claim, claim.input_hash, kept)
        answer = api.http.get("/studies/1.2.3/result?format=fhir")
        assert (answer.status_code, answer.json()["code"]) == (409, "result-of-another-shape")
        assert api.get("/studies/1.2.3/result") == kept
        assert "It is there as JSON" in api.http.get("/studies/1.2.3/page").text


def _fhir(api: Api, query: str, **headers: str) -> Json:
    answer = api.http.get(f"/studies/1.2.3/result{query}", headers=headers)
    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert answer.headers["vary"] == "Accept"
    whole: Json = answer.json()
    return whole
