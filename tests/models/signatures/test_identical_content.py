"""What is the same for the patient is the same for every signature: storage, plane, scale and place are the scanner's business."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
import textured_study

from tilscope.models.features import FeatureRequest, ImageKey, Intensity, Region, compute
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import DceSeries, Laterality, Phase, PhaseRoles
from tilscope.models.imaging.voxels import image_of, mask_of, values_of
from tilscope.models.preparation.prepare import bias_field
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import all_signatures, evaluate_all
from tilscope.models.signatures.base import SignatureCase

SETTINGS = PipelineSettings()
BREAST = textured_study.ball(20.0)

Change = Callable[[sitk.Image], sitk.Image]


def changed(case: SignatureCase, image: Change, mask: Change | None = None) -> SignatureCase:
    """The case with every image and every mask put through a change."""
    of_mask = mask or image
    series = _series(case.prepared.series, image)
    lesions = tuple(replace(one, mask=of_mask(one.mask)) for one in case.regions.lesions)
    regions = replace(case.regions, breast=of_mask(case.regions.breast), fgt=of_mask(case.regions.fgt), lesions=lesions)
    return replace(case, prepared=PreparedSeries(series, series, regions.breast, None), regions=regions)


def _series(series: DceSeries, image: Change) -> DceSeries:
    return replace(series, phases=tuple(Phase(image(phase.image), phase.time_s) for phase in series.phases))


def features_of(case: SignatureCase) -> dict[str, float]:
    results = evaluate_all(case.prepared, case.regions, SETTINGS)
    return {f"{one.id} {m.id}": m.value for one in results for m in one.features if m.value is not None}


@pytest.fixture(scope="module")
def case() -> SignatureCase:
    return textured_study.study(breast=BREAST)


@pytest.fixture(scope="module")
def expected(case: SignatureCase) -> dict[str, float]:
    found = features_of(case)
    assert len({name.split()[0] for name in found}) == len(all_signatures())
    return found


@pytest.mark.parametrize(
    "order",
    [
        pytest.param("RAI", id="rows, columns and slices in reverse"),
        pytest.param("PIR", id="sagittal"),
        pytest.param("LSA", id="coronal"),
    ],
)
def test_storage_order_and_plane_change_no_feature(case: SignatureCase, expected: dict[str, float], order: str) -> None:
    found = features_of(changed(case, lambda image: sitk.DICOMOrient(image, order)))
    assert found == pytest.approx(expected, rel=1e-5)


def test_the_place_in_the_scanner_changes_no_feature(case: SignatureCase, expected: dict[str, float]) -> None:
    assert features_of(changed(case, _elsewhere)) == pytest.approx(expected, rel=1e-5)


def _elsewhere(image: sitk.Image) -> sitk.Image:
    moved = sitk.Image(image)
    moved.SetOrigin([place + step for place, step in zip(image.GetOrigin(), (103.7, -41.3, 12.9), strict=True)])
    return moved


def test_half_the_signal_changes_no_feature_of_a_paper_that_normalises(
    case: SignatureCase, expected: dict[str, float]
) -> None:
    found = features_of(changed(case, lambda image: image * 0.5, lambda mask: mask))
    normalised = {name: value for name, value in expected.items() if not name.startswith("qian2024")}
    assert {name: found[name] for name in normalised} == pytest.approx(normalised, rel=1e-5)
    # Qian's paper names no normalisation: its features are in the scanner's own units.
    assert found["qian2024 QP5"] == pytest.approx(0.5 * expected["qian2024 QP5"], rel=1e-5)


def test_a_leaning_gantry_does_not_turn_the_wavelets() -> None:
    """Stripes across the patient's head-foot axis: a high-pass along it sees them, and one along another axis does not."""
    upright, leaning = (_variance_across_stripes(grid, "LLH") for grid in (_leaning_grid(0), _leaning_grid(20)))
    assert leaning == pytest.approx(upright, rel=0.1)
    assert _variance_across_stripes(_leaning_grid(20), "LHL") < 0.01 * upright


def _variance_across_stripes(grid: sitk.Image, letters: str) -> float:
    """Of a ball with a stripe every 5 mm, through a wavelet."""
    place = _places(grid)
    stripes = (1.5 + np.cos(2 * np.pi * place[..., 2] / 5)).astype(np.float32)
    pre, post = (image_of(signal * stripes, grid) for signal in (np.float32(100), np.float32(200)))
    inside = image_of(np.linalg.norm(place, axis=-1) < 8, grid)
    series = DceSeries((Phase(pre, -60.0), Phase(post, 150.0)), PhaseRoles(0, 1, 1), Laterality.LEFT, "")
    regions = Regions(inside, inside, (Lesion(1, inside, Laterality.LEFT, 1.0),), "by construction", "1")
    image = ImageKey("early", Intensity.AS_MEASURED)
    wanted = FeatureRequest(image, f"wavelet-{letters}", Region.TUMOUR, "firstorder", "Variance")
    found = compute(PreparedSeries(series, series, inside, None), regions, [wanted])[wanted]
    assert isinstance(found, float)
    return found


def _leaning_grid(degrees: float) -> sitk.Image:
    """Of 0.7 mm, its centre at the patient's origin; tilted about the left-right axis, as gantries lean."""
    grid = sitk.Image((96, 96, 96), sitk.sitkFloat32)
    grid.SetSpacing((0.7, 0.7, 0.7))
    grid.SetDirection(sitk.Euler3DTransform((0.0, 0.0, 0.0), np.radians(degrees), 0.0, 0.0).GetMatrix())
    grid.SetOrigin([-v for v in grid.TransformContinuousIndexToPhysicalPoint((47.5, 47.5, 47.5))])
    return grid


def _places(grid: sitk.Image) -> np.ndarray:
    """Of every voxel's centre, in patient LPS and mm."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.GetSize()[::-1]), indexing="ij")[::-1], axis=-1)
    direction = np.array(grid.GetDirection()).reshape(3, 3)
    return index * grid.GetSpacing() @ direction.T + grid.GetOrigin()


@pytest.mark.parametrize("order", ["RAI", "PIR"])
def test_the_bias_field_is_that_of_the_tissue_in_whatever_order_it_is_stored(order: str) -> None:
    """Sizes that the shrinking does not divide: what it leaves out lies at the same end of the patient."""
    case = textured_study.study(breast=BREAST)
    pre, breast = case.prepared.series.pre, case.regions.breast
    expected = bias_field(pre, breast, SETTINGS.preparation)
    found = bias_field(sitk.DICOMOrient(pre, order), sitk.DICOMOrient(breast, order), SETTINGS.preparation)
    turned = values_of(sitk.DICOMOrient(found, "LPS"))[mask_of(breast)]
    np.testing.assert_allclose(turned, values_of(expected)[mask_of(breast)], rtol=1e-4)


def test_the_bias_field_of_half_the_signal_is_the_same_to_the_bit() -> None:
    """A last bit may put a voxel into the next bin, and a skewness over four phases makes much of one."""
    case = textured_study.study(breast=BREAST)
    pre, breast = case.prepared.series.pre, case.regions.breast
    fields = [bias_field(image, breast, SETTINGS.preparation) for image in (pre, pre * 0.5)]
    np.testing.assert_array_equal(*map(values_of, fields))
