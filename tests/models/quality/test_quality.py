"""The quality gates: what passes, what is warned of, what is refused, each on a study where it is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from ball_study import SHAPE, SPACING, study

from tilscope.models.imaging.prepared_series import MotionOutcome, PhaseMotion, PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import Phase
from tilscope.models.imaging.voxels import image_of, values_of
from tilscope.models.kinetics.maps import kinetic_maps
from tilscope.models.measure import measure_breast, measure_lesion
from tilscope.models.preparation.motion import motion_by
from tilscope.models.quality import Examined, assess
from tilscope.models.quality.deformation import most_compressed, worst_deformation
from tilscope.models.quality.noise import signal_to_noise
from tilscope.models.quality.place import part_at_the_chest_wall, part_at_the_edge
from tilscope.models.refusals import Refused
from tilscope.models.result import QualityFinding, Verdict
from tilscope.models.settings import PipelineSettings, QualitySettings

SETTINGS = PipelineSettings()


def findings(
    prepared: PreparedSeries, regions: Regions, settings: PipelineSettings = SETTINGS
) -> dict[str, QualityFinding]:
    maps = kinetic_maps(prepared)
    lesions = [measure_lesion(lesion, prepared, maps, settings) for lesion in regions.lesions]
    breast = measure_breast(prepared, regions, maps)
    return {f.code: f for f in assess(Examined(prepared, regions, lesions, breast, settings))}


def warned(found: dict[str, QualityFinding]) -> set[str]:
    return {code for code, finding in found.items() if finding.verdict is Verdict.WARN}


def timed(prepared: PreparedSeries, times: tuple[float, ...]) -> PreparedSeries:
    phases = tuple(Phase(p.stored, t) for p, t in zip(prepared.series.phases, times, strict=True))
    return replace(prepared, series=replace(prepared.series, phases=phases))


def test_a_good_study_passes_every_gate_and_the_figures_are_kept() -> None:
    found = findings(*study(noise=2.0))
    assert warned(found) == set()
    assert set(found) >= {"signal-to-noise", "early-phase-time", "late-phase-time", "enhancement", "lesion-confidence"}
    assert found["lesion-confidence"].value == 0.9
    assert all(f.limit is not None and f.sentence.endswith(".") for f in found.values())


@pytest.mark.parametrize("noise", [2.0, 5.0, 12.0])
def test_signal_to_noise_is_the_glands_signal_over_the_noise_that_was_added(noise: float) -> None:
    assert signal_to_noise(*study(noise=noise)) == pytest.approx(100 / noise, rel=0.1)


def test_a_noisy_study_is_warned_of_and_a_hopeless_one_refused() -> None:
    found = findings(*study(noise=14.0))
    assert "signal-to-noise" in warned(found)
    assert found["signal-to-noise"].sentence.startswith("The images are noisy: signal to noise in the gland")
    with pytest.raises(Refused, match="at least 4 is needed") as refusal:
        findings(*study(noise=40.0))
    assert refusal.value.code == "too-noisy"


def test_the_limits_are_the_sites() -> None:
    strict = replace(SETTINGS, quality=QualitySettings(snr_warned=60.0))
    assert "signal-to-noise" in warned(findings(*study(noise=2.0), strict))


def test_other_limits_say_other_things_of_the_same_features() -> None:
    assert replace(SETTINGS, quality=QualitySettings(snr_warned=60.0)).digest() == SETTINGS.digest()


def test_phases_far_from_their_usual_times_are_warned_of() -> None:
    prepared, regions = study()
    found = findings(timed(prepared, (-60, 225, 640)), regions)
    assert warned(found) >= {"early-phase-time", "late-phase-time"}
    assert found["early-phase-time"].sentence == "The early phase lies 75 s from the usual 150 s after injection."


def assumed(prepared: PreparedSeries) -> PreparedSeries:
    return replace(prepared, series=replace(prepared.series, time_zero_assumed=True))


def test_where_the_injection_is_assumed_the_times_are_neither_passed_nor_failed() -> None:
    prepared, regions = study(noise=2.0)
    found = findings(assumed(prepared), regions)
    of_time = {"early-phase-time", "late-phase-time"}
    assert {code for code, finding in found.items() if not finding.checkable} == of_time
    assert warned(found) == of_time, "a program that does not know checkable takes them for no pass"
    assert found["late-phase-time"].sentence == (
        "The late phase lies 0 s from the usual 450 s after the assumed injection. "
        "The injection is not recorded, so this cannot be checked."
    )


def test_what_is_beyond_the_limit_even_as_assumed_is_a_warning() -> None:
    prepared, regions = study()
    found = findings(assumed(timed(prepared, (-60, 225, 640))), regions)
    assert found["early-phase-time"].checkable
    sentence = "The early phase lies 75 s from the usual 150 s after the assumed injection."
    assert found["early-phase-time"].sentence == sentence


def compressed(prepared: PreparedSeries, along_x: float) -> PreparedSeries:
    """As if the first phase had been moved back by a field that changes widths to this part of them."""
    grid = prepared.series.grid
    field = np.zeros((*SHAPE, 3))
    field[..., 0] = (along_x - 1) * (np.arange(SHAPE[2]) - SHAPE[2] / 2) * SPACING[0]
    image = sitk.GetImageFromArray(field, isVector=True)
    image.CopyInformation(grid)
    return replace(prepared, motion=(motion_by(image, prepared.breast, 1),))


@pytest.mark.parametrize(("ratio", "warnings"), [(0.95, 0), (0.8, 1), (1.3, 1), (0.4, 2)])
def test_a_registration_that_changes_the_tumour_or_nearly_folds_is_told(ratio: float, warnings: int) -> None:
    prepared, regions = study()
    found = findings(compressed(prepared, ratio), regions)
    tumour, breast = found["lesion-deformation"], found["deformation"]
    assert tumour.value == pytest.approx(abs(ratio - 1), abs=1e-3)
    assert f"lesion 1 has {ratio:.2f} times its volume in phase 1" in tumour.sentence
    assert breast.value == pytest.approx(ratio, abs=1e-3)
    told = warned(found) & {"lesion-deformation", "deformation"}
    assert told == set(["lesion-deformation", "deformation"][:warnings])


def stretched(prepared: PreparedSeries, number: int, along_x: float) -> PhaseMotion:
    return replace(compressed(prepared, along_x).motion[0], number=number)


def test_of_several_phases_the_worst_is_told() -> None:
    """The most compressed, and the one that changes the tumour most, either way; a phase left as it was is neither."""
    prepared, regions = study()
    motions = [stretched(prepared, number, ratio) for number, ratio in ((1, 0.9), (2, 0.8), (3, 1.3))]
    left = replace(stretched(prepared, 4, 0.5), outcome=MotionOutcome.UNPROVEN, field=None)
    assert (worst := most_compressed([*motions, left])) is not None
    assert worst.number == 2
    assert (changed := worst_deformation([*motions, left], regions.lesions)) is not None
    assert (changed.phase, changed.change) == (3, pytest.approx(0.3, abs=1e-3))
    assert most_compressed([left]) is worst_deformation([left], regions.lesions) is None


def test_a_patient_who_lay_still_has_no_deformation_to_be_told() -> None:
    assert not {"lesion-deformation", "deformation"} & set(findings(*study()))


def test_more_enhancement_than_contrast_gives_is_a_changed_gain() -> None:
    assert "enhancement" in warned(findings(*study(early=600, gland_early=500, late=550)))


def test_a_doubtful_lesion_is_told_as_one() -> None:
    prepared, regions = study()
    doubtful = replace(regions, lesions=(replace(regions.index_lesion, confidence=0.2),))
    found = findings(prepared, doubtful)
    assert "look at the contour first" in found["lesion-confidence"].sentence
    assert "lesion-confidence" in warned(found)


@pytest.mark.parametrize(("away", "at_edge"), [(0, False), (14, False), (17, True)])
def test_a_lesion_cut_off_by_the_edge_of_the_images_is_a_part(away: int, at_edge: bool) -> None:
    prepared, regions = study(away_voxels=away)
    assert (part_at_the_edge(regions.index_lesion) > 0) is at_edge
    assert ("lesion-at-edge" in findings(prepared, regions)) is at_edge


def test_a_lesion_against_the_chest_wall_is_told_as_one() -> None:
    prepared, regions = study()
    assert part_at_the_chest_wall(regions.index_lesion, regions.breast) == 0
    # The breast ends right behind the middle of the ball: towards +y is the patient's back.
    shallow = np.zeros(SHAPE, bool)
    shallow[:, :27] = True
    cut = replace(regions, breast=image_of(shallow, prepared.series.grid))
    assert part_at_the_chest_wall(regions.index_lesion, cut.breast) > 0.9
    assert "lesion-at-chest-wall" in findings(prepared, cut)


def test_sizes_that_the_published_cohorts_hardly_hold_are_warned_of() -> None:
    prepared, regions = study()
    small = replace(SETTINGS, quality=QualitySettings(usual_diameter_mm=(40.0, 100.0)))
    large = replace(SETTINGS, quality=QualitySettings(usual_diameter_mm=(5.0, 15.0)))
    assert "few voxels" in findings(prepared, regions, small)["lesion-size"].sentence
    assert "more than a tumour" in findings(prepared, regions, large)["lesion-size"].sentence
    assert findings(prepared, regions)["lesion-size"].verdict is Verdict.PASS


def test_a_ring_of_which_much_was_cut_out_as_vessel_is_warned_of() -> None:
    """A string that passes the ball, as bright as the ball itself."""
    prepared, regions = study()
    assert findings(prepared, regions)["vessels-in-rings"].value == 0
    early = np.array(values_of(prepared.series.early))
    early[9:11, 10:13, 5:55] = 220
    phases = list(prepared.series.phases)
    phases[1] = Phase(image_of(early, prepared.series.grid), phases[1].time_s)
    passed = replace(prepared, series=replace(prepared.series, phases=tuple(phases)))
    found = findings(passed, regions)["vessels-in-rings"]
    assert found.verdict is Verdict.PASS
    assert found.value is not None
    assert 0 < found.value < 0.1
    strict = replace(SETTINGS, quality=QualitySettings(ring_vessels_warned=0.001))
    assert "more than vessels take" in findings(passed, regions, strict)["vessels-in-rings"].sentence
