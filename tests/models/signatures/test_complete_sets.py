"""The complete sets as tables: the papers' counts, every column in every study, and why a value is not there."""

from __future__ import annotations

import pytest
import textured_study

from tilscope.models.features import NoValue, compute
from tilscope.models.features.sets import REGION_NAMES
from tilscope.models.signatures import all_signatures, complete_sets, variant_sets
from tilscope.models.signatures.base import SignatureCase
from tilscope.models.signatures.complete_set import CompleteSet, Table

COMPLETE_SETS = complete_sets()
SU, QIAN, FAN, HAN = (COMPLETE_SETS[name] for name in ("su2022", "qian2024", "fan2023", "han2024"))


def table(chosen: CompleteSet, case: SignatureCase) -> Table:
    return chosen.table(case, compute(case.prepared, case.regions, chosen.needs(case)))


def test_the_counts_are_the_papers() -> None:
    assert len(SU.columns) == 14 + 4 * 9 * 93 + 4 * 9 * 93 == 6710
    assert len(FAN.columns) == 14 + 93 * 2 * 3 == 572
    assert len(HAN.columns) == 2 * (14 + 93 * 5) == 2 * 479
    assert len(QIAN.columns) == 2 * (14 + 93 * 13)
    assert len(COMPLETE_SETS["wu2018"].columns) == 17


def test_the_stock_variant_of_qian_has_the_papers_count() -> None:
    """'A total of 1648 radiomics features ... were extracted using the Pyradiomics package (version 3.0.1)'."""
    (stock,) = variant_sets().values()
    assert stock.name == "qian2024-stock-mr"
    of_region = [[c for c in stock.columns if f"/{region}/" in c] for region in ("T", "ring")]
    assert [len(columns) for columns in of_region] == [1648, 1648]
    names = {column.rpartition("/")[2] for column in of_region[0]}
    # The names of table 2, of ring and tumour.
    assert {
        "square_firstorder_Minimum", "wavelet-LLH_firstorder_Skewness", "lbp-2D_glszm_ZoneVariance", "wavelet-LLL_firstorder_10Percentile",
        "squareroot_firstorder_10Percentile", "wavelet-HLH_gldm_DependenceVariance", "wavelet-LLH_firstorder_Kurtosis",
        "wavelet-LLH_glrlm_LongRunEmphasis", "wavelet-HLL_glrlm_RunVariance",
    } <= names  # fmt: skip


def test_the_stock_variant_measures_every_column_and_shifts_energies() -> None:
    case = textured_study.study()
    (stock,) = variant_sets().values()
    values = compute(case.prepared, case.regions, stock.needs(case))
    found = stock.table(case, values)
    assert tuple(found) == stock.columns
    assert {value.why for value in found.values() if isinstance(value, NoValue)} == set()
    where = "qian2024-stock-mr/T/P1/original_firstorder_"
    numbers = {name.removeprefix(where): float(value) for name, value in found.items() if name.startswith(where)}
    # Mean and variance are those of the values themselves; the mean square of shifted ones follows from them.
    expected = (numbers["Mean"] + 300) ** 2 + numbers["Variance"]
    assert numbers["RootMeanSquared"] ** 2 == pytest.approx(expected)
    assert numbers["TotalEnergy"] == pytest.approx(8 * numbers["Energy"])
    assert stock.phase_numbers(case) == (2,)


def test_every_signature_has_a_set_and_no_column_is_in_two() -> None:
    assert [one.signature for one in COMPLETE_SETS.values()] == list(all_signatures())
    columns = [column for one in COMPLETE_SETS.values() for column in one.columns]
    assert len(set(columns)) == len(columns)
    assert all(column.startswith(f"{name}/") for name, one in COMPLETE_SETS.items() for column in one.columns)


def test_four_post_contrast_phases_fill_every_column() -> None:
    case = textured_study.study()
    for chosen in COMPLETE_SETS.values():
        found = table(chosen, case)
        assert tuple(found) == chosen.columns
        assert not [name for name, value in found.items() if isinstance(value, NoValue)]


def test_three_phases_leave_the_fourth_out_and_have_statistics_over_three() -> None:
    case = textured_study.study(posts_s=(90, 180, 360))
    found = table(SU, case)
    assert tuple(found) == SU.columns
    few = NoValue("post-contrast phases: 3, at least 4 are needed")
    assert [name for name, value in found.items() if value == few] == [c for c in SU.columns if "/P4/" in c]
    course = [found[f"su2022/T/P{number}/original_glcm_Idmn"] for number in (1, 2, 3)]
    assert found["su2022/T/Mean/original_glcm_Idmn"] == sum(course) / 3
    assert SU.phase_numbers(case) == (2, 3, 4)


def test_two_phases_give_nothing_and_say_why() -> None:
    case = textured_study.study(posts_s=(150, 450))
    assert set(table(SU, case).values()) == {NoValue("post-contrast phases: 2, at least 3 are needed")}


def test_the_phases_behind_the_numbers_are_told() -> None:
    case = textured_study.study(posts_s=(60, 120, 240, 360, 480))
    told = {name: one.phase_numbers(case) for name, one in COMPLETE_SETS.items()}
    assert told == {
        "wu2018": (1, 2, 6), "su2022": (2, 3, 4, 5), "qian2024": (2,), "fan2023": (1, 4, 6), "han2024": (2,)
    }  # fmt: skip


def test_a_name_tells_its_region() -> None:
    regions = {column.split("/")[1] for one in (SU, QIAN, FAN, HAN) for column in one.columns}
    assert regions == set(REGION_NAMES.values())
