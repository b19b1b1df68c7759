"""One run of the command, and what its files hold. The figures were looked at, in grey too; here is what a program can see."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from planted_cohort import cohort, write_csv
from typer.testing import CliRunner

from tilscope.service.cli import app
from tilscope.service.research.evaluation.checklist_items import ITEMS
from tilscope.service.research.figures.style import LOOKS

ASKED = (
    "--against", "clinical", "--time", "rfs_years", "--event", "recurrence", "--covariate", "age", "--covariate", "er",
    "--subgroup", "er", "--correlate", "tumour_*", "--network", "tumour=tumour_*", "--cut-off", "0.5", "--draws", "200",
)  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("evaluated")
    scored, outcomes = cohort(100)
    tables = write_csv(folder / "scores.csv", scored), write_csv(folder / "outcomes <1>.csv", outcomes)
    told = {"provenance": {"pipeline_version": "9.9", "settings_hash": "abc", "extractor": "tilscope", "libraries": {"numpy": "2"}}}  # fmt: skip
    (folder / "scores.csv.json").write_text(json.dumps(told))
    command = ["evaluate", "fan2023", str(tables[0]), "--outcomes", str(tables[1]), "--out", str(folder / "report"), *ASKED, "--json"]  # fmt: skip
    answer = CliRunner().invoke(app, command)
    assert answer.exit_code == 0, answer.output
    return folder / "report", json.loads(answer.stdout)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_section_that_was_asked_for_is_there(run: tuple[Path, dict[str, Any]]) -> None:
    folder, told = run
    assert told["sections"] == [
        "discrimination", "cut_offs", "calibration", "decisions", "subgroups", "distributions", "survival", "correlations", "networks",
    ]  # fmt: skip
    assert {Path(path).name for path in told["files"]} == {path.name for path in folder.iterdir()}


def test_every_number_of_the_page_is_in_the_file_of_numbers(run: tuple[Path, dict[str, Any]]) -> None:
    folder, told = run
    numbers = rows(folder / "numbers.csv")
    assert len(numbers) == told["numbers"] > 100
    auc = next(row for row in numbers if row["quantity"] == "AUC" and row["of"] == "fan2023")
    assert len(auc["value"]) > 10
    assert f"{float(auc['value']):.3f}" in (folder / "report.html").read_text(encoding="utf-8")
    assert {row["section"] for row in numbers} == set(told["sections"])


def test_the_page_needs_nothing_beside_it_and_its_figures_are_drawings(run: tuple[Path, dict[str, Any]]) -> None:
    page = (run[0] / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg ") == page.count("<figure ") >= 15
    assert not re.search(r'(src|href)="(?!#)|@import|url\((?!#)', page)
    assert "<image" not in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'xlink:href="#([^"]+)"', page)) <= set(ids)


def test_names_of_files_and_columns_are_never_read_as_markup(run: tuple[Path, dict[str, Any]]) -> None:
    page = (run[0] / "report.html").read_text(encoding="utf-8")
    assert "outcomes &lt;1&gt;.csv" in page
    assert "outcomes <1>.csv" not in page


def test_the_printed_report_holds_no_picture(run: tuple[Path, dict[str, Any]]) -> None:
    document = (run[0] / "report.pdf").read_bytes()
    assert document.startswith(b"%PDF")
    assert b"/Subtype /Image" not in document


def test_the_checklist_answers_what_the_run_knows_and_says_what_it_does_not(run: tuple[Path, dict[str, Any]]) -> None:
    folder, told = run
    items = rows(folder / "checklist.csv")
    assert len(items) == len(ITEMS) == told["checklist_items"]
    assert sum(bool(row["answer"]) for row in items) == told["checklist_known"]
    by_item = {(row["guideline"], row["item"]): row for row in items}
    assert "recurrence" in by_item["TRIPOD+AI", "8a"]["answer"]
    assert by_item["CLEAR", "25"]["answer"] == "tilscope (numpy 2)."
    assert "A Skyra (3T)" in by_item["METRICS", "4"]["answer"]
    # What was done to patients and who paid for it no run can know.
    for item in ("6c", "17", "18a"):
        assert (by_item["TRIPOD+AI", item]["answer"], by_item["TRIPOD+AI", item]["state"]) == (
            "",
            "not known from the run",
        )


def test_the_lists_are_whole() -> None:
    """CLEAR has 58 items, METRICS 30, TRIPOD+AI 27 with their letters; each stands once."""
    assert len({(guideline, item) for guideline, item, _, _ in ITEMS}) == len(ITEMS)
    for guideline, most in (("CLEAR", 58), ("METRICS", 30), ("TRIPOD+AI", 27)):
        found = {int(re.sub(r"\D.*", "", item)) for name, item, _, _ in ITEMS if name == guideline}
        assert found == set(range(1, most + 1))


def test_things_are_told_apart_without_colour() -> None:
    def grey(colour: str) -> float:
        red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    assert len({str(one.line) for one in LOOKS}) == len({one.hatch for one in LOOKS}) == len({one.marker for one in LOOKS}) == len(LOOKS)  # fmt: skip
    # The first two, as most figures have no more, are far apart in grey as well.
    assert abs(grey(LOOKS[0].colour) - grey(LOOKS[1].colour)) > 40


def test_bad_input_ends_with_its_own_code(tmp_path: Path) -> None:
    scored, outcomes = cohort(20)
    outcomes["label"] = ["good"] * 20
    tables = write_csv(tmp_path / "s.csv", scored), write_csv(tmp_path / "o.csv", outcomes)
    answer = CliRunner().invoke(app, ["evaluate", "fan2023", str(tables[0]), "--outcomes", str(tables[1]), "--out", str(tmp_path / "r")])  # fmt: skip
    assert type(answer.exception).__name__ == "BadInput"
    assert not (tmp_path / "r").exists()
