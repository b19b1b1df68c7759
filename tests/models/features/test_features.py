"""The feature engine against stock pyradiomics on the same domain, and where there is nothing to say (the standard: tests/docs/test_vetting.py)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import textured_study
from radiomics import firstorder, glcm, gldm, glrlm, glszm, imageoperations, ngtdm, shape
from scipy import ndimage
from textured_study import SHAPE, ball

from tilscope.models.features import FeatureRequest, ImageKey, Intensity, NoValue, Region, compute
from tilscope.models.features.domain import Domain, NativeVoxels
from tilscope.models.features.extract import extract
from tilscope.models.features.feature_regions import FeatureRegions as RegionsOfDomain
from tilscope.models.features.feature_request import CLASSES
from tilscope.models.features.filters import FilteredImage, filtered
from tilscope.models.features.images import Z_SCALE, image_on, phase_index
from tilscope.models.features.measured_region import feature_names
from tilscope.models.features.peritumoral import ring_on_images, vessel_shares
from tilscope.models.features.sets import LOGS, WAVELETS, intensity
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.series import DceSeries, Phase
from tilscope.models.imaging.voxels import mask_of, values_of
from tilscope.models.signatures.base import SignatureCase
from tilscope.models.signatures.fan2023.feature_set import fan_572
from tilscope.models.signatures.han2024.feature_set import han_479
from tilscope.models.signatures.su2022.feature_set import su_6710, su_spatial
from tilscope.models.signatures.su2022.time_domain import over_phases

STOCK = {
    "shape": shape.RadiomicsShape,
    "firstorder": firstorder.RadiomicsFirstOrder,
    "glcm": glcm.RadiomicsGLCM,
    "gldm": gldm.RadiomicsGLDM,
    "glrlm": glrlm.RadiomicsGLRLM,
    "glszm": glszm.RadiomicsGLSZM,
    "ngtdm": ngtdm.RadiomicsNGTDM,
}
FILTERS = ("original", *WAVELETS, "square", "squareroot", "logarithm", "exponential", "gradient", "lbp-2D", *LOGS)
ENERGIES = ("Energy", "TotalEnergy", "RootMeanSquared")
PLAIN = ImageKey("post 1", Intensity.AS_MEASURED)


def domain_of(case: SignatureCase) -> Domain:
    return Domain.of(NativeVoxels(case.prepared, case.regions), (1.0, 1.0, 1.0))


def on_domain(case: SignatureCase, key: ImageKey = PLAIN) -> np.ndarray:
    values = image_on(domain_of(case), key)
    assert not isinstance(values, NoValue), values.why
    return values


def stock_filtered(values: np.ndarray, name: str) -> np.ndarray:
    """By pyradiomics' own functions, all at once as it makes them."""
    image = sitk.GetImageFromArray(values)
    image.SetSpacing((1.0, 1.0, 1.0))
    made: Iterator[tuple[sitk.Image, str, dict]]
    if name.startswith("wavelet"):
        made = imageoperations.getWaveletImage(image, None)
    elif name.startswith("log-sigma"):
        made = imageoperations.getLoGImage(image, None, sigma=[1, 2, 3, 4])
    else:
        made = {
            "original": imageoperations.getOriginalImage,
            "square": imageoperations.getSquareImage,
            "squareroot": imageoperations.getSquareRootImage,
            "logarithm": imageoperations.getLogarithmImage,
            "exponential": imageoperations.getExponentialImage,
            "gradient": imageoperations.getGradientImage,
            "lbp-2D": imageoperations.getLBP2DImage,
        }[name](image, None)
    return {found: sitk.GetArrayFromImage(result) for result, found, _ in made}[name]


# ------------------------------------------------------------------------------------------------ stock pyradiomics


@pytest.mark.filterwarnings("ignore:Applying `local_binary_pattern`:UserWarning")
@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_has_the_values_of_pyradiomics_to_the_bit(name: str) -> None:
    values = on_domain(textured_study.study()) - 120.0  # negative ones too
    assert np.array_equal(filtered(values, (1.0, 1.0, 1.0), name), stock_filtered(values, name))


def test_odd_and_even_sides_are_padded_as_pyradiomics_pads_them() -> None:
    values = np.random.default_rng(1).normal(size=(7, 10, 13))
    for name in WAVELETS:
        assert np.array_equal(filtered(values, (1.0, 1.0, 1.0), name), stock_filtered(values, name))


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("start", [0, 3, 7, 12])
@pytest.mark.filterwarnings("ignore:Applying `local_binary_pattern`:UserWarning")
def test_a_box_through_a_filter_is_the_box_of_the_image_through_it(name: str, start: int) -> None:
    values = np.random.default_rng(start).normal(size=(33, 30, 41))
    box = (slice(start, start + 11), slice(start + 1, start + 6), slice(start + 2, 37 - start))
    through = FilteredImage(values, (1.0, 1.0, 1.0), box).through(name)
    assert np.array_equal(through, stock_filtered(values, name)[box])


def test_local_binary_patterns_of_measured_values_give_no_warning() -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = filtered(np.random.default_rng(1).normal(size=(4, 9, 9)), (1.0, 1.0, 1.0), "lbp-2D")
    assert set(np.unique(found)) <= set(range(10))


@pytest.mark.parametrize("name", ["original", "wavelet-LLL", "log-sigma-2-mm-3D"])
def test_every_feature_has_the_value_of_pyradiomics(name: str) -> None:
    case = textured_study.study()
    wanted = intensity("t", "P1", PLAIN, (name,), Region.TUMOUR)
    assert len(wanted) == 93
    found = compute(case.prepared, case.regions, wanted.values())
    image = sitk.GetImageFromArray(stock_filtered(on_domain(case), name))
    mask = sitk.GetImageFromArray(RegionsOfDomain(domain_of(case)).tumour.astype(np.uint8))
    for family in CLASSES:
        # The whole image and the whole mask, without our crop.
        stock = STOCK[family](image, mask, binWidth=25.0)
        stock.enableAllFeatures()
        stock = stock.execute()
        for one in wanted.values():
            if one.family == family:
                assert found[one] == pytest.approx(float(stock[one.feature]), rel=1e-12), one


def test_shape_is_that_of_the_region_whatever_the_image() -> None:
    case = textured_study.study()
    wanted = FeatureRequest(PLAIN, "original", Region.TUMOUR, "shape", "VoxelVolume")
    voxels = RegionsOfDomain(domain_of(case)).tumour.sum()
    assert compute(case.prepared, case.regions, [wanted])[wanted] == float(voxels)


def test_the_breast_of_pyradiomics_own_baseline(reference_data: Path) -> None:
    folder = reference_data / "radiomics" / "pyradiomics"
    image = sitk.ReadImage(str(folder / "breast1_image.nrrd"))
    mask = sitk.ReadImage(str(folder / "breast1_label.nrrd"))
    values, inside = sitk.GetArrayFromImage(image).astype(float), sitk.GetArrayFromImage(mask) == 1
    compared = 0
    for family in ("shape", *CLASSES):
        names = feature_names(family)
        found = extract(values, inside, image.GetSpacing(), {family: names})
        if family == "firstorder":
            # The baseline adds 2000 to what these take.
            found |= extract(values + 2000, inside, image.GetSpacing(), {family: ENERGIES})
        with (folder / "baseline" / f"baseline_{family}.csv").open(encoding="utf-8") as file:
            told = {row["featureName"]: row["breast1"] for row in csv.DictReader(file)}
        for name in names:
            if value := told.get(f"original_{family}_{name}"):
                compared += 1
                assert found[f"{family}_{name}"] == pytest.approx(float(value), rel=1e-6, abs=1e-9), (family, name)
    assert compared > 90


# ----------------------------------------------------------------------------------------------- images and regions


def test_phases_by_name() -> None:
    series = textured_study.study(posts_s=(60, 120, 240, 360, 480)).prepared.series
    names = ("pre", "early", "post 1", "post 5", "middle", "last", "post 6", "post 0", "nonsense")
    assert [phase_index(series, name) for name in names] == [0, 1, 1, 5, 3, 5, None, None, None]
    assert phase_index(textured_study.study(posts_s=(150, 450)).prepared.series, "middle") == 1


def test_a_difference_is_that_of_its_phases() -> None:
    case = textured_study.study()
    difference = on_domain(case, ImageKey("last - pre", Intensity.AS_MEASURED))
    last, pre = (on_domain(case, ImageKey(name, Intensity.AS_MEASURED)) for name in ("last", "pre"))
    assert np.array_equal(difference, last - pre)


def test_a_z_score_is_over_the_breast_and_in_hundredths() -> None:
    breast = ball(20.0)
    case = textured_study.study(breast=breast)
    phase = values_of(case.prepared.series.phases[1].image).astype(float)
    expected = (on_domain(case) - phase[breast].mean()) * Z_SCALE / phase[breast].std()
    assert on_domain(case, ImageKey("post 1", Intensity.Z_SCORE)) == pytest.approx(expected)


@pytest.mark.parametrize("how", [Intensity.OVER_PARENCHYMA, Intensity.Z_SCORE])
def test_scaled_intensities_do_not_hang_on_the_scanners_unit(how: Intensity) -> None:
    """Signal of a few thousandths, as some scanners store it in floats, is signal."""
    large = textured_study.study(posts_s=(90.0, 180.0))
    volumes = [values_of(phase.image) / 2**17 for phase in large.prepared.series.phases]
    small = textured_study.study(posts_s=(90.0, 180.0), phases=volumes)
    key = ImageKey("post 1", how)
    assert on_domain(small, key) == pytest.approx(on_domain(large, key), rel=1e-5, abs=1e-3)


def test_the_domain_is_the_lesions_box_and_20_mm_around_it_within_the_images() -> None:
    """Of a ball of 9 mm on voxels of 1.1 by 1 by 2 mm; from the same outer corner in the patient."""
    around = domain_of(textured_study.study()).around
    assert around.box == (slice(0, 24), slice(1, 60), slice(6, 61))
    domain = Domain.of(around, (3.0, 3.0, 3.0))
    native = around.series.grid.TransformContinuousIndexToPhysicalPoint((5.5, 0.5, -0.5))
    assert domain.grid.TransformContinuousIndexToPhysicalPoint((-0.5, -0.5, -0.5)) == pytest.approx(native)
    assert domain.grid.GetSize() == (20, 20, 16)
    place = around.series.grid.TransformIndexToPhysicalPoint(textured_study.CENTRE[::-1])
    assert RegionsOfDomain(domain).tumour[domain.grid.TransformPhysicalPointToIndex(place)[::-1]]


def test_the_ring_that_is_shown_is_5_mm_wide_on_the_images_own_voxels() -> None:
    breast = textured_study.distance_mm((12, 30, 20)) < 22.0
    case = textured_study.study(breast=breast)
    ring = mask_of(ring_on_images(case.prepared.series, case.regions))
    lesion = mask_of(case.regions.index_lesion.mask)
    outside = ndimage.distance_transform_edt(~lesion, sampling=textured_study.SPACING[::-1])
    np.testing.assert_array_equal(ring, (outside > 0) & (outside <= 5.0) & breast)
    within = textured_study.study(breast=lesion)
    assert not mask_of(ring_on_images(within.prepared.series, within.regions)).any()


def test_rings_are_as_wide_as_they_are_called() -> None:
    regions = RegionsOfDomain(domain_of(textured_study.study()))
    for region, inwards, outwards in ((Region.RING_5, 0, 5), (Region.RING_2_2, 2, 2), (Region.STROMA_20, 0, 20)):
        found = regions.of(region)
        assert not isinstance(found, NoValue)
        assert regions.outside_mm[found].max() == outwards
        assert regions.inside_mm[found].max() == inwards


def test_nothing_outside_the_breast_belongs_to_a_ring() -> None:
    breast = np.zeros(SHAPE, bool)
    breast[:, 30:] = True
    regions = RegionsOfDomain(domain_of(textured_study.study(breast=breast)))
    ring = regions.of(Region.RING_5)
    assert not isinstance(ring, NoValue)
    assert not (ring & ~regions.tissue).any()
    assert 0 < ring.sum() < 0.7 * ((regions.outside_mm > 0) & (regions.outside_mm <= 5)).sum()


def test_a_vessel_is_cut_out_and_the_tumours_own_rim_is_not() -> None:
    lesion = ball(9.0)
    rim = ball(12.5) & ~lesion
    vessel = np.zeros(SHAPE, bool)
    vessel[11:13, 48:51, 10:60] = True
    phases = [np.full(SHAPE, 100.0), np.where(lesion | rim | vessel, 300.0, 110.0)]
    case = textured_study.study(posts_s=(150.0,), tumour=lesion, phases=phases)
    found = NativeVoxels(case.prepared, case.regions).vessels
    assert found[vessel].mean() > 0.8
    assert not (found & rim).any()


def test_noise_in_suppressed_fat_is_no_vessel() -> None:
    """Fat of 5 beside gland of 100: noise of 4 makes most of its voxels enhance by 70 % or lose as much."""
    noise = np.random.default_rng(1).normal(0, 4, (2, *SHAPE))
    gland = np.zeros(SHAPE, bool)
    gland[:, :20] = True
    lesion = ball(9.0)
    fat = np.where(gland, 100.0, 5.0)
    phases = [np.abs(fat + noise[0]), np.abs(np.where(lesion, 300.0, fat + noise[1]))]
    case = textured_study.study(posts_s=(150.0,), tumour=lesion, phases=phases, glands=gland & ~lesion)
    found = NativeVoxels(case.prepared, case.regions).vessels
    enhancing = phases[1] >= 1.7 * phases[0]
    assert (enhancing & ~gland & ~lesion).mean() > 0.1, "else there would be nothing to be taken in by"
    assert not found.any()


def test_patches_and_sheets_of_enhancing_gland_are_no_vessels() -> None:
    """As bright as a vessel, and thin: a septum of 3 mm, and patches that go on in all directions."""
    lesion = ball(9.0)
    sheet = np.zeros(SHAPE, bool)
    sheet[:, 48:51, :] = True
    patches = ndimage.gaussian_filter(np.random.default_rng(2).normal(size=SHAPE), 1.0) > 0.1
    for what in (sheet, patches & ~ball(14.0)):
        phases = [np.full(SHAPE, 100.0), np.where(lesion | what, 300.0, 110.0)]
        case = textured_study.study(posts_s=(150.0,), tumour=lesion, phases=phases)
        found = NativeVoxels(case.prepared, case.regions).vessels
        assert found[what].mean() < 0.05


def test_how_much_of_a_ring_was_cut_out_is_known() -> None:
    lesion = ball(9.0)
    vessel = np.zeros(SHAPE, bool)
    vessel[11:13, 40:43, 10:60] = True
    phases = [np.full(SHAPE, 100.0), np.where(lesion | vessel, 300.0, 110.0)]
    case = textured_study.study(posts_s=(150.0,), tumour=lesion, phases=phases)
    series = case.prepared.series
    outside = ndimage.distance_transform_edt(~lesion, sampling=textured_study.SPACING[::-1])
    found = NativeVoxels(case.prepared, case.regions).vessels
    for reach, share in vessel_shares(series, case.regions).items():
        ring = ~lesion & (outside <= reach)
        assert share == pytest.approx(found[ring].mean())
    assert share > 0.01
    cut = mask_of(ring_on_images(series, case.regions))
    np.testing.assert_array_equal(cut, ~lesion & (outside <= 5.0) & ~found)


def test_vessels_are_cut_out_of_rings_and_not_of_the_stroma() -> None:
    """Qian and Han exclude vessels; Fan's paper does not say so."""
    lesion = ball(9.0)
    vessel = np.zeros(SHAPE, bool)
    vessel[11:13, 40:43, 10:60] = True
    phases = [np.full(SHAPE, 100.0), np.where(lesion | vessel, 300.0, 110.0)]
    places = RegionsOfDomain(domain_of(textured_study.study(posts_s=(150.0,), tumour=lesion, phases=phases)))
    assert places.vessels.any()
    for region, cut in ((Region.RING_5, True), (Region.RING_2_2, True), (Region.STROMA_20, False)):
        found = places.of(region)
        assert not isinstance(found, NoValue)
        assert bool((found & places.vessels).any()) is not cut


# ----------------------------------------------------------------------------------------------- nothing to say


def why(case: SignatureCase, wanted: FeatureRequest) -> str:
    found = compute(case.prepared, case.regions, [wanted])[wanted]
    assert isinstance(found, NoValue), found
    return found.why


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("family", CLASSES)
def test_a_constant_image_has_no_features(name: str, family: str) -> None:
    case = textured_study.study(posts_s=(150,), phases=[np.full(SHAPE, 100.1), np.full(SHAPE, 207.3)])
    wanted = FeatureRequest(PLAIN, name, Region.TUMOUR, family, feature_names(family)[0])
    assert why(case, wanted) == "the tumour has one intensity everywhere"


def test_a_constant_breast_has_no_z_scores() -> None:
    case = textured_study.study(posts_s=(150,), phases=[np.full(SHAPE, 100.0)] * 2)
    key = ImageKey("post 1", Intensity.Z_SCORE)
    assert "one intensity" in why(case, FeatureRequest(key, "original", Region.TUMOUR, "firstorder", "Mean"))


@pytest.mark.parametrize("intensity", Intensity)
@pytest.mark.parametrize("name", FILTERS)
def test_one_voxel_that_is_no_number_and_nothing_is_told(name: str, intensity: Intensity) -> None:
    case = textured_study.study()
    values = np.array(values_of(case.prepared.series.phases[1].image))
    values[12, 30, 20] = np.nan  # beside the tumour: a filter would carry it inside, or hide it
    phases = [*case.prepared.series.phases]
    phases[1] = Phase(textured_study.image(values), phases[1].time_s)
    series = DceSeries(tuple(phases), case.prepared.series.roles, case.prepared.series.laterality, "")
    broken = SignatureCase(PreparedSeries(series, series, case.prepared.breast, None), case.regions)
    wanted = FeatureRequest(ImageKey("post 1", intensity), name, Region.TUMOUR, "firstorder", "Mean")
    assert "no numbers" in why(broken, wanted)


def test_a_lesion_of_three_voxels_has_no_features() -> None:
    tumour = np.zeros(SHAPE, bool)
    tumour[12, 30, 30:33] = True
    case = textured_study.study(tumour=tumour)
    for family in ("shape", *CLASSES):
        wanted = FeatureRequest(PLAIN, "original", Region.TUMOUR, family, feature_names(family)[0])
        assert "at least 16 are needed" in why(case, wanted)


def test_a_ring_without_tissue_has_no_features() -> None:
    tumour = ball(9.0)
    case = textured_study.study(tumour=tumour, breast=tumour)
    for region in (Region.RING_5, Region.STROMA_20):
        said = why(case, FeatureRequest(PLAIN, "original", region, "glcm", "Idmn"))
        assert said == f"the {region} holds 0 voxels, at least 16 are needed"


def test_more_bins_than_a_matrix_bears_are_refused_and_statistics_are_not() -> None:
    case = textured_study.study()
    narrow = FeatureRequest(PLAIN, "original", Region.TUMOUR, "glcm", "Idmn", bin_width=1e-3)
    assert "more than 1024 bins" in why(case, narrow)
    mean = FeatureRequest(PLAIN, "original", Region.TUMOUR, "firstorder", "Mean", bin_width=1e-3)
    assert isinstance(compute(case.prepared, case.regions, [mean])[mean], float)


# -------------------------------------------------------------------------------------------- spread over processes


def test_processes_that_share_the_work_give_the_same_values_to_the_bit() -> None:
    case = textured_study.study(posts_s=(90, 180), breast=ball(14.0))
    key = ImageKey("post 2", Intensity.Z_SCORE)
    wanted = [
        *intensity("t", "P1", PLAIN, ("original", "wavelet-LLH", "lbp-2D"), Region.TUMOUR).values(),
        *intensity("t", "P1", PLAIN, ("log-sigma-2-mm-3D",), Region.RING_5).values(),
        *intensity("t", "P2", key, ("square",), Region.STROMA_20).values(),
        FeatureRequest(PLAIN, "original", Region.TUMOUR, "shape", "Sphericity"),
        FeatureRequest(ImageKey("post 3", Intensity.AS_MEASURED), "original", Region.TUMOUR, "glcm", "Idmn"),
    ]
    with ProcessPoolExecutor(2, get_context("spawn")) as processes:
        shared = compute(case.prepared, case.regions, wanted, processes)
    alone = compute(case.prepared, case.regions, wanted)
    assert shared == alone
    assert set(alone) == set(wanted)
    assert sum(isinstance(value, NoValue) for value in alone.values()) == 1, "only the phase that is not there"


# ------------------------------------------------------------------------------------------------------- the sets


def test_the_sets_have_the_papers_counts() -> None:
    phases = [f"post {n}" for n in (1, 2, 3, 4)]
    spatial = su_spatial(phases)
    table = su_6710(phases, {wanted: float(len(name)) for name, wanted in spatial.items()})
    assert (len(table), len(fan_572()), len(han_479(Region.TUMOUR))) == (6710, 572, 479)
    assert table["su2022/T/Mean/original_glcm_Idmn"] == len("su2022/T/P1/original_glcm_Idmn")
    assert len(set(spatial.values())) == len(spatial), "no feature twice"


@pytest.mark.parametrize(
    ("statistic", "expected"),
    # 1, 2, 3, 6: mean 3, deviations -2 -1 0 3, second moment 14/4, third 18/4, fourth 98/4
    [("Mean", 3.0), ("Variance", 3.5), ("Skewness", 4.5 / 3.5**1.5), ("Kurtosis", 24.5 / 3.5**2)],
)
def test_statistics_over_phases_are_biased(statistic: str, expected: float) -> None:
    assert over_phases(statistic, [1.0, 2.0, 3.0, 6.0]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_what_is_the_same_but_for_rounding_is_told_by_its_own_size(size: float) -> None:
    assert isinstance(over_phases("Kurtosis", [size, size * (1 + 1e-13), size]), NoValue)
    assert over_phases("Kurtosis", [size, size * 1.001, size * 0.999]) == pytest.approx(1.5, rel=1e-6)


def test_a_feature_that_does_not_change_has_no_skewness_over_phases() -> None:
    assert over_phases("Skewness", [0.3, 0.1 + 0.2, 0.3, 0.3]) == NoValue("the feature is the same in every phase")
    assert over_phases("Skewness", [0.0, 0.0, 0.0]) == NoValue("the feature is the same in every phase")
    assert over_phases("Mean", [1.0, NoValue("there is no phase")]) == NoValue("there is no phase")
