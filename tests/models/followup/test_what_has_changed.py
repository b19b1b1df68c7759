"""A change is a number only where both dates deserve it."""

from __future__ import annotations

import pytest
from followed.dates import exam, lesion

from tilscope.models.followup import changes as what_changes
from tilscope.models.followup import follow
from tilscope.models.followup.changes import Response
from tilscope.models.followup.fitness import SPOILS
from tilscope.models.quality import gates
from tilscope.models.result import Measurement, Missing, QualityFinding, Verdict


def change_of(id, *exams, since="since_first"):
    visit = follow(exams).lesions[0].visits[-1]
    return next(one for one in getattr(visit, since) if one.id == id)


def warned(code, verdict=Verdict.WARN, checkable=True):
    return (QualityFinding(code, "The images say so.", verdict, 1.0, 0.5, checkable),)


@pytest.fixture
def repeated(monkeypatch):
    """As if repeating alone changed functional volume by 8 %."""
    monkeypatch.setattr(what_changes, "LOG_SD", {"ftv": 0.08})


@pytest.mark.usefixtures("repeated")
def test_functional_volume_has_before_after_difference_percent_and_interval():
    ftv = change_of("ftv", exam(0, lesion(1, ftv=10.0)), exam(12, lesion(1, longest=20, ftv=4.0)))
    assert (ftv.before, ftv.after, ftv.absolute, ftv.percent) == (10.0, 4.0, -6.0, -60.0)
    low, high = ftv.interval
    assert low < -60.0 < high < 0
    assert ftv.is_beyond_repeat


@pytest.mark.usefixtures("repeated")
def test_a_change_that_repeating_alone_makes_is_not_beyond_it():
    assert change_of("ftv", exam(0, lesion(1, ftv=10.0)), exam(12, lesion(1, ftv=9.9))).is_beyond_repeat is False


def test_what_was_never_repeated_has_no_interval(monkeypatch):
    monkeypatch.setattr(what_changes, "LOG_SD", {})
    ftv = change_of("ftv", exam(0, lesion(1, ftv=10.0)), exam(12, lesion(1, ftv=4.0)))
    assert (ftv.percent, ftv.interval, ftv.is_beyond_repeat) == (-60.0, None, None)


@pytest.mark.parametrize(
    ("after", "expected"), [(20.9, Response.SHRUNK), (25.0, Response.STABLE), (37.0, Response.GROWN)]
)
def test_the_longest_diameter_has_a_category_like_recist(after, expected):
    longest = change_of("longest_diameter", exam(0, lesion(1)), exam(12, lesion(1, longest=after)))
    assert longest.response is expected


def test_ser_has_a_difference_and_no_percentage():
    ser = change_of("ser_mean", exam(0, lesion(1)), exam(12, lesion(1)))
    assert (ser.absolute, ser.percent) == (0.0, None)


def test_changes_are_since_the_first_date_and_since_the_last():
    dates = exam(0, lesion(1, ftv=10.0)), exam(3, lesion(1, ftv=8.0)), exam(12, lesion(1, ftv=4.0))
    assert change_of("ftv", *dates).percent == -60.0
    assert change_of("ftv", *dates, since="since_last").percent == -50.0


@pytest.mark.parametrize("week", [0, 12])
def test_a_warning_at_either_date_refuses_what_it_spoils(week):
    dates = [exam(one, lesion(1), quality=warned("lesion-at-edge") if one == week else ()) for one in (0, 12)]
    ftv = change_of("ftv", *dates)
    assert (ftv.percent, ftv.before) == (None, ftv.after)
    assert ftv.refused == f"At {dates[week > 0].date}: the images say so."


def test_a_late_phase_at_another_time_spoils_ser_and_not_volume():
    dates = exam(0, lesion(1)), exam(12, lesion(1), quality=warned("late-phase-time"))
    assert change_of("ser_mean", *dates).refused
    assert not change_of("ftv", *dates).refused


def test_what_is_passed_or_could_not_be_checked_refuses_nothing():
    for finding in (warned("lesion-at-edge", Verdict.PASS), warned("early-phase-time", checkable=False)):
        assert not change_of("ftv", exam(0, lesion(1)), exam(12, lesion(1), quality=finding)).refused


def test_dates_under_different_settings_are_not_compared():
    ftv = change_of("ftv", exam(0, lesion(1)), exam(12, lesion(1), settings_hash="other"))
    assert "different settings" in ftv.refused


def test_a_number_that_is_missing_says_why_there_is_no_change():
    bare = lesion(1)
    missing = Measurement("ftv", "Functional tumour volume", None, "cm3", Missing.CALCULATION_FAILURE, "no voxel")
    without = type(bare)(
        **{**vars(bare), "measurements": tuple(missing if m.id == "ftv" else m for m in bare.measurements)}
    )
    assert change_of("ftv", exam(0, bare), exam(12, without)).refused == (
        "Functional tumour volume has no value after: no voxel."
    )


def test_no_volume_before_gives_no_percentage():
    assert "was 0" in change_of("ftv", exam(0, lesion(1, ftv=0.0)), exam(12, lesion(1))).refused


def test_a_signature_changes_only_where_both_dates_have_scored_it():
    def scored(number, value):
        one = lesion(number)
        return type(one)(**{**vars(one), "signatures": (Measurement.of("wu2018", "TIL", value, "1"),)})

    assert change_of("wu2018", exam(0, scored(1, 0.25)), exam(12, scored(1, 0.75))).absolute == 0.5
    (visit,) = [follow([exam(0, scored(1, 0.25)), exam(12, lesion(1))]).lesions[0].visits[1]]
    assert "wu2018" not in {change.id for change in visit.since_first}


def test_every_gate_that_spoils_something_is_a_gate():
    told = set(SPOILS)
    with open(gates.__file__, encoding="utf-8") as file:
        source = file.read()
    assert [code for code in told if code.removeprefix("early-").removeprefix("late-") not in source] == []
