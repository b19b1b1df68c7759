"""The guide explains what is on the page, in the simplest markup, and says of performance what the signatures say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from scored_study import scored_study

from tilscope.dicom_io.objects.pdf.page_style import STATE_MARKS
from tilscope.models.result import CalibrationState
from tilscope.models.signatures import all_signatures
from tilscope.models.signatures.registry import built_in_plugins

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "reading-guide.md").read_text(encoding="utf-8")


def test_every_signature_has_a_chapter_with_its_published_figures_and_its_source() -> None:
    for signature in all_signatures():
        chapter = GUIDE.split(f"## {signature.title}\n")[1].split("\n## ")[0]
        for part in ("What it tells:", "How it was made:", "Published performance:", "Source:", "Its limits:"):
            assert part in chapter
        for figure in re.findall(r"0\.\d{2,}", signature.published):
            assert figure in chapter, (signature.id, figure)
        year = re.search(r"\d{4}", signature.citation)
        assert year is not None
        assert year.group() in chapter


def test_the_chapters_are_those_of_the_signatures_folders() -> None:
    for plugin in built_in_plugins():
        assert f"\n{plugin.chapter_in_words}\n" in GUIDE


@pytest.mark.parametrize("state", CalibrationState)
def test_every_state_is_explained_beside_its_mark(state: CalibrationState) -> None:
    assert f"| {STATE_MARKS[state]} | {state.value} |" in GUIDE


def test_every_measurement_of_the_page_is_explained() -> None:
    for measurement in scored_study().result.lesions[0].measurements:
        name = measurement.name.partition(",")[0].removesuffix(" ratio")
        assert name in GUIDE, name


def test_it_renders_simply() -> None:
    """Headings, paragraphs and tables only: the page and a terminal show it without a Markdown library."""
    for line in GUIDE.splitlines():
        assert not re.match(r"\s*([-*+]|\d+\.)\s", line), line
        assert not re.search(r"[`*_]|\]\(|https?:", line), line
        if line.startswith("|"):
            assert line.endswith("|")
