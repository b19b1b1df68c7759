"""What the network is trained on is what it says: tumours where tumours are, and never the same scanner twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from second_opinion.appearance import sample
from second_opinion.label_maps import STEPS, TISSUES, LabelMap, label_map, made_of
from second_opinion.random_fields import PATCH

from tilscope.models.imaging.series import Laterality
from tilscope.phantom.patients import LAST_SEED_FOR_FITTING
from tilscope.phantom.spec import LesionKind, LesionSpec, PhantomSpec


@pytest.fixture(scope="module")
def patient() -> LabelMap:
    return made_of(replace(PhantomSpec.small(), lesion=LesionSpec(Laterality.LEFT, 30.0, kind=LesionKind.ROUND)))


def test_a_label_map_fills_the_breast_with_tissues(patient: LabelMap) -> None:
    amounts = patient.amounts.astype(float) / STEPS
    filled = amounts.sum(axis=0)[patient.breast]
    assert np.median(filled) == pytest.approx(1, abs=0.1)
    assert patient.tumour.sum() * 0.027 == pytest.approx(np.pi / 6 * 3.0**3, rel=0.25)
    assert not (patient.tumour & ~patient.breast).any()
    assert not (patient.tumour & ~patient.gland).any()
    tumour = sum(amounts[TISSUES.index(name)] for name in ("tumour", "dull", "core"))
    assert (tumour[patient.tumour] > 0.4).mean() > 0.9


def test_a_label_map_is_made_once(tmp_path: Path) -> None:
    made = label_map(101, tmp_path)
    written = (tmp_path / "101.npz").stat().st_mtime_ns
    again = label_map(101, tmp_path)
    assert (tmp_path / "101.npz").stat().st_mtime_ns == written
    assert np.array_equal(made.amounts, again.amounts)
    assert np.array_equal(made.tumour, again.tumour)


def test_the_same_random_numbers_give_the_same_sample_and_others_another(patient: LabelMap) -> None:
    first, again, other = (sample(patient, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.views, again.views)
    assert np.array_equal(first.tumour, again.tumour)
    assert first.views.shape == (4, *PATCH)
    assert np.isfinite(first.views).all()
    assert not np.array_equal(first.views, other.views)


def test_tumours_take_up_more_than_the_rest_of_the_breast_or_lose_it_again(patient: LabelMap) -> None:
    told = []
    for seed in range(40):
        one = sample(patient, np.random.default_rng(seed))
        tumour, rest = one.tumour > 0, one.breast & (one.tumour == 0)
        assert not (tumour & ~one.breast).any()
        if tumour.sum() > 30:
            early, late = one.views[1], one.views[2]
            brighter = np.median(early[tumour]) > np.percentile(early[rest], 75)
            washed_out = np.median(late[tumour] - early[tumour]) < np.median(late[rest] - early[rest])
            told.append(brighter or washed_out)
    assert len(told) > 15
    assert np.mean(told) > 0.9


def test_appearance_is_drawn_far_beyond_one_scanner(patient: LabelMap) -> None:
    samples = [sample(patient, np.random.default_rng(seed)) for seed in range(30)]
    signal = [np.median(one.views[0][one.breast]) for one in samples if one.breast.any()]
    uptake = [np.percentile(one.views[1][one.breast], 95) for one in samples if one.breast.any()]
    assert max(signal) > 5 * max(min(signal), 0.01)
    assert max(uptake) > 5 * max(min(uptake), 0.01)


def test_no_seed_that_reports_are_made_of_is_trained_on() -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed (docker/install.sh --learned)")
    from second_opinion.__main__ import SEEDS

    assert min(SEEDS) >= 100
    assert max(SEEDS) <= LAST_SEED_FOR_FITTING
