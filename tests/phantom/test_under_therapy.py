"""Phantom patients under therapy: the same woman at four dates, and the truth of which lesion is which."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from tilscope.models.imaging.series import Laterality
from tilscope.phantom import PhantomSpec, make_study
from tilscope.phantom.therapy import DAYS, KINDS, again, under_therapy
from tilscope.phantom.visit_spec import VisitSpec

SEED = 7


@pytest.mark.parametrize("kind", KINDS)
def test_a_course_is_one_patient_at_four_dates(kind):
    specs = [date.spec for date in under_therapy(SEED, kind).dates]
    assert len({(spec.patient_number, spec.seed, spec.density, spec.breast_size) for spec in specs}) == 1
    assert [(spec.injected_at - specs[0].injected_at).days for spec in specs] == list(DAYS)
    assert len({spec.digest() for spec in specs}) == 4
    assert len({spec.visit.shift_mm for spec in specs}) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_every_lesion_has_a_name_and_a_place(kind):
    for date in under_therapy(SEED, kind).dates:
        assert len(date.names) == len(date.spec.lesions) == len(date.spec.visit.places)


def test_a_course_is_the_same_each_time():
    assert under_therapy(SEED, "new") == under_therapy(SEED, "new")


def test_concentric_lesions_keep_their_middle_and_lose_their_size():
    specs = [date.spec for date in under_therapy(SEED, "concentric").dates]
    assert len({spec.visit.places for spec in specs}) == 1
    diameters = [spec.lesions[0].diameter_mm for spec in specs]
    assert diameters == sorted(diameters, reverse=True)
    assert diameters[-1] < 0.5 * diameters[0]


@pytest.mark.parametrize("kind", ["towards-a-part", "fragments"])
def test_what_is_left_lies_within_the_old_border(kind):
    first, *later = under_therapy(SEED, kind).dates
    for date in later:
        for lesion, place in zip(date.spec.lesions, date.spec.visit.places, strict=True):
            away = math.dist(place, first.spec.visit.places[0])
            assert away + lesion.diameter_mm / 2 <= first.spec.lesions[0].diameter_mm / 2 + 0.5


def test_pieces_do_not_touch():
    for date in under_therapy(SEED, "fragments").dates[2:]:
        one, other = date.spec.visit.places
        assert date.names == ("index", "index")
        assert math.dist(one, other) > sum(lesion.diameter_mm for lesion in date.spec.lesions) / 2 + 3


def test_a_new_lesion_is_there_from_the_third_date_on():
    assert [date.names.count("new") for date in under_therapy(SEED, "new").dates] == [0, 0, 1, 1]


def test_each_breast_has_its_own_lesion():
    sides = [lesion.side for lesion in under_therapy(SEED, "both-breasts").dates[3].spec.lesions]
    assert sides == [Laterality.LEFT, Laterality.RIGHT]


def test_the_images_show_the_lesions_where_they_are():
    date = under_therapy(SEED, "fragments").dates[3]
    study = make_study(date.spec)
    assert len(study.truth.lesions) == 2
    for lesion, place in zip(study.truth.lesions, date.spec.visit.places, strict=True):
        shape = sitk.LabelShapeStatisticsImageFilter()
        shape.Execute(lesion.mask)
        assert math.dist(shape.GetCentroid(1), place) < 4


def test_imaged_again_the_patient_is_the_same_and_her_images_are_not():
    spec = under_therapy(SEED, "concentric").dates[0].spec
    repeat = again(spec, 1)
    assert (repeat.lesions, repeat.visit.places) == (spec.lesions, spec.visit.places)
    assert repeat.visit.shift_mm != spec.visit.shift_mm
    unmoved = replace(repeat, visit=replace(repeat.visit, shift_mm=spec.visit.shift_mm), body=spec.body, snr=spec.snr)
    one, other = make_study(spec), make_study(unmoved)
    assert one.truth.lesion_cc == other.truth.lesion_cc
    differ = [sitk.GetArrayFromImage(study.phases[0]) for study in (one, other)]
    assert not np.array_equal(*differ)


def test_a_place_for_each_lesion_or_none():
    with pytest.raises(ValueError, match="2 places for 1 lesions"):
        replace(PhantomSpec.small(), visit=VisitSpec(1, ((80.0, -20.0, 0.0), (70.0, -20.0, 0.0))))
