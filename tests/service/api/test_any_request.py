"""Whatever is asked of any route: it is answered in words, never by a fault, and what a limit forbids is never accepted.

A real Orthanc holds a dynamic series of headers, so that what may be accepted is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from api_in_process import Api, api_over
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from mr_headers import as_file
from orthanc_server import OrthancServer
from small_layouts import LAYOUTS

from tilscope.dicom_io.dce.assembly import inspect
from tilscope.service.api.documentation import openapi
from tilscope.service.scoring.study_extent import Reach, reaches_of

DESCRIPTION = json.loads(openapi())
HEADERS = LAYOUTS["one series"]()
STUDY = str(HEADERS[0].StudyInstanceUID)
PATIENT = "fuzz"
(REACH,) = reaches_of(inspect(HEADERS))
OPERATIONS = [(method.upper(), path) for path, methods in DESCRIPTION["paths"].items() for method in methods]
OF_MANY = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("any-request")
    with ExitStack() as stack:
        orthanc = stack.enter_context(OrthancServer(folder))
        for header in HEADERS:
            header.PatientID = PATIENT
            orthanc.store(as_file(header))
        said = {"orthanc_url": orthanc.url, "orthanc_user": orthanc.user, "orthanc_password": orthanc.password}
        yield stack.enter_context(api_over(folder, **said))


#: Everything that a JSON parser lets through, NaN and lone surrogates included.
WILD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "*", "\0", "1e999"]),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NUMBERS = st.floats() | st.sampled_from([0.0, -1.0, 1e308, 1e6, 1e6 + 1, math.nan])
PLACE = st.floats(-400, 400) | NUMBERS
LIKELY: dict[str, SearchStrategy[Any]] = {
    "seed_mm": st.tuples(PLACE, PLACE, PLACE), "box_mm": st.tuples(*[PLACE] * 6), "automatic": st.booleans(),
    "gzma": NUMBERS, "prf1": NUMBERS, "triple_negative": st.booleans() | st.none(), "patient_id": st.just(PATIENT) | st.text(),
    "signature": st.sampled_from(["", "wu2018", "wu"]), "since": st.datetimes().map(str) | st.text(),
}  # fmt: skip


def bodies_of(schema: dict[str, Any]) -> SearchStrategy[Any]:
    """Bodies of the described shape, with values that are likely, and that are not."""
    if "$ref" in schema:
        return bodies_of(DESCRIPTION["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return st.one_of(*map(bodies_of, schema["anyOf"]))
    if "properties" not in schema:
        return WILD
    known = {}
    for name, one in schema["properties"].items():
        known[name] = LIKELY.get(name, bodies_of(one)) | WILD
    return st.fixed_dictionaries({}, optional=known) | WILD


@dataclass(frozen=True)
class Asked:
    study_uid: str
    body: Any

    @property
    def content(self) -> bytes:
        return json.dumps(self.body).encode()


def requests_of(method: str, path: str) -> SearchStrategy[Asked]:
    """For this route; a study that is there, or any text."""
    described = DESCRIPTION["paths"][path][method.lower()].get("requestBody")
    schema = described["content"]["application/json"]["schema"] if described else {}
    return st.builds(Asked, st.just(STUDY) | st.text(min_size=1, max_size=70), bodies_of(schema))


def is_allowed(path: str, body: Any) -> bool:
    """By rules of the test's own: no more than what a person could mean."""
    expressed = all(0 <= one <= 1e6 for one in _expressions(body)) if path.endswith("molecular") else True
    body = body if isinstance(body, dict) else {}
    seed, box = body.get("seed_mm"), body.get("box_mm") or ()
    corners = [box[:3], box[3:]] if box else []
    return expressed and (seed is None or _near(seed, 0.0)) and all(_near(corner, 10.0) for corner in corners)


def _expressions(body: Any) -> Iterator[float]:
    """Of a finding, or of many, however deep they are."""
    for key, value in body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ():
        if key in ("gzma", "prf1") and value is not None:
            yield float(value)
        else:
            yield from _expressions(value)


def _near(point: Any, beyond_mm: float, reach: Reach = REACH) -> bool:
    sides = zip(reach.low, map(float, point), reach.high, strict=True)
    return all(low - beyond_mm <= at <= high + beyond_mm for low, at, high in sides)


@pytest.mark.parametrize(("method", "path"), [one for one in OPERATIONS if one[0] == "POST"])
@given(data=st.data())
@OF_MANY
def test_any_command(api: Api, method: str, path: str, data: st.DataObject) -> None:
    asked = data.draw(requests_of(method, path))
    place = path.replace("{study_uid}", quote(asked.study_uid.encode("utf-8", "surrogatepass"), safe=""))
    answer = api.http.request(method, place, content=asked.content, headers={"Content-Type": "application/json"})
    assert answer.status_code < 500, answer.text
    if answer.status_code == 202:
        assert is_allowed(path, asked.body)
    else:
        assert 0 < len(answer.json()["detail"]) < 3000


@pytest.mark.parametrize(("method", "path"), [one for one in OPERATIONS if one[0] == "GET"])
@given(
    uid=st.just(STUDY) | st.text(min_size=1),
    values=st.lists(st.text() | st.floats().map(str), min_size=20, max_size=20),
)
@OF_MANY
def test_any_question(api: Api, method: str, path: str, uid: str, values: list[str]) -> None:
    named = [one["name"] for one in DESCRIPTION["paths"][path]["get"].get("parameters", ()) if one["in"] == "query"]
    place = path.replace("{study_uid}", quote(uid.encode("utf-8", "surrogatepass"), safe=""))
    query = "&".join(
        f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in zip(named, values, strict=False)
    )
    answer = api.http.get(f"{place}?{query}")
    assert answer.status_code < 500 or path == "/health", answer.text


@given(
    content=st.binary(max_size=300),
    kind=st.sampled_from(["application/json", "text/plain", "", "application/json; charset=utf-16"]),
)
@example(b"[" * 60_000, "application/json")
@example(b'{"seed_mm": [' + b"9" * 60_000 + b", 0, 0]}", "application/json")
@OF_MANY
def test_any_bytes(api: Api, content: bytes, kind: str) -> None:
    answer = api.http.post(f"/studies/{STUDY}/rescore", content=content, headers={"Content-Type": kind})
    assert answer.status_code < 500, answer.text


def test_what_may_be_asked_is_accepted(api: Api) -> None:
    """Else the tests above would prove little."""
    middle = [(low + high) / 2 for low, high in zip(REACH.low, REACH.high, strict=True)]
    for path, body in (("rescore", {"seed_mm": middle}), ("molecular", {"gzma": 2.0})):
        assert api.http.post(f"/studies/{STUDY}/{path}", json=body).status_code == 202
    findings = {"patient_id": PATIENT, "findings": {"prf1": 1.0}}
    assert api.http.post("/patients/molecular", json=findings).json()["studies"] == [STUDY]
