"""Tables as people have them: labels by study or patient, as classes or numbers, features that may be taken; and what is wrong."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tilscope.models.refusals import BadInput
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import complete_sets
from tilscope.models.signatures.fan2023.model import FAN_2023
from tilscope.models.signatures.su2022.model import SU_2022
from tilscope.models.signatures.wu2018.model import WU_2018
from tilscope.service.research.training.input_tables import feature_id, read_table
from tilscope.service.research.training.label_table import LabelChoice

SETTINGS = PipelineSettings()
COLUMNS = complete_sets()["wu2018"].columns
Row = dict[str, Any]
Change = Callable[[list[Row], list[Row]], object]


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """Wu's 17 of forty studies, and their TILs; `change` sees the rows first."""

    def write(change: Change = lambda rows, labels: None) -> tuple[Path, Path]:
        values = np.random.default_rng(1).normal(size=(40, len(COLUMNS)))
        rows: list[Row] = [
            {"study_uid": f"1.{n}", "patient_id": f"P{n}", **dict(zip(COLUMNS, row.tolist(), strict=True))}
            for n, row in enumerate(values)
        ]
        labels: list[Row] = [{"study_uid": f"1.{n}", "label": str(2 * n), "CYT": str(n / 10)} for n in range(40)]
        change(rows, labels)
        for name, content in (("features.csv", rows), ("labels.csv", labels)):
            with (tmp_path / name).open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, fieldnames=list(dict.fromkeys(key for row in content for key in row)))
                writer.writeheader()
                writer.writerows(content)
        return tmp_path / "features.csv", tmp_path / "labels.csv"

    return write


def test_percentages_and_cyt_come_with_their_studies(files: Callable[..., tuple[Path, Path]]) -> None:
    table = read_table(*files(), WU_2018, SETTINGS)
    assert table.labels.tolist() == [2.0 * n for n in range(40)]
    assert table.covariates["cyt"].tolist() == [n / 10 for n in range(40)]
    assert set(table.features) == {name.removeprefix("wu2018/") for name in COLUMNS}
    assert table.studies[3] == "1.3"


def test_labels_may_be_known_by_patient(files: Callable[..., tuple[Path, Path]]) -> None:
    def change(rows: list[Row], labels: list[Row]) -> None:
        for n, label in enumerate(labels):
            del label["study_uid"]
            label["patient_id"] = f"P{39 - n}"

    table = read_table(*files(change), WU_2018, SETTINGS)
    assert table.labels[0] == 78.0
    assert table.patients[0] == "P0"


def test_a_column_of_many_and_a_cut_make_classes(files: Callable[..., tuple[Path, Path]], tmp_path: Path) -> None:
    su = "su2022/T/P1/original_firstorder_Mean"

    def change(rows: list[Row], labels: list[Row]) -> None:
        for n, (row, label) in enumerate(zip(rows, labels, strict=True)):
            row[su] = n**2
            label["stil"] = "" if n == 5 else label["label"]

    table = read_table(*files(change), SU_2022, SETTINGS, LabelChoice("stil", first_class_from=20.0))
    assert table.features == (f"radiomics:{su}",)
    assert len(table.labels) == 39
    assert table.labels.sum() == 30, "20 itself is of the first class"


def test_only_what_is_repeatable_is_taken(files: Callable[..., tuple[Path, Path]], tmp_path: Path) -> None:
    plain, told = tmp_path / "list.txt", tmp_path / "list.csv"
    plain.write_text("wu2018/M1\nwu2018/TEX2\n")
    told.write_text("feature,usable\nwu2018/M1,True\nwu2018/M2,False\nwu2018/TEX2,True\n")
    for path in (plain, told):
        table = read_table(*files(), WU_2018, SETTINGS, repeatable=path)
        assert table.features == ("M1", "TEX2")
        assert table.left_out == {"features that are not repeatable": 15}
    plain.write_text("su2022/nothing\n")
    with pytest.raises(BadInput, match="it names none of the table's features as repeatable"):
        read_table(*files(), WU_2018, SETTINGS, repeatable=plain)


def test_a_feature_that_is_the_same_in_all_is_left_out(files: Callable[..., tuple[Path, Path]]) -> None:
    table = read_table(*files(lambda rows, labels: [row.update({"wu2018/M1": 3}) for row in rows]), WU_2018, SETTINGS)
    assert "M1" not in table.features
    assert table.left_out == {"features that are the same in all studies": 1}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda rows, labels: [one.update(study_uid="9.9" + one["study_uid"]) for one in labels], "it knows none of the studies or patients in features.csv"),
        (lambda rows, labels: labels[3].update(label="many"), "label 'many' of 1.3 is no number"),
        (lambda rows, labels: labels[3].update(label="nan"), "label 'nan' of 1.3 is no number"),
        (lambda rows, labels: labels[3].update(label="-4"), "label '-4' of 1.3 is no percentage"),
        (lambda rows, labels: [one.update(label="12") for one in labels], "every label is 12"),
        (lambda rows, labels: labels[3].update(CYT="high"), "its column CYT holds what is no number"),
        (lambda rows, labels: [one.pop("study_uid") for one in labels], "it has no column study_uid"),
    ],
)  # fmt: skip
def test_labels_that_cannot_be_used_say_why(files: Callable[..., tuple[Path, Path]], change: Change, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        read_table(*files(change), WU_2018, SETTINGS)


def test_one_class_for_everybody_teaches_nothing(files: Callable[..., tuple[Path, Path]]) -> None:
    features, labels = files(
        lambda rows, labels: (
            [row.update({next(iter(FAN_2023.features)): n}) for n, row in enumerate(rows)]
            and [one.update(label="good") for one in labels]
        )
    )
    with pytest.raises(BadInput, match="every label is good"):
        read_table(features, labels, FAN_2023, SETTINGS)


def test_a_column_of_a_set_is_a_measurement_of_its_signature() -> None:
    assert feature_id("wu2018/TS-BPE2", WU_2018) == "TS-BPE2"
    assert feature_id("su2022/T/Skewness/wavelet-LLL_glcm_Idmn", SU_2022) == "radiomics:su2022/T/Skewness/wavelet-LLL_glcm_Idmn"  # fmt: skip
    assert feature_id("scanner", SU_2022) == ""
