"""What a person mistypes, or asks for in vain, of a scored study in a real Orthanc: the score and its objects stay."""

from __future__ import annotations

import re

import pytest
from integration.hospital import RESULTS, Hospital
from orthanc_server import eventually

pytestmark = pytest.mark.slow


def test_a_scored_study_stays_scored(hospital: Hospital, new_study) -> None:
    uid, paths = new_study("asked")
    hospital.receive(paths)
    assert hospital.settled(uid)["state"] == "scored"
    before = hospital.study(uid)
    result = hospital.result(uid)

    def ask(body: str, command: str = "rescore", **headers: str) -> tuple[int, str]:
        sent = {"Content-Type": "application/json", **headers}
        answer = hospital.http.post(f"/tilscope/studies/{uid}/{command}", content=body, headers=sent)
        return answer.status_code, answer.json()["detail"]

    for wrong in ("1e308", "NaN", "Infinity", "-Infinity", "1e999"):
        status, words = ask(f'{{"seed_mm": [{wrong}, 0, 0]}}')
        assert status == 422, wrong
        assert "The seed lies outside the images of this study." in words
        assert "They reach, in mm (patient LPS): x from" in words
    assert ask('{"box_mm": [-1e308, 0, 0, 1e308, 1, 1]}')[0] == 422
    assert ask('{"gzma": 1e308}', "molecular") == (
        400, "The request cannot be understood: gzma: Input should be less than or equal to 1000000."
    )  # fmt: skip
    assert ask("{}", Origin="http://elsewhere.example")[0] == 403
    assert ask('{"gzma": -1}', "molecular", Origin=hospital.url)[0] == 400, "a page of ours is heeded"
    assert hospital.study(uid) == before

    # In the air at a corner of the images nothing enhances.
    lows = re.findall(r"from (-?\d+) to", words)
    corner = [float(low) + 3.0 for low in lows]
    status, words = ask(f'{{"seed_mm": {corner}}}')
    assert (status, words) == (202, "The study will be inspected and scored now.")
    events = lambda: [entry["event"] for entry in hospital.study(uid)["timeline"]]  # noqa: E731
    eventually(lambda: "the earlier result stands" in events(), "the request has come to nothing")
    after = hospital.study(uid)
    assert (after["state"], after["code"], after["input_hash"]) == ("scored", None, before["input_hash"])
    assert hospital.result(uid) == result
    assert hospital.result_series(uid) == sorted(RESULTS), "no note of a refusal beside the report"
    page = hospital.http.get(f"/tilscope/studies/{uid}/page").text
    assert "What was asked for came to nothing: No enhancing lesion was found at the seed" in page
    assert "What was found before stands." in page
