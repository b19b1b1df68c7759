"""Lesions over time: found again by their place in the breast, or said to be what they are; never a wrong pair."""

from __future__ import annotations

import pytest
from followed.dates import HERE, beside, exam, lesion

from tilscope.models.followup import BreastState, Fate, follow
from tilscope.models.refusals import BadInput


def fates(*exams):
    return [[visit.fate for visit in one.visits] for one in follow(exams).lesions]


def test_a_lesion_that_shrinks_about_its_middle_is_followed_and_keeps_its_tracking_uid():
    followed = follow([exam(0, lesion(1)), exam(3, lesion(4, beside(3.0), 24)), exam(12, lesion(7, beside(-2.0), 14))])
    (one,) = followed.lesions
    assert [visit.fate for visit in one.visits] == [Fate.FOUND, Fate.MATCHED, Fate.MATCHED]
    assert one.tracking_uid == "2.25.1"
    assert [visit.lesion.number for visit in one.visits] == [1, 4, 7]
    assert one.visits[1].distance_mm == 3.0
    assert followed.unmatched == ()


def test_dates_are_put_in_the_order_of_time():
    followed = follow([exam(12, lesion(2, longest=14)), exam(0, lesion(1))])
    assert [one.study_uid for one in followed.exams] == ["1.2.0", "1.2.12"]
    assert followed.lesions[0].tracking_uid == "2.25.1"


def test_a_tumour_that_shrinks_towards_one_of_its_ends_is_the_same():
    # From 50 to 12 mm towards its border: the middle wanders by 19 mm.
    assert fates(exam(0, lesion(1, longest=50)), exam(12, lesion(1, beside(19.0), 12))) == [[Fate.FOUND, Fate.MATCHED]]


def test_a_lesion_that_is_not_found_any_more_is_said_so_and_its_change_is_refused():
    followed = follow([exam(0, lesion(1), lesion(2, beside(60.0), 10)), exam(12, lesion(1, longest=20))])
    assert [visit.fate for visit in followed.lesions[1].visits] == [Fate.FOUND, Fate.VANISHED]
    assert all("a reader must say" in change.refused for change in followed.lesions[1].visits[1].since_first)


def test_a_lesion_where_nothing_was_is_new():
    assert fates(exam(0, lesion(1)), exam(3, lesion(1), lesion(2, beside(60.0), 10))) == [
        [Fate.FOUND, Fate.MATCHED],
        [Fate.NOT_YET, Fate.NEW],
    ]


def test_a_lesion_in_a_breast_that_nobody_had_searched_is_found_and_not_new():
    first = exam(0, lesion(1), sides="L")
    later = exam(3, lesion(1), lesion(2, (-20.0, 40.0, 0.0), side="R"))
    assert fates(first, later) == [[Fate.FOUND, Fate.MATCHED], [Fate.NOT_YET, Fate.FOUND]]


def test_two_smaller_regions_within_the_old_border_are_its_pieces():
    followed = follow([exam(0, lesion(1)), exam(12, lesion(1, beside(10.0), 9), lesion(2, beside(-9.0), 8))])
    (one,) = followed.lesions
    assert one.visits[1].fate is Fate.SPLIT
    assert [part.number for part in one.visits[1].parts] == [1, 2]
    ftv = one.visits[1].since_first[0]
    assert ftv.after == pytest.approx(0.6498, rel=1e-3)
    assert ftv.percent is None
    assert "no number of it is compared" in ftv.refused


def test_pieces_that_stay_pieces_are_still_those_of_the_whole():
    pieces = (lesion(1, beside(10.0), 9), lesion(2, beside(-9.0), 8))
    assert fates(exam(0, lesion(1)), exam(3, *pieces), exam(12, *pieces)) == [[Fate.FOUND, Fate.SPLIT, Fate.SPLIT]]


def test_a_region_beside_the_old_border_is_neither_called_a_piece_nor_new():
    followed = follow([exam(0, lesion(1)), exam(3, lesion(1, longest=24), lesion(2, beside(18.0), 8))])
    assert [visit.fate for visit in followed.lesions[0].visits] == [Fate.FOUND, Fate.MATCHED]
    assert len(followed.lesions) == 1
    assert [(one.lesion.number, one.candidates) for one in followed.unmatched] == [(2, (1,))]
    assert "a piece of it, or new" in followed.unmatched[0].reason


def test_one_region_half_way_between_two_old_ones_is_neither():
    first = exam(0, lesion(1, longest=10), lesion(2, beside(14.0), 10))
    followed = follow([first, exam(3, lesion(1, beside(7.0), 9))])
    assert [one.visits[1].fate for one in followed.lesions] == [Fate.CANNOT_BE_MATCHED] * 2
    assert followed.unmatched[0].candidates == (1, 2)
    assert all(change.refused for one in followed.lesions for change in one.visits[1].since_first)


def test_after_a_date_that_decides_nothing_a_lesion_is_matched_to_where_it_was_last_seen():
    first = exam(0, lesion(1, longest=10), lesion(2, beside(14.0), 10))
    later = exam(12, lesion(1, longest=9), lesion(2, beside(14.0), 9))
    ends = [one.visits[2].fate for one in follow([first, exam(3, lesion(1, beside(7.0), 9)), later]).lesions]
    assert ends == [Fate.MATCHED, Fate.MATCHED]


def test_two_neighbours_that_both_move_alike_are_not_swapped():
    first = exam(0, lesion(1, longest=16), lesion(2, beside(25.0), 12))
    followed = follow([first, exam(3, lesion(2, beside(6.0), 14), lesion(1, beside(31.0), 11))])
    assert [one.visits[1].lesion.number for one in followed.lesions] == [2, 1]


def test_a_region_farther_away_than_a_lesion_wanders_is_hardly_called_the_same():
    followed = follow([exam(0, lesion(1, longest=12)), exam(3, lesion(1, beside(13.0), 12))])
    assert followed.lesions[0].visits[1].fate is Fate.CANNOT_BE_MATCHED


def test_breasts_are_never_matched_across():
    mirrored = (-HERE[0], HERE[1], HERE[2])
    followed = follow([exam(0, lesion(1, side="L")), exam(3, lesion(1, HERE, side="R"), lesion(2, mirrored, side="R"))])
    assert followed.lesions[0].visits[1].fate is Fate.VANISHED
    assert {one.side for one in followed.lesions[1:]} == {"R"}
    assert all(one.visits[1].fate is Fate.NEW for one in followed.lesions[1:])


def test_a_place_is_scaled_to_the_breast():
    larger = (HERE[0] * 1.1, HERE[1] * 1.1, HERE[2] * 1.1)
    followed = follow([exam(0, lesion(1)), exam(3, lesion(1, larger), volume_cc=600 * 1.1**3)])
    assert followed.lesions[0].visits[1].distance_mm == 0.0


def test_a_lesion_without_a_place_cannot_be_matched():
    followed = follow([exam(0, lesion(1)), exam(3, lesion(1, None))])
    assert followed.lesions[0].visits[1].fate is Fate.CANNOT_BE_MATCHED
    assert followed.unmatched[0].candidates == ()
    assert "its result is one before 1.6" in followed.unmatched[0].reason


@pytest.mark.parametrize("state", [BreastState.DIFFUSE, BreastState.NEEDS_READER, BreastState.REFUSED])
def test_a_date_that_measured_no_lesion_is_told_as_such_and_the_next_goes_on(state):
    followed = follow([exam(0, lesion(1)), exam(3, state=state, reason="Why."), exam(12, lesion(1, longest=20))])
    (one,) = followed.lesions
    assert [visit.fate for visit in one.visits] == [Fate.FOUND, Fate.NOT_SEEN, Fate.MATCHED]
    assert "Why." in one.visits[1].reason
    assert all(change.refused for change in one.visits[1].since_first)


def test_an_empty_date_is_no_proof_that_the_tumour_is_gone():
    (one,) = follow([exam(0, lesion(1)), exam(3, state=BreastState.EMPTY, reason="Nothing.")]).lesions
    assert one.visits[1].fate is Fate.VANISHED
    assert "in the whole breast" in one.visits[1].reason
    assert all(change.refused and change.percent is None for change in one.visits[1].since_first)


def test_a_breast_that_was_not_imaged_is_said_so():
    followed = follow([exam(0, lesion(1)), exam(3, lesion(1, (-20.0, 40.0, 0.0), side="R"), sides="R")])
    assert followed.lesions[0].visits[1].reason == "The left breast was not imaged."


def test_different_patients_are_refused_unless_somebody_says_that_they_are_one():
    dates = [exam(0, lesion(1)), exam(3, lesion(1), patient_id="P2")]
    with pytest.raises(BadInput, match="different patients by their patient IDs: P1, P2"):
        follow(dates)
    assert follow(dates, one_patient=True).lesions[0].visits[1].fate is Fate.MATCHED


def test_the_same_study_twice_is_refused():
    with pytest.raises(BadInput, match="given twice"):
        follow([exam(0, lesion(1)), exam(0, lesion(1))])


def test_every_lesion_has_a_visit_at_every_date():
    followed = follow([exam(0), exam(3, lesion(1)), exam(6, sides="R"), exam(9, lesion(1), lesion(2, beside(60.0)))])
    assert [len(one.visits) for one in followed.lesions] == [4, 4]
    assert followed.as_json()["exams"][0]["date"] == "2024-03-12"
