"""Letters of any script, as a page draws them from the left."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.platypus import Paragraph

from tilscope.dicom_io.dce.values import readable_name
from tilscope.dicom_io.objects.pdf.page_letters import plain, register_fonts, width_of
from tilscope.dicom_io.objects.pdf.right_to_left import drawn_order


def usual(text: str) -> str:
    """Presentation forms as the letters that they are forms of."""
    return unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("text", ["Anna", "Иванова 12 (a)", "山田 花子", "", "  ", "12-3"])
def test_what_reads_from_the_left_stays_as_it_is(text: str) -> None:
    assert drawn_order(text) == text


def test_a_right_to_left_name_is_drawn_from_its_end() -> None:
    assert drawn_order("כהן רות") == "תור ןהכ"
    assert usual(drawn_order("محمد ليلى")[::-1]) == "محمد ليلى"


def test_digits_keep_their_order_and_brackets_turn() -> None:
    assert drawn_order("כהן (12.5)") == "(12.5) ןהכ"


def test_within_a_sentence_only_the_name_is_turned() -> None:
    assert drawn_order("Drawn by כהן רות (tool 3).") == "Drawn by תור ןהכ (tool 3)."


def test_arabic_letters_take_the_form_that_their_neighbours_ask_for() -> None:
    """Names of Unicode's forms, from right to left: what a reader of Arabic sees."""
    drawn = drawn_order("محمد")
    forms = [unicodedata.name(c).removeprefix("ARABIC LETTER ") for c in reversed(drawn)]
    assert forms == ["MEEM INITIAL FORM", "HAH MEDIAL FORM", "MEEM MEDIAL FORM", "DAL FINAL FORM"]
    # Alef and dal join nothing after them; lam with alef is one sign.
    assert [unicodedata.name(c)[-13:] for c in reversed(drawn_order("دار"))] == ["ISOLATED FORM"] * 3
    assert [unicodedata.name(c) for c in drawn_order("لا")] == ["ARABIC LIGATURE LAM WITH ALEF ISOLATED FORM"]


@settings(deadline=None)
@given(st.text(alphabet="محمدليىعباكههن اושרתכןABcd12.-", max_size=20))
def test_no_letter_is_lost_or_added(text: str) -> None:
    assert sorted(usual(drawn_order(text))) == sorted(usual(text))


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_at_all_can_be_set_and_measured(text: str) -> None:
    register_fonts()
    Paragraph(plain(text)).wrap(200, 1000)
    assert width_of(text, 7.0) >= 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ก", "[1 Thai letter]"),
        ("हिन्दी", "[6 Devanagari letters]"),
        ("x\U0001f469y", "x[U+1F469]y"),
        ("\U00020bb7田", "[1 CJK letter]"),
        ("a\x00b\u200dc", "a bc"),
    ],
)
def test_a_letter_that_no_font_has_becomes_words(text: str, shown: str) -> None:
    assert plain(text).startswith(shown)


def test_east_asian_letters_come_in_a_font_that_has_them() -> None:
    assert plain("Kim 김") == 'Kim <font name="WenQuanYiMicroHei">김</font>'


def test_the_groups_of_a_name_stand_side_by_side_and_the_family_name_first() -> None:
    """PS3.5, H.3: letters, ideographs, sound."""
    assert readable_name("Yamada^Tarou=山田^太郎=やまだ^たろう") == "Yamada Tarou / 山田 太郎 / やまだ たろう"
    assert readable_name("^^^") == ""
    assert readable_name("=山田") == "山田"
