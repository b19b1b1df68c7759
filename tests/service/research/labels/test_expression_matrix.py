"""An expression matrix is read however a researcher has it, and what is something else is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from expression_cohort import ENSEMBL_OF_SYMBOL, ExpressionCohort, expression_cohort

from tilscope.models.refusals import BadInput
from tilscope.service.research.labels.clinical_table import read_clinical, require_common
from tilscope.service.research.labels.expression_matrix import Expression, ExpressionUnit, read_expression
from tilscope.service.research.labels.published_genes import (
    MCP_COUNTER_MARKERS,
    PUBLISHED_GENES,
    SYMBOL_OF_ENSEMBL,
    T_CELL_INFLAMED_WEIGHTS,
)
from tilscope.service.research.labels.sample_patients import SampleNames, patients_of


@pytest.fixture(scope="module")
def cohort() -> ExpressionCohort:
    return expression_cohort(6)


def read(path: Path, unit: ExpressionUnit = ExpressionUnit.TPM, offset: float = 1.0) -> Expression:
    return read_expression(path, unit, offset, PUBLISHED_GENES)


@pytest.mark.parametrize("name", ["m.csv", "m.tsv", "m.csv.gz", "m.txt.gz", "m.parquet"])
def test_files_of_every_kind_say_the_same(cohort: ExpressionCohort, tmp_path: Path, name: str) -> None:
    found = read(cohort.write(tmp_path / name))
    assert (found.genes, found.samples) == (tuple(cohort.tpm.index), tuple(cohort.tpm.columns))
    np.testing.assert_allclose(found.linear, cohort.tpm.to_numpy(), rtol=1e-12)
    assert found.notes == ()


def test_samples_by_genes_are_turned(cohort: ExpressionCohort, tmp_path: Path) -> None:
    found = read(cohort.write(tmp_path / "m.csv", cohort.tpm.T))
    assert found.samples == tuple(cohort.tpm.columns)
    np.testing.assert_allclose(found.linear, cohort.tpm.to_numpy(), rtol=1e-12)


def test_ensembl_ids_of_our_formulas_become_symbols_and_others_lose_their_version(
    cohort: ExpressionCohort, tmp_path: Path
) -> None:
    numbers = cohort.tpm.rename(index={s: f"{e}.{n}" for n, (s, e) in enumerate(ENSEMBL_OF_SYMBOL.items())})
    numbers = numbers.rename(index={"BG1": "ENSG00000999999.7"})
    found = read(cohort.write(tmp_path / "m.tsv", numbers))
    assert PUBLISHED_GENES - {"MGC40069"} <= set(found.genes)
    assert "ENSG00000999999" in found.genes


def test_of_a_gene_with_several_rows_the_most_expressed_is_taken_and_told(
    cohort: ExpressionCohort, tmp_path: Path
) -> None:
    twice = pd.concat([cohort.tpm, cohort.tpm.loc[["GZMA"]] * 3])
    found = read(cohort.write(tmp_path / "m.csv", twice))
    np.testing.assert_allclose(found.linear[found.rows(["GZMA"])][0], 3 * cohort.tpm.loc["GZMA"], rtol=1e-12)
    assert found.notes == ("1 genes have several rows, of which that with the highest mean is taken: GZMA",)


def test_genes_that_lack_values_are_left_out_and_told(cohort: ExpressionCohort, tmp_path: Path) -> None:
    gaps = cohort.tpm.copy()
    gaps.loc["BG7", "P01"] = np.nan
    found = read(cohort.write(tmp_path / "m.csv", gaps))
    assert "BG7" not in found.genes
    assert found.notes == ("1 genes lack a value in some sample and are left out: BG7",)


def test_two_samples_with_the_same_numbers_are_told(cohort: ExpressionCohort, tmp_path: Path) -> None:
    found = read(cohort.write(tmp_path / "m.csv", cohort.tpm.assign(P05=cohort.tpm["P02"])))
    assert found.notes == ("samples with the very same numbers: P02 and P05",)


def test_fpkm_become_tpm_by_their_sum_over_all_genes(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    names = ["GZMA", "PRF1", *(f"BG{n}" for n in range(5000))]
    fpkm = pd.DataFrame(rng.lognormal(2, 1, size=(len(names), 3)), index=names, columns=["A", "B", "C"])
    fpkm.to_csv(tmp_path / "m.csv")
    np.testing.assert_allclose(read(tmp_path / "m.csv", ExpressionUnit.FPKM).linear.sum(axis=0), 1e6)


def test_logarithms_are_taken_as_they_are(cohort: ExpressionCohort, tmp_path: Path) -> None:
    path = cohort.write(tmp_path / "m.csv", np.log2(cohort.tpm + 0.5))
    found = read(path, ExpressionUnit.LOG2, 0.5)
    np.testing.assert_allclose(found.linear, cohort.tpm.to_numpy(), rtol=1e-9)


@pytest.mark.parametrize(
    ("change", "unit", "sentence"),
    [
        (lambda t: -t, ExpressionUnit.TPM, "values are negative, the least .* no TPM is; logarithms are --unit log2"),
        (lambda t: t * 100, ExpressionUnit.LOG2, "these are no logarithms; say --unit tpm or fpkm"),
        (lambda t: np.log2(t / 1000), ExpressionUnit.LOG2, r"below log2\(1\): say with --offset"),
        (lambda t: t, ExpressionUnit.FPKM, "by their sum over all genes; it holds only 201"),
        (lambda t: t.assign(P03=4.0), ExpressionUnit.TPM, "every gene has the same value in the samples P03"),
        (lambda t: t.astype(object).mask(t == t.loc["BG2", "P04"], "n/k"), ExpressionUnit.TPM, "'n/k' of BG2 in P04 is no number"),
        (lambda t: t.set_axis([str(n) for n in range(201)]), ExpressionUnit.TPM, "Entrez"),
        (lambda t: t.set_axis([f"{n}_at" for n in range(201)]), ExpressionUnit.TPM, "probes of an array: map them"),
        (lambda t: t.set_axis([f"Gzm{n}" for n in range(201)]), ExpressionUnit.TPM, "symbols as the mouse's are written"),
        (lambda t: t.set_axis(["P00", "P00", *t.columns[2:]], axis=1), ExpressionUnit.TPM, "two columns have the same name: P00"),
        (lambda t: t.mask(t > 0), ExpressionUnit.TPM, "201 of its 201 genes lack a value"),
    ],
)  # fmt: skip
def test_what_is_something_else_is_refused_in_words(
    cohort: ExpressionCohort,
    tmp_path: Path,
    change: Callable[[pd.DataFrame], pd.DataFrame],
    unit: ExpressionUnit,
    sentence: str,
) -> None:
    path = cohort.write(tmp_path / "m.csv", change(cohort.tpm))
    with pytest.raises(BadInput, match=sentence):
        read(path, unit)


def test_a_transcriptome_that_is_logarithmic_is_not_taken_for_tpm(tmp_path: Path) -> None:
    names = ["GZMA", *(f"BG{n}" for n in range(1000))]
    pd.DataFrame(np.random.default_rng(1).uniform(0, 14, (1001, 3)), index=names, columns=list("ABC")).to_csv(
        tmp_path / "m.csv"
    )
    with pytest.raises(BadInput, match="these are logarithms and no TPM"):
        read(tmp_path / "m.csv")


def test_the_file_that_is_cut_or_called_otherwise_is_told(tmp_path: Path) -> None:
    for name, sentence in (
        ("m.xlsx", "its name must end with"),
        ("m.csv", "one column only"),
        ("m.csv.gz", "cannot be read"),
    ):
        (tmp_path / name).write_bytes(b"gene\tA\nGZMA\t1\n")
        with pytest.raises(BadInput, match=sentence):
            read(tmp_path / name)


def test_a_barcode_of_tcga_names_the_patient_and_the_tissue() -> None:
    samples = ["TCGA-A1-A0SB-01A-11R", "TCGA-A1-A0SB-11A-11R", "TCGA.A2.A0CM.01"]
    whose = patients_of(samples, SampleNames())
    assert whose.patients == {0: "TCGA-A1-A0SB", 2: "TCGA-A2-A0CM"}
    assert whose.notes == ("1 samples are of other tissue than 01 by their barcode: TCGA-A1-A0SB-11A-11R",)
    assert list(patients_of(samples, SampleNames(tissue="11")).patients) == [1]


def test_a_table_or_a_prefix_names_the_patient(tmp_path: Path) -> None:
    assert patients_of(["P1-T", "P2-T"], SampleNames(prefix=2)).patients == {0: "P1", 1: "P2"}
    table = tmp_path / "samples.csv"
    table.write_text("sample,patient_id\ns1,007\n")
    whose = patients_of(["s1", "s2"], SampleNames(table=table))
    assert (whose.patients, whose.notes) == ({0: "007"}, ("1 samples are not in samples.csv: s2",))
    with pytest.raises(BadInput, match=r"none of its samples \(s1\) is in the matrix \(x\)"):
        patients_of(["x"], SampleNames(table=table))


def test_a_clinical_table_of_other_patients_is_refused_and_of_some_others_told(tmp_path: Path) -> None:
    table = tmp_path / "clinical.csv"
    table.write_text("patient_id,er\nP1,1\nP9,0\n")
    assert require_common(read_clinical(table), ["P1", "P2"]) == (
        "1 patients of the clinical table have no expression: P9",
        "1 patients with expression are not in the clinical table: P2",
    )
    with pytest.raises(BadInput, match=r"\(P1, P9\) is among those whose expression is known \(A, B\)") as refused:
        require_common(read_clinical(table), ["A", "B"])
    assert refused.value.code == "no-patient-in-common"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("patient,er\nP1,1\n", "it has no column patient_id; it has patient, er"),
        ("patient_id,er\nP1,1\nP1,0\n", "several rows are of the same patient_id: P1"),
        ("patient_id,er\n,1\n", "1 rows name no patient"),
    ],
)
def test_a_clinical_table_that_cannot_be_used_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "clinical.csv").write_text(text)
    with pytest.raises(BadInput, match=sentence):
        read_clinical(tmp_path / "clinical.csv")


def test_the_published_facts_are_whole() -> None:
    """Becht 2016: ten populations, 111 markers. Ayers 2017: 18 genes. An id is of one gene."""
    assert len(MCP_COUNTER_MARKERS) == 10
    assert sum(map(len, MCP_COUNTER_MARKERS.values())) == 111
    assert len(T_CELL_INFLAMED_WEIGHTS) == 18
    assert set(SYMBOL_OF_ENSEMBL.values()) == PUBLISHED_GENES - {"MGC40069"}
    assert len(ENSEMBL_OF_SYMBOL) == len(SYMBOL_OF_ENSEMBL) - 1
