"""The validation's own judgement: what counts as found, what as false, and a bar without data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from phantom_series import phantom_case
from scipy import ndimage
from validation.bars import bars_of, bias
from validation.figures_of_a_case import CaseFigures, figures_of_a_lesion, is_a_lesion
from validation.truths import TrueLesion, true_lesions

from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import Mask, image_of
from tilscope.phantom.body_traits import BodyTraits, DiffuseTumour
from tilscope.phantom.spec import PhantomSpec

CASE = phantom_case(PhantomSpec.small())
LESION = true_lesions(CASE.study)[0]


def region(mask: Mask) -> Lesion:
    return Lesion(1, image_of(mask, CASE.series.grid), LESION.side, 0.5)


def regions(mask: Mask) -> Regions:
    return Regions(CASE.study.truth.breast, CASE.study.truth.fgt, (region(mask),), "drawn", "1")


def judged(mask: Mask) -> tuple[bool, bool]:
    """Whether the lesion is found by this region, and whether the region is lesion."""
    return figures_of_a_lesion(LESION, regions(mask)).found, is_a_lesion(region(mask), [LESION])


def test_the_truth_itself_is_found_whole_and_on_its_side() -> None:
    found = figures_of_a_lesion(LESION, regions(LESION.mask))
    assert (found.found, found.dice, found.side_right, found.index) == (True, 1.0, True, True)


def test_a_region_that_swallows_the_lesion_has_not_found_it_and_is_false() -> None:
    assert judged(ndimage.binary_dilation(LESION.mask, iterations=8)) == (False, False)


def test_a_crumb_of_the_lesion_is_no_finding_and_yet_not_false() -> None:
    crumb = np.zeros_like(LESION.mask)
    crumb[tuple(np.argwhere(LESION.mask)[0])] = True
    assert judged(crumb) == (False, True)


def test_a_region_elsewhere_is_false() -> None:
    assert judged(np.roll(LESION.mask, 40, axis=2)) == (False, False)


def test_without_cases_no_bar_is_kept_and_none_is_broken() -> None:
    (median,) = (bar for bar in bars_of([]) if bar.what == "median Dice of the breast")
    assert median.row == "| median Dice of the breast | >= 0.95 | nothing to measure | |"


def test_a_missed_lesion_breaks_the_bar_of_those_found() -> None:
    def case(found: bool) -> CaseFigures:
        mask = LESION.mask if found else np.roll(LESION.mask, 40, axis=2)
        true = TrueLesion(LESION.mask, 20.0, 4.0, "round, washout", Laterality.LEFT)
        return CaseFigures(1, "B", "a patient", (figures_of_a_lesion(true, regions(mask)),))

    assert [bars_of([case(found)])[0].kept for found in (True, False)] == [True, False]


def answered(truth: str, finding: str | None, refused: str | None = None) -> CaseFigures:
    return CaseFigures(1, "B", "a patient", refused=refused, truth=truth, finding=finding)


def test_a_diffuse_tumour_is_to_be_told_as_such() -> None:
    cases = [answered("diffuse", "diffuse"), answered("diffuse", "mass"), answered("mass", "mass")]
    bar = next(bar for bar in bars_of(cases) if "diffuse" in bar.what)
    assert (bar.what, bar.found, bar.kept) == ("diffuse tumours told as diffuse (2)", 0.5, False)
    assert [case.failed for case in cases] == [False, True, False]


def test_few_studies_may_be_left_to_a_person() -> None:
    for undecided, kept in ((1, True), (2, False)):
        cases = [answered("mass", "candidates")] * undecided + [answered("mass", "mass")] * (10 - undecided)
        assert next(bar for bar in bars_of(cases) if "a person" in bar.what).kept is kept


def test_a_healthy_patient_is_right_only_with_no_lesion() -> None:
    assert not answered("none", None, "no-lesion").failed
    assert answered("none", None, "too-noisy").failed
    assert answered("none", "candidates").failed


def test_a_diffuse_tumour_has_a_truth_of_its_own() -> None:
    spec = replace(PhantomSpec.small(), lesion=None, density=0.7, body=BodyTraits(diffuse=DiffuseTumour()))
    study = phantom_case(spec).study
    (tumour,) = true_lesions(study)
    assert tumour.kind == "diffuse, washout"
    assert tumour.volume_cc == pytest.approx(np.pi / 6 * (tumour.diameter_mm / 10) ** 3, rel=0.02)


def test_a_bias_is_the_mean_difference_in_percent_of_both() -> None:
    assert bias([(1.0, 1.1), (1.1, 1.0), (2.0, 2.2)]) == pytest.approx(100 * 0.2 / 2.1 / 3)
