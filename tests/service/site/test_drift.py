"""Whether the scores of new studies have moved away from the reference's cohort: how far, and how certainly."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from kept_results import result_of
from prometheus_client import CollectorRegistry, generate_latest
from scored_study import wu_signature

from tilscope.models.result import Measurement
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import settings_hash
from tilscope.models.signatures.wu2018.model import COEFFICIENTS, WU_2018
from tilscope.service.ledger import Arrival, Cursor, Ledger
from tilscope.service.ledger.queries import Reader
from tilscope.service.monitoring.metrics import Drifting
from tilscope.service.site.drift import FEWEST_NEW, LATEST, Drift, drift, drifts
from tilscope.service.site.installed import installed_at

COHORT = np.random.default_rng(1).normal(13.0, 8.0, 200).tolist()


def new(shift: float, count: int, seed: int = 2) -> list[float]:
    return np.random.default_rng(seed).normal(13.0 + 8.0 * shift, 8.0, count).tolist()


def shift_of(scores: list[float]) -> Drift:
    found = drift(COHORT, scores)
    assert found is not None
    return found


def test_a_shift_is_told_in_sds_of_the_cohort_with_its_interval() -> None:
    found = shift_of(new(0.5, 100))
    assert found.low < 0.5 < found.high
    assert found.seen
    # Both means are uncertain: 1.96 x sqrt(1/200 + 1/100) SDs.
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.sqrt(1 / 200 + 1 / 100), rel=0.1)


def test_where_nothing_has_moved_drift_is_seen_once_in_twenty_times() -> None:
    seen = [shift_of(np.random.default_rng(seed).normal(np.mean(COHORT), 8.0, 60).tolist()).seen for seed in range(200)]
    # Less than 5 %: the cohort's own mean is hit exactly here, and the interval allows for its being uncertain too.
    assert sum(seen) <= 10


def test_few_scores_say_nothing() -> None:
    assert drift(COHORT, new(3.0, FEWEST_NEW - 1)) is None
    assert drift(COHORT, new(3.0, FEWEST_NEW)) is not None
    assert drift([], new(3.0, 50)) is None


def test_only_studies_that_came_since_the_reference_was_installed_and_were_scored_with_it_count(tmp_path: Path) -> None:
    moment = [1000.0]
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", lambda: moment[0])
    reader = Reader(ledger.reading)
    path = tmp_path / "wu2018.json"
    settings = replace(PipelineSettings(), references_folder=str(tmp_path))
    facts = {
        "signature": "wu2018",
        "cohort": "made up",
        "studies": 200,
        "settings_hash": settings_hash(WU_2018, settings),
    }
    numbers = {"mean": dict.fromkeys(COEFFICIENTS, 0.0), "sd": dict.fromkeys(COEFFICIENTS, 1.0), "scores": COHORT}
    path.write_text(json.dumps({**facts, **numbers}))
    os.utime(path, (5000.0, 5000.0))
    reference = installed_at(settings)["wu2018"].reference
    assert reference is not None
    name = reference.name

    def scored(number: int, value: float | None, reference: str = "") -> None:
        study = f"1.2.{number}"
        ledger.receiving.arrived([Arrival(study, study, 1)], Cursor(number))
        moment[0] += 10
        (candidate,) = ledger.receiving.to_examine(5, 60)
        ledger.receiving.settle(candidate, "h")
        claim = ledger.attempts.claim()
        assert claim is not None
        score = None if value is None else Measurement("til_percent", "Estimated TIL", value, "%")
        wu = wu_signature(score=score, reference=reference or name)
        ledger.attempts.succeeded(claim, "h", result_of(study, wu, replace(wu, id="su2022")))

    for number, value in enumerate(new(-5.0, 20)):
        scored(number, value)
    assert drifts(reader, settings) == {}, "scored before the reference was there"
    moment[0] = 6000.0
    after = new(1.0, 30)
    for number, value in enumerate([*after, None], start=100):
        scored(number, value)
    for number, value in enumerate(new(-9.0, 12), start=200):
        scored(number, value, reference="wu2018@another 0123456789ab")
    found = drifts(reader, settings)
    assert found.keys() == {"wu2018"}
    assert found["wu2018"].studies == 30
    assert found["wu2018"].shift == pytest.approx(shift_of(after).shift)
    assert len(reader.latest_results(0.0, LATEST)) == 63
    assert len(reader.latest_results(0.0, 7)) == 7

    registry = CollectorRegistry()
    registry.register(Drifting(lambda: drifts(reader, settings)))
    text = generate_latest(registry).decode()
    assert 'tilscope_score_shift_studies{reference="wu2018"} 30.0' in text
    assert f'tilscope_score_shift{{bound="mean",reference="wu2018"}} {found["wu2018"].shift}' in text
    path.write_text("{}")
    assert drifts(reader, settings) == {}, "an unusable reference hides no other metric"
    ledger.close()
