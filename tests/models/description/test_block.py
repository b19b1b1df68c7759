"""The whole block on phantoms' true regions: every lesion and breast is there, each word with its threshold, and as text."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from phantom_series import phantom_case
from scored_study import scored_study

from tilscope.models.description.describe import describe
from tilscope.models.description.dictation import NOTICE, dictation, series_dictation
from tilscope.models.finding import Finding
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import Laterality
from tilscope.models.kinetics.maps import kinetic_maps
from tilscope.models.result import Description, StudyResult, Term
from tilscope.models.settings import DescriptionSettings
from tilscope.phantom.lesion_spec import LesionKind, LesionSpec
from tilscope.phantom.spec import Density, PhantomSpec

LEFT, RIGHT = Laterality.LEFT, Laterality.RIGHT


def ball(side: Laterality, diameter_mm: float) -> LesionSpec:
    return LesionSpec(side, diameter_mm, necrotic_core=False, kind=LesionKind.ROUND)


BILATERAL = replace(
    PhantomSpec.small(seed=3), lesion=ball(LEFT, 20.0), more_lesions=(ball(LEFT, 14.0), ball(RIGHT, 16.0))
)


@cache
def described(spec: PhantomSpec, finding: Finding = Finding.MASS) -> Description:
    case = phantom_case(spec)
    truth = case.study.truth
    lesions = tuple(Lesion(n, one.mask, one.spec.side, 1.0) for n, one in enumerate(truth.lesions, 1))
    regions = Regions(truth.breast, truth.fgt, lesions, "truth", "1", finding=finding)
    prepared = PreparedSeries(case.series, case.series, truth.breast, None, ())
    return describe(prepared, regions, kinetic_maps(prepared), DescriptionSettings())


def word(terms: tuple[Term, ...], id: str) -> str | None:
    return next(term.value for term in terms if term.id == id)


def test_every_lesion_and_both_breasts_are_described() -> None:
    found = described(BILATERAL)
    assert [one.number for one in found.lesions] == [1, 2, 3]
    assert [one.laterality for one in found.breasts] == ["R", "L"]
    assert all(term.rule for part in (*found.lesions, *found.breasts) for term in part.terms)


def test_balls_are_masses_whose_curve_is_that_of_the_phantom() -> None:
    found = described(BILATERAL)
    for lesion in found.lesions:
        assert word(lesion.terms, "lesion_type") == "mass"
        assert word(lesion.terms, "initial_phase") == "fast"
        assert word(lesion.terms, "worst_curve") == ball(LEFT, 20.0).curve.value


def test_two_lesions_of_a_breast_are_multifocal_or_multicentric_by_their_quadrants() -> None:
    found = described(BILATERAL)
    right, left = found.breasts
    places = {word(lesion.terms, "quadrant") for lesion in found.lesions[:2]} - {"central"}
    assert word(left.terms, "focality") == ("multicentric" if len(places) > 1 else "multifocal")
    assert word(right.terms, "focality") == "unifocal"
    extent = {m.id: m.value for m in left.measurements}["extent"]
    first, second = (one.centre_mm for one in phantom_case(BILATERAL).study.truth.lesions[:2])
    apart = sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5
    assert extent == pytest.approx(apart + 10 + 7, abs=5.0)


def test_a_breast_without_lesion_says_so_and_has_no_extent() -> None:
    right, _ = described(replace(BILATERAL, more_lesions=())).breasts
    assert word(right.terms, "focality") == "none found"
    assert {m.id for m in right.measurements} == {"fgt_amount", "bpe_share"}


def test_of_candidates_nothing_is_said_about_how_many_lesions_there_are() -> None:
    found = described(BILATERAL, Finding.CANDIDATES)
    assert {word(breast.terms, "focality") for breast in found.breasts} == {None}


@pytest.mark.parametrize("density", Density)
def test_the_amount_of_glands_is_that_of_the_phantom(density: Density) -> None:
    # Coarser voxels of the thin strands of a fatty breast hold more gland than there is.
    fine = replace(PhantomSpec.small(seed=3), matrix=(176, 176, 44), spacing_mm=(2.0, 2.0, 3.0))
    (left,) = described(replace(fine, density=density.typical).sagittal(LEFT)).breasts
    amount = word(left.terms, "fgt")
    assert amount is not None
    assert amount[0] == density.value


# -------------------------------------------------------------------------------------------------------------- as text


def study(**changes: object) -> StudyResult:
    series = scored_study(laterality=Laterality.BOTH, **changes).result
    return StudyResult(series.study_uid, series.input_hash, series.settings_hash, series.pipeline_version, (series,))


def test_the_text_says_what_a_radiologist_dictates_then_what_it_rests_on() -> None:
    text = dictation(study())
    told, rests_on = text.split("The words rest on:")
    for part in (
        "Right breast:",
        "Lesions: none found.",
        "Lesions: multifocal, extent of all 48 mm.",
        "Lesion 1: mass, oval shape, circumscribed margin, rim enhancement.",
        "Place: upper outer, 2 o'clock, middle third.",
        "Size 24 x 20 x 14 mm, volume 3.46 cm³.",
        "Distance from nipple 41 mm, skin 12 mm, chest wall not assessed (less than 3 mm: for a reader to see).",
        "Kinetics: initial phase fast, delayed phase washout, worst curve of a cluster washout.",
        "Place: central, depth not assessed.",
        "Not assessed: margin, internal enhancement.",
    ):
        assert part in told
    assert told.index("Right breast:") < told.index("Left breast:") < told.index("Lesion 1")
    assert "- Lesion 1, margin (circumscribed): fills 0.91 of its hull, circumscribed from 0.85" in rests_on
    assert text.rstrip().endswith(NOTICE)


def test_a_result_of_before_has_no_text() -> None:
    assert dictation(study(description=None)) == ""
    assert series_dictation(study(description=None).dynamic_series[0]) == ""
