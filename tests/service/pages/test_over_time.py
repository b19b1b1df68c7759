"""What a page shows of several exams: a chart that needs no colour and is told in words, and a table for each lesion."""

from __future__ import annotations

import re
from datetime import date

from followed_lesions import followed
from kept_results import result_of

from tilscope.models.result_schema import read_result
from tilscope.service.answered_study import AnsweredStudy
from tilscope.service.pages.beside_page import beside_page
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.study_over_time import OverTimeView
from tilscope.service.pages.trend_chart import HEIGHT, WIDTH, Trend, TrendChart

DAYS = [date(2024, 1, 15), date(2024, 2, 26), date(2024, 5, 20)]


def test_a_chart_lies_within_its_frame_and_says_all_of_it_in_words() -> None:
    chart = TrendChart.of(
        "Volume", "cm³", DAYS, [Trend("Lesion 1", (12.5, None, 2.4)), Trend("Lesion 2", (1.0, 2.0, 2.3))]
    )
    assert chart is not None
    for curve in chart.curves:
        assert all(0 <= float(p.x) <= WIDTH and 0 <= float(p.y) <= HEIGHT for p in curve.points)
    gap, whole = chart.curves
    assert (len(gap.points), len(gap.paths)) == (2, 0), "nothing is drawn through an exam without a value"
    assert (len(whole.points), len(whole.paths)) == (3, 2)
    assert gap.mark != whole.mark, "told apart without colour"
    assert abs(float(gap.name_y) - float(whole.name_y)) >= 15, "no name lies on another"
    assert "Lesion 1: 2024-01-15 12.5 cm³, 2024-02-26 none, 2024-05-20 2.4 cm³" in chart.description


def test_one_value_is_no_trend() -> None:
    assert TrendChart.of("Volume", "cm³", DAYS, [Trend("Lesion 1", (None, None, 2.4))]) is None


def test_a_change_is_shown_with_its_interval_or_with_why_it_is_not_told() -> None:
    view = OverTimeView.of(followed("1.2.3"), "1.2.3")
    assert view is not None
    rows = {row.name: row for row in view.lesions[0].rows}
    assert rows["Longest diameter"].change == "−41 % (95 % interval −46 to −35), partial response in RECIST's terms"
    assert rows["Functional tumour volume"].is_refused
    assert "edge" in rows["Functional tumour volume"].change
    assert [exam.address != "" for exam in view.exams] == [True, True, False], "its own page is no link"


def test_two_exams_stand_side_by_side_the_earlier_first() -> None:
    over_time = followed("1.2.3")
    pair = [AnsweredStudy(exam.study_uid, read_result(result_of(exam.study_uid))) for exam in over_time.exams]
    html = beside_page(PageFrame(root="../../../"), "1.2.3", over_time, reversed(pair))
    shown = re.findall(r"studies/([0-9.]+)/picture", html)
    assert list(dict.fromkeys(shown)) == [exam.study_uid for exam in over_time.exams]
    assert "cannot be matched" in html
