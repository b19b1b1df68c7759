"""What is planted in a cohort is found: by each score, by classes, by the comparison of classes, through batches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from expression_cohort import INFLAMED, TIMES_MORE, ExpressionCohort, expression_cohort

from tilscope.models.refusals import BadInput
from tilscope.service.research.labels.cohort import without_rare
from tilscope.service.research.labels.combat import ConfoundedBatches, combat
from tilscope.service.research.labels.deconvolution import cell_fractions
from tilscope.service.research.labels.expression_matrix import Expression
from tilscope.service.research.labels.gene_set_scores import enrichment, estimate, gsva, read_gmt, ssgsea
from tilscope.service.research.labels.moderated_t import moderated_t
from tilscope.service.research.labels.mutational_burden import nonsynonymous_mutations
from tilscope.service.research.labels.phenotypes import phenotypes
from tilscope.service.research.labels.published_genes import HOUSEKEEPING_GENES, MCP_COUNTER_MARKERS
from tilscope.service.research.labels.published_scores import (
    Scores,
    cytolytic_activity,
    mcp_counter,
    single_genes,
    t_cell_inflamed,
)

GMT = Path("sets.gmt")
SETS = {"INFLAMED": tuple(INFLAMED), "OTHERS": tuple(f"BG{n}" for n in range(1, 31))}


def of(cohort: ExpressionCohort) -> Expression:
    table = cohort.tpm
    return Expression(tuple(table.index), tuple(table.columns), np.log2(table.to_numpy() + 1), np.ones(table.shape[1]))


@pytest.fixture(scope="module")
def cohort() -> ExpressionCohort:
    return expression_cohort()


@pytest.fixture(scope="module")
def expression(cohort: ExpressionCohort) -> Expression:
    return of(cohort)


# ------------------------------------------------------------------------------------------------ published formulas


def test_cyt_is_the_geometric_mean_of_two_genes_in_tpm() -> None:
    two = Expression(("GZMA", "PRF1"), ("A", "B"), np.log2(np.array([[8.0, 0.0], [2.0, 5.0]]) + 1), np.ones(2))
    np.testing.assert_allclose(cytolytic_activity(two).columns["cyt"], [4.0, 0.0], atol=1e-12)


def test_a_gene_that_is_missing_makes_no_cyt_and_is_named(expression: Expression) -> None:
    scores = cytolytic_activity(expression.of_genes([n for n, g in enumerate(expression.genes) if g != "PRF1"]))
    assert np.isnan(scores.columns["cyt"]).all()
    assert scores.notes == ("cyt: 1 of 2 genes are missing: PRF1",)


def test_mcp_counter_finds_the_populations_that_were_planted(cohort: ExpressionCohort, expression: Expression) -> None:
    """About log2 of 8 more of two populations; the others differ as chance has it."""
    columns = mcp_counter(expression).columns
    more = {name: values[cohort.hot].mean() - values[~cohort.hot].mean() for name, values in columns.items()}
    assert len(more) == 10
    for name, difference in more.items():
        planted = name in ("mcp_t_cells", "mcp_cytotoxic_lymphocytes")
        assert difference == pytest.approx(np.log2(TIMES_MORE) if planted else 0.0, abs=0.35), name


def test_mcp_counter_takes_the_mean_of_the_markers_that_are_there(expression: Expression) -> None:
    marker = MCP_COUNTER_MARKERS["fibroblasts"][0]
    less = mcp_counter(expression.of_genes([n for n, g in enumerate(expression.genes) if g != marker]))
    rest = expression.log2[expression.rows(MCP_COUNTER_MARKERS["fibroblasts"][1:])]
    np.testing.assert_allclose(less.columns["mcp_fibroblasts"], rest.mean(axis=0))
    assert f"mcp_fibroblasts: 1 of 8 genes are missing: {marker}" in less.notes


def test_the_t_cell_inflamed_score_does_not_know_how_much_was_sequenced(expression: Expression) -> None:
    """All logarithms one higher, the housekeeping genes' too: what is left is one times the sum of the weights, less itself."""
    usual = t_cell_inflamed(expression).columns["t_cell_inflamed"]
    deeper = Expression(expression.genes, expression.samples, expression.log2 + 1, expression.offsets)
    np.testing.assert_allclose(t_cell_inflamed(deeper).columns["t_cell_inflamed"], usual)
    steady = expression.log2.copy()
    steady[expression.rows(HOUSEKEEPING_GENES)] += 1
    against = Expression(expression.genes, expression.samples, steady, expression.offsets)
    assert (t_cell_inflamed(against).columns["t_cell_inflamed"] < usual).all()


def test_single_genes_are_columns_and_those_that_are_missing_told(expression: Expression) -> None:
    scores = single_genes(expression, ["CD274", "PDL2", "NOWHERE"])
    assert list(scores.columns) == ["log2_CD274", "log2_PDCD1LG2"]
    np.testing.assert_array_equal(scores.columns["log2_CD274"], expression.log2[expression.rows(["CD274"])[0]])
    assert scores.notes == ("genes: 1 of 3 genes are missing: NOWHERE",)


def test_genes_that_are_zero_in_four_fifths_of_the_samples_are_left_out() -> None:
    values = np.log2(np.array([[0, 0, 0, 0, 9], [0, 0, 0, 9, 9], [9, 9, 9, 9, 9]]) + 1.0)
    left = without_rare(Expression(("A", "B", "C"), tuple("12345"), values, np.ones(5)), 0.8)
    assert left.genes == ("B", "C")
    assert left.notes == ("1 genes are zero in 80% of the samples or more and are left out",)


# ---------------------------------------------------------------------------------------------------------- gene sets


@pytest.mark.parametrize("score", [ssgsea, gsva])
def test_a_planted_set_is_higher_in_who_has_it(
    cohort: ExpressionCohort, expression: Expression, score: Callable[..., Scores]
) -> None:
    planted, others = score(expression, SETS, GMT).columns.values()
    assert planted[cohort.hot].min() > planted[~cohort.hot].max()
    assert not others[cohort.hot].min() > others[~cohort.hot].max()


def test_ssgsea_is_the_walk_down_the_ranking() -> None:
    """Five genes, two of them in the set, at places 1 and 4: the differences of the running sums, added up by hand."""
    one = Expression(tuple("ABCDE"), ("S",), np.array([[9.0], [7.0], [5.0], [3.0], [1.0]]), np.ones(1))
    first, second = 5**0.25, 2**0.25
    steps = np.array([first, first, first, first + second, first + second]) / (first + second)
    expected = (steps - np.array([0, 1, 2, 2, 3]) / 3).sum()
    assert enrichment(one, {"S": ["A", "D"]})["S"][0] == pytest.approx(expected, abs=1e-12)


def test_the_order_of_a_matrixs_rows_changes_no_score(expression: Expression) -> None:
    """Many genes of a sample are not expressed and share a rank."""
    sparse = Expression(expression.genes, expression.samples, np.round(expression.log2 / 3), expression.offsets)
    turned = sparse.of_genes(range(len(sparse.genes))[::-1])
    for one, other in zip(
        ssgsea(sparse, SETS, GMT).columns.values(), ssgsea(turned, SETS, GMT).columns.values(), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_estimate_is_the_sum_of_its_two_scores(expression: Expression) -> None:
    sets = {"StromalSignature": SETS["OTHERS"], "ImmuneSignature": SETS["INFLAMED"]}
    columns = estimate(expression, sets, GMT).columns
    np.testing.assert_allclose(columns["estimate"], columns["estimate_stromal"] + columns["estimate_immune"])
    with pytest.raises(BadInput, match="'stromal' and one with 'immune' in its name"):
        estimate(expression, SETS, GMT)


def test_genes_that_a_set_lacks_are_told_and_a_set_of_nothing_has_no_score(expression: Expression) -> None:
    scores = ssgsea(expression, {**SETS, "PARTLY": ("GZMA", "NOWHERE"), "FOREIGN": ("X", "Y")}, GMT)
    assert np.isnan(scores.columns["ssgsea_FOREIGN"]).all()
    assert scores.notes == ("ssgsea: genes missing of the sets PARTLY 1 of 2, FOREIGN 2 of 2",)
    with pytest.raises(BadInput, match=r"No gene of sets.gmt \(X, Y\) is in the expression matrix"):
        ssgsea(expression, {"FOREIGN": ("X", "Y")}, GMT)


def test_a_gmt_file_is_read_by_the_names_of_today_and_a_broken_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "sets.gmt"
    path.write_text("A\tabout\tENSG00000145649.8\tSDPR\tGZMA\n\n")
    assert read_gmt(path) == {"A": ("GZMA", "CAVIN2")}
    for text, sentence in (("A B C\n", "line 1 names no gene"), ("", "no gene set"), ("A\t\tX\nA\t\tY\n", "two sets are called A")):  # fmt: skip
        path.write_text(text)
        with pytest.raises(BadInput, match=sentence):
            read_gmt(path)


# ------------------------------------------------------------------------------------------- mutations, cells, groups


def test_tmb_counts_what_changes_a_protein_and_a_mutation_once(tmp_path: Path) -> None:
    header = "Chromosome\tStart_Position\tReference_Allele\tTumor_Seq_Allele2\tTumor_Sample_Barcode\tVariant_Classification\n"
    rows = ("1\t5\tA\tG\tP1\tMissense_Mutation", "1\t5\tA\tG\tP1\tMissense_Mutation", "2\t9\tC\tT\tP1\tSilent",
            "3\t1\tC\t-\tP1\tFrame_Shift_Del", "3\t1\tC\tT\tP2\tIntron")  # fmt: skip
    path = tmp_path / "cohort.maf"
    path.write_text("#version 2.4\n" + header + "\n".join(rows) + "\n")
    counts = nonsynonymous_mutations(path)
    assert counts.by_sample == {"P1": 2, "P2": 0}
    assert counts.notes == ("tmb: 1 rows repeat a mutation and count once",)
    path.write_text(header + "1\t5\tA\tG\tP1\tmissense\n")
    with pytest.raises(BadInput, match="missense is no class of variants"):
        nonsynonymous_mutations(path)


def test_fractions_that_were_mixed_are_found_and_a_mixture_of_nothing_is_not_significant() -> None:
    rng = np.random.default_rng(4)
    signature = rng.lognormal(3, 1.2, size=(80, 4))
    true = rng.dirichlet([1, 1, 1, 1], size=5)
    mixtures = (signature @ true.T) * rng.lognormal(0, 0.05, size=(80, 5))
    noise = rng.permutation(mixtures[:, :1])
    done = cell_fractions(np.hstack([mixtures, noise]), signature, permutations=19, seed=1)
    assert np.abs(done.fractions[:5] - true).max() < 0.06
    assert (done.p[:5] == 1 / 20).all()
    assert done.p[5] > 0.1
    np.testing.assert_allclose(done.fractions.sum(axis=1), 1)


def test_two_kinds_of_tumour_are_two_groups_and_the_one_with_more_cells_is_the_last() -> None:
    rng = np.random.default_rng(2)
    hot = np.arange(40) % 3 == 0
    scores = np.array([0.1, 0.1, 0.2, 0.2, 0.5, 0.6]) + rng.normal(0, 0.03, size=(40, 6))
    scores[np.ix_(hot, range(4))] += 0.5
    done = phenotypes(scores, 2, seed=1)
    assert (done.group == hot).all()
    assert max(done.silhouette_by_count, key=lambda count: done.silhouette_by_count[count]) == 2
    assert done.silhouette == done.silhouette_by_count[2] > 0.5


# ------------------------------------------------------------------------------------------------ batches, differences


def test_combat_takes_a_planted_batch_out_and_leaves_what_is_kept() -> None:
    """The class is unequally spread over the batches: without `kept`, part of it goes with them."""
    rng = np.random.default_rng(7)
    batches, hot = np.repeat(["a", "b"], 20), np.r_[np.arange(20) < 14, np.arange(20) < 6]
    spread, shift = np.where(batches == "b", 1.4, 1.0), np.where(batches == "b", 2.0, 0.0)
    seen = rng.normal(6, 1, size=(120, 1)) + spread * rng.normal(size=(120, 40)) + shift
    seen[:40, hot] += 3

    def apart(values: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
        return float(values[:40][:, one].mean() - values[:40][:, other].mean())

    kept, not_kept = combat(seen, batches.tolist(), hot[:, None].astype(float)), combat(seen, batches.tolist())
    cold_a, cold_b = ~hot & (batches == "a"), ~hot & (batches == "b")
    assert apart(seen, cold_b, cold_a) == pytest.approx(2, abs=0.2)
    assert apart(kept, cold_b, cold_a) == pytest.approx(0, abs=0.2)
    assert apart(kept, hot, ~hot) == pytest.approx(3, abs=0.2)
    assert apart(not_kept, hot, ~hot) < 2.7


def test_combat_refuses_to_keep_what_cannot_be_told_from_the_batches() -> None:
    batches = ["a"] * 3 + ["b"] * 3
    with pytest.raises(ConfoundedBatches):
        combat(np.random.default_rng(1).normal(size=(5, 6)), batches, np.repeat([[0.0], [1.0]], 3, axis=0))


def test_the_moderated_t_finds_what_was_planted_and_nothing_in_noise() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=(400, 20)) * np.sqrt(1 / rng.gamma(4, 1 / 4, size=(400, 1)))
    high = np.arange(20) % 2 == 0
    design = np.stack([np.ones(20), high], axis=1).astype(float)
    by_chance = moderated_t(values, design, 1)
    assert np.mean(by_chance.p < 0.05) == pytest.approx(0.05, abs=0.035)
    values[:20, high] += 4
    found = moderated_t(values, design, 1)
    assert set(np.argsort(found.p)[:20]) == set(range(20))
    assert found.log_fold_change[:20].mean() == pytest.approx(4, abs=0.3)
    assert found.prior_degrees == pytest.approx(8, rel=0.5)


def test_where_genes_vary_alike_their_variance_is_one() -> None:
    values = np.random.default_rng(8).normal(size=(300, 12))
    design = np.stack([np.ones(12), np.arange(12) % 2], axis=1).astype(float)
    found = moderated_t(values, design, 1)
    assert found.prior_degrees > 50
    assert found.prior_variance == pytest.approx(1, abs=0.1)
