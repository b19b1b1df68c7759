"""`tilscope labels`, from matrices and a clinical table to what `tilscope train` takes, as a researcher calls it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from expression_cohort import INFLAMED, ExpressionCohort, expression_cohort
from typer.testing import CliRunner

from tilscope.models.refusals import BadInput
from tilscope.models.result import RADIOMICS_MARK
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.han2024.model import HAN_2024
from tilscope.service.cli import app
from tilscope.service.research.evaluation.cohort import bring_together
from tilscope.service.research.evaluation.models import of_column
from tilscope.service.research.evaluation.plan import EvaluationPlan
from tilscope.service.research.evaluation.tables import read_table as read_cohort_table
from tilscope.service.research.labels.cohort_tables import sha256_of
from tilscope.service.research.training.input_tables import read_table

USAGE = 2


@dataclass(frozen=True)
class Files:
    folder: Path
    cohort: ExpressionCohort
    matrix: Path
    clinical: Path
    gmt: Path


def labels(*words: object, ends: int = 0) -> Any:
    """The JSON answer of a run in this process."""
    answer = CliRunner().invoke(app, ["labels", *map(str, words), "--json"])
    if isinstance(answer.exception, BadInput):
        raise answer.exception
    assert answer.exit_code == ends, (answer.output, answer.exception)
    return json.loads(answer.stdout) if not ends else answer.output


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder, cohort = tmp_path_factory.mktemp("labels"), expression_cohort(40)
    gmt = folder / "cells.gmt"
    sets = {"TCELLS": INFLAMED[:12], "CYTOTOXIC": INFLAMED[12:], "BACKGROUND": [f"BG{n}" for n in range(1, 20)]}
    gmt.write_text("".join("\t".join([name, "", *genes]) + "\n" for name, genes in sets.items()))
    status = ["yes" if n < 20 else "no" for n in range(40)]
    return Files(folder, cohort, cohort.write(folder / "tpm.tsv.gz"), cohort.clinical(folder / "clinical.csv", er=status), gmt)  # fmt: skip


@pytest.fixture(scope="module")
def scored(files: Files) -> Path:
    out = files.folder / "scores.parquet"
    labels("score", files.matrix, "--unit", "tpm", "--clinical", files.clinical, "--scores", "cyt,mcp,inflamed,ssgsea,gsva",
           "--gmt", files.gmt, "--out", out)  # fmt: skip
    return out


def test_scores_are_one_table_that_says_what_it_was_made_of(files: Files, scored: Path) -> None:
    table = pq.read_table(scored)
    assert table.column_names[:4] == ["study_uid", "patient_id", "sample", "cyt"]
    assert len(table.column_names) == 3 + 1 + 10 + 1 + 3 + 3 + 1
    assert table["er"].to_pylist() == pd.read_csv(files.clinical)["er"].tolist(), (
        "what the clinical table knew is there"
    )
    cyt = np.sqrt(files.cohort.tpm.loc["GZMA"] * files.cohort.tpm.loc["PRF1"])
    np.testing.assert_allclose(table["cyt"].to_numpy(), cyt, rtol=1e-9)
    made = json.loads(table.schema.metadata[b"tilscope"])
    assert made["files"][0] == {"name": "tpm.tsv.gz", "sha256": sha256_of(files.matrix)}
    assert made["units"] == ["tpm"]
    assert made["scores"]["cyt"]["found"] == ["GZMA", "PRF1"]
    assert made["scores"]["ssgsea"]["missing"]["TCELLS"] == []
    assert made["libraries"].keys() >= {"numpy", "scipy", "gseapy"}


def test_the_scores_keep_what_the_clinical_table_knows_and_can_be_evaluated(files: Files) -> None:
    """Survival and words come through as they were, also where a patient has none; a name that a score has is given way to."""
    names, count = list(files.cohort.tpm.columns), len(files.cohort.hot)
    known = pd.DataFrame({
        "patient_id": names, "study_uid": [f"1.2.{n}" for n in range(count)], "ward": ["007", "12"] * (count // 2),
        "years": np.arange(count) / 4 + 0.25, "died": [0, 1, 1, 0] * (count // 4), "grade": [1.0, np.nan] * (count // 2),
        "cyt": np.arange(count),
    })  # fmt: skip
    clinical, out = files.folder / "known.csv", files.folder / "known-scores.csv"
    known.to_csv(clinical, index=False)
    done = labels("score", files.matrix, "--unit", "tpm", "--clinical", clinical, "--scores", "cyt", "--out", out)
    assert done["columns"] == [
        "study_uid",
        "patient_id",
        "sample",
        "cyt",
        "ward",
        "years",
        "died",
        "grade",
        "clinical_cyt",
    ]
    assert "the clinical column cyt is called clinical_cyt here: a score has its name" in done["notes"]
    again = pd.read_csv(out, dtype={"study_uid": str, "ward": str}).rename(
        columns={"cyt": "score", "clinical_cyt": "cyt"}
    )
    pd.testing.assert_frame_equal(again[list(known.columns)], known, check_dtype=False)
    table = read_cohort_table(out)
    plan = EvaluationPlan(time="years", event="died")
    cohort = bring_together([of_column(table, "cyt")], table, table, plan)
    assert cohort.follow_up is not None
    assert (len(cohort), int(cohort.follow_up.event.sum())) == (count, count // 2)


def test_equal_files_give_equal_tables(files: Files, scored: Path) -> None:
    again = files.folder / "again.parquet"
    labels("score", files.matrix, "--unit", "tpm", "--clinical", files.clinical, "--scores", "cyt,mcp,inflamed,ssgsea,gsva",
           "--gmt", files.gmt, "--out", again)  # fmt: skip
    assert pq.read_table(again).equals(pq.read_table(scored), check_metadata=True)


def test_phenotypes_find_the_inflamed_and_a_training_takes_them(files: Files, scored: Path) -> None:
    out = files.folder / "phenotypes.parquet"
    done = labels("phenotypes", scored, "--columns", "ssgsea_*", "--out", out)
    assert done["classes"] == {"hot": 20, "cold": 20}
    found = pq.read_table(out)
    assert [label == "hot" for label in found["label"].to_pylist()] == files.cohort.hot.tolist()
    features = files.folder / "features.csv"
    name = RADIOMICS_MARK + next(iter(HAN_2024.features))
    pd.DataFrame({"study_uid": found["study_uid"].to_pylist(), name: np.arange(40.0)}).to_csv(features, index=False)
    table = read_table(features, out, HAN_2024, PipelineSettings())
    assert table.labels.tolist() == files.cohort.hot.astype(int).tolist()


def test_a_split_is_at_the_median_at_quantiles_or_where_it_is_told(files: Files, scored: Path) -> None:
    out = files.folder / "split.csv"
    done = labels("split", scored, "--column", "cyt", "--names", "low,high", "--out", out)
    assert done["classes"] == {"high": 20, "low": 20}
    cyt = pq.read_table(scored)["cyt"].to_numpy()
    assert done["borders"] == [pytest.approx(np.median(cyt))]
    table = pd.read_csv(out, dtype={"study_uid": str})
    assert ((table["cyt"] > np.median(cyt)) == (table["label"] == "high")).all()
    assert json.loads((files.folder / "split.csv.json").read_text())["column"] == "cyt"
    thirds = labels("split", scored, "--column", "cyt", "--quantile", 0.25, "--quantile", 0.75, "--names", "low,middle,high",
                    "--without-middle", "--out", out)  # fmt: skip
    assert thirds["classes"] == {"low": 10, "high": 10}
    assert thirds["notes"] == ["20 rows lie in the middle and no label"]
    assert labels("split", scored, "--column", "cyt", "--at", cyt.max() - 1e-6, "--out", out)["classes"] == {
        "0": 39,
        "1": 1,
    }


def test_a_split_that_leaves_a_class_empty_is_refused(files: Files, scored: Path) -> None:
    out = files.folder / "never.csv"
    for words, sentence in (
        (("--column", "cyt", "--at", 1e9), "nobody would be 1"),
        (("--column", "cyt", "--names", "a,b,c"), "1 borders make 2 classes, and 3 names are given"),
        (("--column", "cyx"), "it has no column cyx"),
    ):
        with pytest.raises(BadInput, match=sentence):
            labels("split", scored, *words, "--out", out)
    constant = files.folder / "constant.csv"
    constant.write_text("patient_id,cyt\nP1,2\nP2,2\n")
    with pytest.raises(BadInput, match="cyt is the same in all patients"):
        labels("split", constant, "--column", "cyt", "--out", out)
    assert not out.exists()


def test_patients_without_a_study_are_no_labels_for_a_training(files: Files) -> None:
    table, out = files.folder / "some.csv", files.folder / "some_labels.csv"
    table.write_text("study_uid,patient_id,cyt\n1.2,P1,1\n,P2,2\n,P3,3\n1.5,P4,4\n")
    done = labels("split", table, "--column", "cyt", "--out", out)
    assert (done["rows"], done["notes"]) == (2, ["2 rows have no study and no label"])
    assert labels("split", table, "--column", "cyt", "--everybody", "--out", out)["rows"] == 4


def test_the_comparison_finds_the_planted_genes_and_their_set(files: Files, scored: Path) -> None:
    classes, genes, sets = (files.folder / name for name in ("classes.csv", "genes.csv", "sets.csv"))
    labels("phenotypes", scored, "--out", classes)
    labels(
        "compare",
        files.matrix,
        "--unit",
        "tpm",
        "--clinical",
        classes,
        "--high",
        "hot",
        "--low",
        "cold",
        "--out",
        genes,
    )
    found = pd.read_csv(genes)
    assert set(found["gene"][: len(INFLAMED)]) == set(INFLAMED)
    assert found["log2_fold_change"][: len(INFLAMED)].mean() == pytest.approx(3, abs=0.2)
    assert (found["fdr"][len(INFLAMED) :] > 0.05).mean() > 0.95
    labels("enrich", genes, "--gmt", files.gmt, "--least", 5, "--permutations", 50, "--out", sets)
    enriched = pd.read_csv(sets).set_index("set")
    assert enriched.loc["TCELLS", "fdr"] < 0.05 < enriched.loc["BACKGROUND", "p"]
    assert set(enriched.loc["TCELLS", "leading"].split(";")) <= set(INFLAMED)


def test_a_class_that_nobody_has_is_refused(files: Files) -> None:
    with pytest.raises(
        BadInput, match="0 patients have er hot, at least 2 are needed; its values are no, yes"
    ) as refused:
        labels("compare", files.matrix, "--unit", "tpm", "--clinical", files.clinical, "--column", "er", "--high", "hot",
               "--out", files.folder / "never.csv")  # fmt: skip
    assert refused.value.code == "no-classes"


def test_tumour_beside_stroma_as_fan_did(files: Files, scored: Path) -> None:
    """A stroma with half of the tumour's populations on the log2 scale: heterogeneity 1."""
    stroma, out = files.folder / "stroma.parquet", files.folder / "tsh.csv"
    halved = pq.read_table(scored).to_pandas()
    halved[[name for name in halved if name.startswith("mcp_")]] /= 2
    halved[:30].to_parquet(stroma)
    done = labels("heterogeneity", scored, stroma, "--out", out)
    assert (done["rows"], done["notes"]) == (30, ["10 patients have one compartment only"])
    assert np.allclose(pd.read_csv(out)["tsh_cytotoxic_lymphocytes"], 1)


def test_two_cohorts_in_other_units_are_brought_together_by_combat(files: Files) -> None:
    """Sequencing in TPM, an array in log2 that reads two units higher; half of each is inflamed."""
    array = np.log2(files.cohort.tpm.iloc[:, 20:] + 1) + 2
    parts = [
        files.cohort.write(files.folder / "rnaseq.csv", files.cohort.tpm.iloc[:, :20]),
        files.cohort.write(files.folder / "array.csv", array),
    ]
    common = ["score", *parts, "--unit", "tpm", "--unit", "log2", "--scores", "mcp"]
    out = files.folder / "both.parquet"

    def gap(*words: str) -> float:
        labels(*common, *words, "--out", out)
        level = pq.read_table(out)["mcp_fibroblasts"].to_numpy()
        return float(abs(level[:20].mean() - level[20:].mean()))

    assert gap() == pytest.approx(2, abs=0.2)
    assert gap("--batch", "matrix") < 0.1
    made = json.loads(pq.read_table(out).schema.metadata[b"tilscope"])
    assert "ComBat has brought together array.csv 20, rnaseq.csv 20" in made["notes"]
    with pytest.raises(BadInput, match=r"what is to be kept \(er\) cannot be told from the batches"):
        gap("--batch", "matrix", "--clinical", str(files.clinical), "--keep", "er")


def test_a_score_that_lacks_its_file_or_is_unknown_is_wrong_usage(files: Files) -> None:
    for words, sentence in (
        (("--scores", "ssgsea"), "ssgsea needs --gmt"),
        (("--scores", "cells"), "cells needs --signature-matrix"),
        (("--scores", "xcell"), "xcell is none of cyt, mcp"),
        (("--unit", "counts"), "counts is none of tpm, fpkm, log2"),
        (("--keep", "er"), "needs --batch"),
    ):
        unit = () if "--unit" in words else ("--unit", "tpm")
        answer = labels("score", files.matrix, *unit, *words, "--out", files.folder / "never.csv", ends=USAGE)
        assert sentence in " ".join(answer.replace("│", " ").split())


def test_several_samples_of_a_patient_are_refused_or_chosen(files: Files) -> None:
    twice, out = files.folder / "twice.csv", files.folder / "twice_scores.csv"
    table = files.cohort.tpm.iloc[:, :4].set_axis(["P1-a", "P1-b", "P2-a", "P3-a"], axis=1)
    words = (
        "score",
        files.cohort.write(twice, table),
        "--unit",
        "tpm",
        "--scores",
        "cyt",
        "--patient-prefix",
        2,
        "--out",
        out,
    )
    with pytest.raises(BadInput, match=r"1 patients have several samples: P1. Say which with --several"):
        labels(*words)
    done = labels(*words, "--several", "first")
    assert (done["rows"], done["notes"]) == (3, ["1 patients have several samples (first is taken): P1"])


def test_mutations_and_fractions_of_cells_stand_beside_the_patients(files: Files) -> None:
    maf, matrix, out = (files.folder / name for name in ("cohort.maf", "signature.csv", "cells.csv"))
    maf.write_text("Tumor_Sample_Barcode\tVariant_Classification\nP00\tMissense_Mutation\nP00\tSilent\nP01\tSilent\n")
    genes = files.cohort.tpm.index[:30]
    signature = pd.DataFrame(
        np.random.default_rng(3).lognormal(3, 1, (30, 3)), index=genes, columns=["M1", "M2", "Mast"]
    )
    signature.to_csv(matrix)
    done = labels("score", files.matrix, "--unit", "tpm", "--scores", "tmb,cells", "--maf", maf, "--signature-matrix", matrix,
                  "--permutations", 2, "--out", out)  # fmt: skip
    table = pd.read_csv(out)
    assert table["tmb"][:2].tolist() == [1, 0]
    assert table["tmb"][2:].isna().all()
    assert done["notes"][0].startswith("tmb: 38 patients are not in the MAF file, and unknown: P02")
    np.testing.assert_allclose(table[["fraction_M1", "fraction_M2", "fraction_Mast"]].sum(axis=1), 1)
    maf.write_text("Tumor_Sample_Barcode\tVariant_Classification\nX1\tMissense_Mutation\n")
    with pytest.raises(BadInput, match=r"No patient of the table .* is among those whose expression is known"):
        labels("score", files.matrix, "--unit", "tpm", "--scores", "tmb", "--maf", maf, "--out", out)
