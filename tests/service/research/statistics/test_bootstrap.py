"""Patients are drawn with all their studies, and within their class."""

from __future__ import annotations

import numpy as np

from tilscope.service.research.statistics.bootstrap import interval_of_auc, percentiles, times_drawn, with_interval
from tilscope.service.research.statistics.roc import auc_with_interval


def test_a_patient_comes_with_all_her_studies_and_no_class_is_ever_empty() -> None:
    labels = np.array([1, 1, 0, 0, 0, 1])
    patients = np.array(["a", "a", "b", "c", "d", "e"])
    times = times_drawn(labels, patients, seed=1, draws=200)
    assert (times[:, 0] == times[:, 1]).all()
    assert (times[:, [0, 5]].sum(axis=1) == 2).all()
    assert (times[:, 2:5].sum(axis=1) == 3).all()


def test_without_classes_as_many_are_drawn_as_there_are() -> None:
    assert (times_drawn(None, np.array(["a", "b", "c"]), seed=1, draws=50).sum(axis=1) == 3).all()


def test_of_patients_with_one_study_each_the_interval_is_about_delongs() -> None:
    random = np.random.default_rng(1)
    labels = np.repeat([1, 0], 80)
    scores = random.normal(size=160) + labels
    low, high = interval_of_auc(labels, scores, np.arange(160).astype(str), seed=1)
    delong = auc_with_interval(labels, scores)
    assert abs(low - delong.low) < 0.015
    assert abs(high - delong.high) < 0.015


def test_a_statistic_has_its_interval_and_draws_without_it_are_left_out() -> None:
    values = np.arange(50.0)
    patients = np.arange(50).astype(str)
    mean = with_interval(lambda chosen: float(values[chosen].mean()), None, patients, seed=1, draws=500)
    assert mean.value == 24.5
    assert 18 < mean.low < 22 < 27 < mean.high < 31
    assert np.isnan(percentiles(np.array([np.nan])))[0]
