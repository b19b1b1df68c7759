"""What is said about a lesion and the breast, on a ball whose numbers are known by construction."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from ball_study import RADIUS_MM, SHAPE, SPACING, ball, image, study
from radiomics.featureextractor import RadiomicsFeatureExtractor

from tilscope.models.features.extract import extract
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries, Laterality, Phase, PhaseRoles
from tilscope.models.imaging.voxels import image_of, values_of
from tilscope.models.kinetics.maps import kinetic_maps
from tilscope.models.measure import measure_breast, measure_lesion
from tilscope.models.quality.enhancement import check_enhancement, enhancement_ratio
from tilscope.models.refusals import Refused
from tilscope.models.result import LesionResult, Measurement, Missing
from tilscope.models.settings import PipelineSettings

SETTINGS = PipelineSettings()


def lesion_result(**signal: float) -> LesionResult:
    prepared, regions = study(**signal)
    return measure_lesion(regions.index_lesion, prepared, kinetic_maps(prepared), SETTINGS)


def by_id(measurements: Iterable[Measurement]) -> dict[str, Measurement]:
    return {m.id: m for m in measurements}


def value(measurements: Iterable[Measurement], id: str) -> float:
    found = by_id(measurements)[id].value
    assert found is not None
    return found


def test_the_volume_is_that_of_the_voxels() -> None:
    found = lesion_result().measurements
    assert value(found, "volume") == pytest.approx(ball().sum() * math.prod(SPACING) / 1000, rel=1e-5)
    assert value(found, "volume") == pytest.approx(4 / 3 * math.pi * RADIUS_MM**3 / 1000, rel=0.03)


def test_a_balls_longest_diameter_and_roundness() -> None:
    found = lesion_result().measurements
    # Between the outermost voxel centres and their outer faces.
    assert 2 * RADIUS_MM - 2.0 <= value(found, "longest_diameter") <= 2 * RADIUS_MM + 2.0
    assert 0.85 < value(found, "sphericity") < 1
    assert value(found, "surface_volume_ratio") == pytest.approx(3 / RADIUS_MM, rel=0.15)


def test_enhancement_of_the_ball() -> None:
    found = lesion_result(early=220, late=190).measurements
    assert value(found, "pe_mean") == 120
    assert value(found, "pe_peak") == 120
    assert value(found, "ser_mean") == pytest.approx(120 / 90, rel=1e-5)


def test_functional_volume_is_the_whole_ball_where_all_of_it_enhances() -> None:
    found = lesion_result(early=220, late=190).measurements
    assert value(found, "ftv") == value(found, "ftv_ser") == value(found, "volume")
    persistent = lesion_result(early=180, late=260).measurements
    assert value(persistent, "ftv") == value(persistent, "volume")
    assert value(persistent, "ftv_ser") == 0
    assert value(lesion_result(early=165).measurements, "ftv") == 0


def test_a_single_bright_voxel_is_no_peak() -> None:
    prepared, regions = study()
    noisy = sitk.Image(prepared.series.early)
    noisy[30, 25, 10] = 220.0 + 900.0
    phases = list(prepared.series.phases)
    phases[1] = Phase(noisy, 150)
    series = DceSeries(tuple(phases), prepared.series.roles, Laterality.LEFT, "by construction")
    changed = PreparedSeries(series, series, prepared.breast, None)
    found = measure_lesion(regions.index_lesion, changed, kinetic_maps(changed), SETTINGS).measurements
    # One of nine voxels holds 900 more: 100 more on average, over 100 before contrast.
    assert value(found, "pe_peak") == pytest.approx(220)


def test_a_core_without_signal_has_no_enhancement_and_the_rest_has() -> None:
    prepared, regions = study()
    core = np.zeros(SHAPE, bool)
    core[9:11, 22:28, 27:33] = True
    phases = tuple(
        Phase(image_of(np.where(core, 0, values_of(p.image)).astype(np.float32), p.image), p.time_s)
        for p in prepared.series.phases
    )
    series = replace(prepared.series, phases=phases)
    changed = PreparedSeries(series, series, prepared.breast, None)
    found = measure_lesion(regions.index_lesion, changed, kinetic_maps(changed), SETTINGS).measurements
    assert value(found, "pe_mean") == 120
    assert value(found, "pe_peak") == pytest.approx(120)
    assert value(found, "volume") == value(lesion_result().measurements, "volume")


@pytest.mark.parametrize(("late", "curve"), [(250, "persistent"), (230, "plateau"), (190, "washout")])
def test_curve_type(late: float, curve: str) -> None:
    assert lesion_result(early=220, late=late).curve_type == curve


def test_every_measurement_has_the_unit_that_the_report_knows() -> None:
    units = {m.id: m.unit for m in lesion_result().measurements}
    assert units == {
        "volume": "cm3", "longest_diameter": "mm", "sphericity": "1", "surface_volume_ratio": "/mm", "ftv": "cm3",
        "ftv_ser": "cm3", "pe_mean": "%", "pe_peak": "%", "ser_mean": "{ratio}",
    }  # fmt: skip


def test_the_breast() -> None:
    prepared, regions = study(gland_early=115)
    found = measure_breast(prepared, regions, kinetic_maps(prepared))
    cc = math.prod(SPACING) / 1000
    glands = (values_of(regions.fgt) > 0).sum() * cc
    assert value(found, "breast_volume") == pytest.approx(math.prod(SHAPE) * cc, rel=1e-5)
    assert value(found, "fgt_volume") == pytest.approx(glands, rel=1e-5)
    assert value(found, "fgt_percent") == pytest.approx(100 * glands / (math.prod(SHAPE) * cc), rel=1e-5)
    assert value(found, "bpe_mean") == pytest.approx(15, rel=1e-5)
    assert value(found, "bpe_median") == pytest.approx(15, rel=1e-5)


def test_without_glands_there_is_no_background_enhancement_and_the_reason_is_told() -> None:
    prepared, regions = study()
    none = Regions(
        regions.breast, image_of(np.zeros(SHAPE, bool), regions.breast), regions.lesions, "by construction", "1"
    )
    found = by_id(measure_breast(prepared, none, kinetic_maps(prepared)))
    assert found["fgt_volume"].value == 0
    for id in ("bpe_mean", "bpe_median"):
        assert found[id].missing is Missing.CALCULATION_FAILURE
        assert "no voxel" in found[id].reason


# ------------------------------------------------------------------------------------------------------- the gate


def test_a_series_that_enhances_passes() -> None:
    prepared, _ = study()
    check_enhancement(prepared.series)
    assert enhancement_ratio(prepared.series) > 1.2


def test_phases_in_the_wrong_order_are_refused() -> None:
    series = study()[0].series
    swapped = DceSeries(series.phases, PhaseRoles(pre=1, early=0, late=2), Laterality.LEFT, "by construction")
    with pytest.raises(Refused, match="Nothing enhances after contrast"):
        check_enhancement(swapped)


def test_a_series_without_an_injection_is_refused() -> None:
    series = study()[0].series
    still = DceSeries((series.phases[0],) * 3, PhaseRoles(0, 1, 2), Laterality.LEFT, "by construction")
    with pytest.raises(Refused, match=r"1\.00 times as bright"):
        check_enhancement(still)


# ------------------------------------------------------------------------------------------------------- radiomics


def test_features_from_our_crop_are_the_stock_extractors() -> None:
    values = np.random.default_rng(2).normal(100, 25, SHAPE).astype(np.float32)
    inside = ball()
    wanted = {"glcm": ["Correlation", "ClusterShade"], "shape": ["Sphericity"], "firstorder": ["Skewness"]}
    stock = RadiomicsFeatureExtractor(binWidth=10, additionalInfo=False)
    stock.disableAllFeatures()
    stock.enableFeaturesByName(**wanted)
    expected = stock.execute(image(values.astype(np.float64)), image(inside.astype(np.uint8)))
    crop = (slice(4, 16), slice(11, 39), slice(14, 46))
    assert inside[crop].sum() == inside.sum()
    found = extract(values[crop], inside[crop], SPACING, wanted, bin_width=10)
    assert len(found) == 4
    for name, value in found.items():
        assert value == pytest.approx(float(expected[f"original_{name}"]), rel=1e-12), name


def test_voxels_outlive_the_image_they_were_taken_from() -> None:
    # SimpleITK's own view does not: it shows what next lies in that memory.
    taken = [values_of(sitk.Image([40, 40, 40], sitk.sitkFloat32) + float(n)) for n in range(20)]
    assert all((values == n).all() for n, values in enumerate(taken))
    with pytest.raises(ValueError, match="read-only"):
        taken[0][0, 0, 0] = 1
