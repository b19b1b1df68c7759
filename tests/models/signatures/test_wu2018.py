"""Wu 2018: the signature worked on paper, and its features on a study whose answer is known by construction."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.stats import norm

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import DceSeries, Laterality, Phase, PhaseRoles
from tilscope.models.refusals import BadInput
from tilscope.models.result import CalibrationState, Measurement, Missing
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import all_signatures, evaluate_all
from tilscope.models.signatures.base import Conclusion, Installed, Molecular, settings_hash
from tilscope.models.signatures.reference import Reference, load_reference
from tilscope.models.signatures.wu2018.model import COEFFICIENTS, SHARES, WU_2018, til_class

FEATURES = tuple(COEFFICIENTS)


def measured(**values: float) -> dict[str, Measurement]:
    """The five features that the model takes."""
    found = dict.fromkeys(FEATURES, 0.0) | {name.replace("_", "-"): value for name, value in values.items()}
    return {id: Measurement.of(id, id, value, "1") for id, value in found.items()}


def reference(
    mean: float = 0.0, sd: float = 1.0, scores: tuple[float, ...] = (), cut_offs: tuple[float, ...] = (10.0, 40.0)
) -> Reference:
    means, sds = dict.fromkeys(FEATURES, mean), dict.fromkeys(FEATURES, sd)
    return Reference("wu2018", "paper and pencil", 126, "-", means, sds, scores, cut_offs=cut_offs)


# ------------------------------------------------------------------------------------------------------ the signature


def test_an_average_tumour_has_the_intercept() -> None:
    conclusion = WU_2018.conclude(measured(), Installed(reference()))
    assert conclusion.score is not None
    assert conclusion.score.value == 13.02
    assert conclusion.category == "intermediate"


def test_a_case_worked_on_paper() -> None:
    # z: M1 (5-3)/2 = 1, TEX2 (1-3)/2 = -1, TS-BPE2 (4-3)/2 = 0.5, BPE1 (2-3)/2 = -0.5, BPE3 (7-3)/2 = 2
    # 13.02 + 4.4*1 - 3.14*(-1) - 2.0*0.5 - 2.62*(-0.5) - 0.72*2 = 13.02 + 4.4 + 3.14 - 1.0 + 1.31 - 1.44 = 19.43
    conclusion = WU_2018.conclude(measured(M1=5, TEX2=1, TS_BPE2=4, BPE1=2, BPE3=7), Installed(reference(mean=3, sd=2)))
    assert conclusion.score is not None
    assert conclusion.score.value == pytest.approx(19.43)
    assert conclusion.score.unit == "%"
    assert conclusion.state is CalibrationState.CALIBRATED


@pytest.mark.parametrize(
    ("percent", "name"),
    [(0, "low"), (17, "low"), (17.0001, "intermediate"), (23, "intermediate"), (23.0001, "high"), (100, "high")],
)
def test_classes_at_their_borders(percent: float, name: str) -> None:
    assert til_class(percent, (17.0, 23.0)) == name


def test_borders_chosen_against_labels_decide_the_class() -> None:
    conclusion = WU_2018.conclude(measured(), Installed(reference(scores=(1.0, 2.0), cut_offs=(13.0, 14.0))))
    assert conclusion.category == "intermediate"
    assert "Classes at 13.0 and 14.0 %, chosen against the cohort's own labels." in conclusion.reason


def test_without_labels_the_borders_divide_the_cohort_as_the_paper_was() -> None:
    """Its signature's SD was about 6.6 around 13: the paper's own shares lie at 17 and 23 % there, far from 40."""
    cohort = tuple(norm.ppf((np.arange(1000) + 0.5) / 1000, 13.0, 6.6).tolist())
    conclusion = WU_2018.conclude(measured(M1=1.5), Installed(reference(scores=cohort, cut_offs=())))  # 19.62
    assert conclusion.category == "intermediate"
    assert "Classes at 17.0 and 22.7 %" in conclusion.reason
    borders = [float(np.quantile(cohort, share)) for share in SHARES]
    classes = [til_class(one, borders) for one in cohort]
    shares = [classes.count(name) / len(cohort) for name in ("low", "intermediate", "high")]
    assert shares == pytest.approx([0.73, 0.20, 0.07], abs=0.001)


def test_a_reference_with_neither_labels_nor_scores_gives_no_class() -> None:
    conclusion = WU_2018.conclude(measured(), Installed(reference(cut_offs=())))
    assert conclusion.category is None
    assert conclusion.score is not None
    assert conclusion.score.value == 13.02
    assert "there is no class" in conclusion.reason


@pytest.mark.parametrize(("z", "category"), [(-4.0, "low"), (-10.0, "low"), (30.0, None)])
def test_a_value_outside_the_models_range_is_told_raw(z: float, category: str | None) -> None:
    """Below 0 it is low, as of the paper's patients all have a class; above 100 no law of theirs holds."""
    conclusion = WU_2018.conclude(measured(M1=z), Installed(reference()))
    assert conclusion.score is not None
    assert conclusion.score.value == pytest.approx(13.02 + 4.4 * z)
    assert conclusion.category == category
    assert "outside the model's range" in conclusion.reason


def test_without_a_reference_there_is_no_value_and_no_class() -> None:
    conclusion = WU_2018.conclude(measured(), Installed())
    assert conclusion.state is CalibrationState.UNCALIBRATED
    assert conclusion.score is not None
    assert conclusion.score.value is None
    assert conclusion.score.missing is Missing.NOT_ATTEMPTED
    assert conclusion.category is None
    assert "no reference" in conclusion.reason


# ------------------------------------------------------------------------------------------------------- the composite


def with_genes(gzma: float | None, prf1: float | None, cyt: bool = True, m1: float = 0.0) -> Conclusion:
    """By a reference whose imaging values are 13.02 +- 4, and whose CYT is 6 +- 2."""
    extra = ({"CYT": 6.0, "signature": 13.02}, {"CYT": 2.0, "signature": 4.0}) if cyt else ({}, {})
    plain = reference()
    own = replace(plain, mean={**plain.mean, **extra[0]}, sd={**plain.sd, **extra[1]})
    return WU_2018.conclude(measured(M1=m1), Installed(own, molecular=Molecular(gzma, prf1)))


def test_a_composite_worked_on_paper() -> None:
    # CYT = sqrt(4 * 16) = 8, z 1; imaging 13.02 + 4.4 = 17.42, z 4.4 / 4 = 1.1: 13.0 + 5.86 * 1.1 + 7.78 = 27.226
    (composite,) = with_genes(4.0, 16.0, m1=1.0).further_scores
    assert composite.value == pytest.approx(27.226)
    assert (composite.id, composite.unit) == ("til_composite", "%")


def test_the_average_tumour_has_the_cohorts_mean() -> None:
    conclusion = with_genes(6.0, 6.0)
    assert conclusion.further_scores[0].value == 13.0
    assert conclusion.score is not None
    assert conclusion.score.value == 13.02, "the imaging value stays the score"


@pytest.mark.parametrize(
    ("genes", "cyt", "why"),
    [
        ((4.0, 16.0), False, "the reference holds no cytolytic activity"),
        ((4.0, None), True, "only one of GZMA and PRF1"),
        ((-1.0, 16.0), True, "below 0"),
        ((math.nan, 16.0), True, "below 0"),
    ],
)
def test_a_composite_that_cannot_be_had_says_why(genes: tuple[float, float | None], cyt: bool, why: str) -> None:
    (composite,) = with_genes(*genes, cyt=cyt).further_scores
    assert composite.value is None
    assert why in composite.reason


def test_without_expression_there_is_no_word_of_a_composite() -> None:
    assert with_genes(None, None).further_scores == ()


def test_a_composite_outside_the_models_range_is_told_raw() -> None:
    conclusion = with_genes(0.0, 16.0)  # CYT 0, z -3: 13.0 - 23.34
    assert conclusion.further_scores[0].value == pytest.approx(-10.34)
    assert "The composite is outside the model's range" in conclusion.reason
    assert conclusion.category == "intermediate"


# ------------------------------------------------------------------------------------------------------- the reference


def write_reference(folder: Path, **changes: object) -> Path:
    content = {
        "signature": "wu2018", "cohort": "test", "studies": 40, "settings_hash": "abc",
        "mean": dict.fromkeys(FEATURES, 1.0), "sd": dict.fromkeys(FEATURES, 2.0), **changes,
    }  # fmt: skip
    path = folder / "reference.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_reference_gives_z_scores(tmp_path: Path) -> None:
    loaded = load_reference(write_reference(tmp_path), "wu2018", "abc", FEATURES)
    assert loaded.z("M1", 5.0) == 2.0


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"settings_hash": "other"}, "made under settings other"),
        ({"signature": "su2022"}, "belongs to signature su2022"),
        ({"mean": {"M1": 1.0}}, "lacks TEX2"),
        ({"sd": dict.fromkeys(FEATURES, 0.0)}, "is not positive"),
        ({"studies": None}, "TypeError"),
    ],
)
def test_a_reference_that_does_not_apply_is_refused_in_words(tmp_path: Path, changes: dict, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        load_reference(write_reference(tmp_path, **changes), "wu2018", "abc", FEATURES)


def test_a_reference_may_hold_the_scores_of_a_signatures_further_models(tmp_path: Path) -> None:
    path = write_reference(tmp_path, scores=[3, 1, 2], further_scores={"other": [9, 7]})
    loaded = load_reference(path, "wu2018", "abc", FEATURES)
    assert (loaded.median, loaded.percentile(2.0)) == (2.0, 50.0)
    assert (loaded.percentile(8.0, of="other"), loaded.percentile(8.0, of="unheard")) == (50.0, None)


def test_other_settings_make_another_settings_hash() -> None:
    usual = PipelineSettings()
    other = replace(usual, ftv=replace(usual.ftv, pe_threshold_percent=80.0))
    assert settings_hash(WU_2018, usual) == settings_hash(all_signatures()[0], PipelineSettings())
    assert settings_hash(WU_2018, usual) != settings_hash(WU_2018, other)


# -------------------------------------------------------------------------------------------------------- the features

RADIUS_MM = 10.0
SHAPE = (40, 60, 60)
SPACING = (1.5, 1.0, 2.0)


def image(values: np.ndarray) -> sitk.Image:
    made = sitk.GetImageFromArray(values)
    made.SetSpacing(SPACING)
    made.SetOrigin((20.0, -30.0, 5.0))
    return made


def ball_study(parenchyma: bool = True) -> tuple[PreparedSeries, Regions]:
    """A ball of 10 mm radius in the middle of parenchyma, one left breast.

    Everything is 100 before contrast. The ball: early 200, late 150: PE 1, SER 2. Parenchyma: its upper half
    early 150, late 200: PE 0.5, SER 0.5; its lower half early 110, late 200: PE 0.1, SER 0.1.
    """
    z, y, x = np.indices(SHAPE)
    centre = [(n - 1) / 2 for n in SHAPE]
    distance = np.sqrt(sum(((i - c) * s) ** 2 for i, c, s in zip((z, y, x), centre, SPACING[::-1], strict=True)))
    ball = distance <= RADIUS_MM
    around = (distance <= 35) & ~ball & parenchyma
    upper = z >= SHAPE[0] // 2
    pre = np.full(SHAPE, 100, np.float32)
    early = np.where(ball, 200, np.where(upper, 150, 110)).astype(np.float32)
    late = np.where(ball, 150, 200).astype(np.float32)
    phases = tuple(Phase(image(v), t) for v, t in ((pre, -60), (early, 150), (late, 450)))
    series = DceSeries(phases, PhaseRoles(0, 1, 2), Laterality.LEFT, "by construction")
    masks = [image(m.astype(np.uint8)) for m in (distance <= 40, around, ball)]
    lesion = Lesion(1, masks[2], Laterality.LEFT, 1.0)
    prepared = PreparedSeries(series=series, corrected=series, breast=masks[0], bias_field=None)
    return prepared, Regions(masks[0], masks[1], (lesion,), "by construction", "1")


@pytest.fixture(scope="module")
def features() -> dict[str, Measurement]:
    (result,) = evaluate_all(*ball_study(), PipelineSettings(), signatures=(WU_2018,))
    return {f.id: f for f in result.features}


def value(features: dict[str, Measurement], id: str) -> float:
    found = features[id].value
    assert found is not None, features[id].reason
    return found


def test_the_ball_has_the_volume_sphericity_and_surface_of_a_ball(features) -> None:
    assert value(features, "M1") == pytest.approx(4 / 3 * math.pi * RADIUS_MM**3 / 1000, rel=0.05)
    # The steps between slices add surface to a ball; what they add must show alike in both measures of it.
    assert 0.8 < value(features, "M2") < 1.0
    volume_mm3 = value(features, "M1") * 1000
    surface_mm2 = value(features, "M3") * volume_mm3
    assert value(features, "M2") == pytest.approx((36 * math.pi * volume_mm3**2) ** (1 / 3) / surface_mm2, rel=1e-4)


def test_the_whole_ball_washes_out(features) -> None:
    # SER is 2 throughout, but for the border voxels that 1 mm resampling mixes with their surroundings.
    ball_cc = 4 / 3 * math.pi * RADIUS_MM**3 / 1000
    assert value(features, "FTV2") == pytest.approx(ball_cc, rel=0.3)
    assert value(features, "FTV1") >= value(features, "FTV2")


def test_half_of_the_parenchyma_enhances_by_half(features) -> None:
    assert value(features, "BPE3") == pytest.approx(0.5, abs=0.03)
    assert value(features, "BPE4") == pytest.approx(0.0, abs=0.02)
    shell_cc = 4 / 3 * math.pi * (35**3 - RADIUS_MM**3) / 1000
    # The image cuts the shell at its ends: the count of voxels is the truth.
    assert value(features, "BPE1") < shell_cc * 0.5 * 1.05
    assert value(features, "BPE1") == pytest.approx(value(features, "BPE3") * parenchyma_cc(), rel=0.03)


def parenchyma_cc() -> float:
    _, regions = ball_study()
    return float(sitk.GetArrayViewFromImage(regions.fgt).sum()) * math.prod(SPACING) / 1000


def test_the_parenchyma_near_the_tumour(features) -> None:
    # Half PE 0.5 and half PE 0.1 around the ball; PE 0.1 is at the limit below which SER is undefined.
    assert value(features, "TS-BPE1") == pytest.approx(0.3, abs=0.03)
    assert 0.1 < value(features, "TS-BPE2") < 0.6


def test_a_tumour_without_parenchyma_has_no_parenchymal_features_and_says_why() -> None:
    (result,) = evaluate_all(*ball_study(parenchyma=False), PipelineSettings(), signatures=(WU_2018,))
    found = {f.id: f for f in result.features}
    for id in ("M4", "M5", "BPE1", "BPE2", "BPE3", "BPE4", "TS-BPE1", "TS-BPE2"):
        assert found[id].value is None
        assert "no parenchyma" in found[id].reason
    assert found["M1"].value is not None
    assert found["TEX1"].value is not None


def test_the_features_are_the_same_in_every_run() -> None:
    first, second = (evaluate_all(*ball_study(), PipelineSettings()) for _ in range(2))
    assert first == second
    assert len(first) == len(all_signatures())
