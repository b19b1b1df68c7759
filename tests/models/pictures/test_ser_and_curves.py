"""SER in colours and curves over time: every colour and every point is a number that the study has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from phantom_series import phantom_case
from scored_study import scored_study
from seen_pictures import HEIGHT, texts, true_regions

from tilscope.models.imaging.series import Phase, PhaseRoles
from tilscope.models.imaging.voxels import image_of, mask_of, values_of
from tilscope.models.kinetics.maps import percent_enhancement
from tilscope.models.pictures.colours import DARK, LIGHT, SER_BINS, SER_COLOURS
from tilscope.models.pictures.curve import curves, enhancement, kinetic_curves
from tilscope.models.pictures.drawing import Text, overlap
from tilscope.models.pictures.exhibit import Exhibit
from tilscope.models.pictures.montage import montage
from tilscope.models.pictures.ser_map import ser_classes, ser_map
from tilscope.phantom.spec import PhantomSpec

# ----------------------------------------------------------------------------------------------------------------- SER


def test_every_voxel_of_the_lesion_gets_the_colour_of_its_ser() -> None:
    study = scored_study()
    exhibit = Exhibit.of(study.series, study.regions)
    classes = ser_classes(exhibit)
    pre, early, late = (values_of(image) for image in (study.series.pre, study.series.early, study.series.late))
    inside = mask_of(study.regions.index_lesion.mask)
    ser = ((early - pre)[inside] / (late - pre)[inside]).astype(float)
    enhancing = percent_enhancement(pre, early)[inside] >= 70
    for number, (low, high) in enumerate(SER_BINS):
        expected = np.count_nonzero(enhancing & (ser > low) & (ser <= high))
        assert np.count_nonzero(classes == number) == expected
    assert np.count_nonzero(classes > -2) == inside.sum()


def test_a_core_that_hardly_enhances_has_no_kinetic_colour() -> None:
    """It rises steadily by a little, and would pass for persistent; by a site's own rule it may have one."""
    study = scored_study()
    pre, _, late = study.series.phases
    core = mask_of(study.regions.index_lesion.mask)
    early, rising = (values_of(pre.image) * np.where(core, np.float32(f), np.float32(1.0)) for f in (1.3, 1.6))
    phases = (
        pre,
        replace(study.series.phases[1], stored=image_of(early, pre.stored)),
        replace(late, stored=image_of(rising, pre.stored)),
    )
    series = replace(study.series, phases=phases)
    assert set(np.unique(ser_classes(Exhibit.of(series, study.regions)))) == {-2, -1}
    assert 0 in ser_classes(Exhibit.of(series, study.regions, kinetic_from_percent=20.0))
    words = [
        mark.words for mark in ser_map(Exhibit.of(series, study.regions), HEIGHT, DARK).marks if isinstance(mark, Text)
    ]
    assert "grey: PE < 70 %" in words
    assert "100 %" in words


def test_a_voxel_whose_signal_falls_below_its_first_value_has_no_colour() -> None:
    """Its SER is negative; as the smallest bin it would pass for persistent."""
    study = scored_study()
    pre, early, _ = study.series.phases
    late = image_of(values_of(pre.image) * np.float32(0.5), pre.stored)
    series = replace(study.series, phases=(pre, early, replace(study.series.phases[2], stored=late)))
    assert set(np.unique(ser_classes(Exhibit.of(series, study.regions)))) == {-2, -1}


def test_the_colours_of_ser_stay_apart_in_grey_print() -> None:
    greys = sorted(0.299 * r + 0.587 * g + 0.114 * b for r, g, b in SER_COLOURS)
    assert np.diff(greys).min() >= 30


def test_the_legend_names_every_bin_and_its_share() -> None:
    study = scored_study()
    drawing = ser_map(Exhibit.of(study.series, study.regions), HEIGHT, DARK)
    words = [mark.words for mark in drawing.marks if isinstance(mark, Text)]
    for said in ("washout", "> 1.75", "1.3 – 1.75", "plateau", "1 – 1.3", "0.9 – 1", "persistent", "≤ 0.9"):
        assert said in words
    assert len([word for word in words if word.endswith(" %") and not word.startswith("grey")]) in (5, 6)


# -------------------------------------------------------------------------------------------------------------- curves


def test_the_legend_ends_with_the_picture_however_low_it_is() -> None:
    study = scored_study()
    drawing = ser_map(Exhibit.of(study.series, study.regions), 60.0, LIGHT)
    assert max(text.y for text in texts(drawing).values()) <= drawing.height


def test_the_curves_are_the_phantoms_own() -> None:
    case = phantom_case(PhantomSpec.small())
    truth = case.study.truth
    lesion, parenchyma = curves(case.series, true_regions(case))
    for curve, signal in ((lesion, truth.lesion_signal), (parenchyma, truth.fgt_signal)):
        expected = [100 * (s / signal[case.series.roles.pre] - 1) for s in signal]
        assert curve.percent == pytest.approx(expected, abs=2.0)


def test_a_region_without_signal_before_contrast_has_no_curve() -> None:
    study = scored_study()
    phases = tuple(replace(p, stored=image_of(values_of(p.image) * 0, p.stored)) for p in study.series.phases)
    series = replace(study.series, phases=phases)
    assert np.isnan(enhancement(series, study.regions.index_lesion.mask)).all()
    montage(series, study.regions).png()


@pytest.mark.parametrize("width", [190.0, 240.0, 600.0])
@pytest.mark.parametrize("phases", range(3, 10))
@pytest.mark.parametrize(("assumed", "axis"), [(False, "s after injection"), (True, "s after the assumed injection")])
def test_no_two_words_of_the_curves_touch(phases: int, width: float, assumed: bool, axis: str) -> None:
    study = scored_study()
    first, second, _ = study.series.phases
    times = [-90.0, *(60.0 * n + 30 for n in range(phases - 1))]
    made = tuple(Phase((second if n else first).stored, time) for n, time in enumerate(times))
    roles = PhaseRoles(pre=0, early=min(2, phases - 2), late=phases - 1)
    series = replace(study.series, phases=made, roles=roles, time_zero_assumed=assumed)
    drawing = kinetic_curves(series, study.regions, width, 150, DARK)
    marks = [mark for mark in drawing.marks if isinstance(mark, Text)]
    for number, one in enumerate(marks):
        assert one.box[0] >= 0
        assert one.box[2] <= width
        for other in marks[:number]:
            assert not overlap(one.box, other.box), (one.words, other.words)
    assert {"pre", "early", "late", axis} <= {mark.words for mark in marks}
