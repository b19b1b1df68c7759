"""What real exams show and the plain phantom lacks: each trait is in the pixels, in the truth, and absent by default."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from tilscope.models.finding import Finding
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import Mask, mask_of, values_of
from tilscope.phantom import LesionSpec, PhantomSpec, PhantomStudy, make_study, patient_like, write_study
from tilscope.phantom.artefact_spec import Artefacts, PhaseEncoding
from tilscope.phantom.body_traits import BodyTraits, DiffuseTumour
from tilscope.phantom.lesion_spec import CurveShape, Distractors, LesionKind
from tilscope.phantom.spec import Background
from tilscope.phantom.study import true_enhancement

#: Enough voxels for what is looked at, and almost no noise where noise would hide it.
PLAIN = replace(PhantomSpec.small(), snr=400.0, coil_shading=0.0)
HEALTHY = replace(PLAIN, lesion=None)
LARGE = replace(PLAIN, lesion=LesionSpec(diameter_mm=40.0, necrotic_core=False, lobulation=0.1))


def pre(study: PhantomStudy) -> np.ndarray:
    return np.asarray(values_of(study.phases[0]))


def index_mask(study: PhantomStudy) -> Mask:
    assert study.truth.lesion is not None
    return mask_of(study.truth.lesion)


def breast_fat(study: PhantomStudy) -> Mask:
    """Deep in the breast, away from gland, lesion, vessels and skin."""
    truth = study.truth
    other = mask_of(truth.fgt) | mask_of(truth.distractors["vessels"]) | mask_of(truth.distractors["skin"])
    if truth.lesion is not None:
        other |= mask_of(truth.lesion)
    return mask_of(truth.breast) & ~ndimage.binary_dilation(other, iterations=2)


def test_a_patient_without_traits_is_the_same_to_the_last_bit_as_before_there_were_any() -> None:
    spec = PhantomSpec.small()
    assert spec.digest() == "8b6f89796c6a6ef8", "UIDs derive from it"
    study = make_study(spec)
    seen = sha256()
    for image in (*study.phases, study.truth.breast, study.truth.fgt, study.truth.lesion):
        assert image is not None
        seen.update(values_of(image).tobytes())
    assert seen.hexdigest()[:16] in {"c2829acef0a5d540", "5f063e874250bf31"}, "by Debian 12's C library, and by 13's"


def test_traits_and_artefacts_make_another_study_of_the_same_patient() -> None:
    specs = [PLAIN, replace(PLAIN, body=BodyTraits(fibres=0.5)), replace(PLAIN, artefacts=Artefacts(ghosts=0.1))]
    assert len({spec.digest() for spec in specs}) == 3


# -------------------------------------------------------------------------------------------------------------- the body


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_a_diffuse_tumour_has_its_share_of_the_gland_and_no_mass(share: float) -> None:
    study = make_study(replace(HEALTHY, density=0.7, body=BodyTraits(diffuse=DiffuseTumour(gland_share=share))))
    truth = study.truth
    assert (truth.finding, truth.lesion, truth.refusal) == (Finding.DIFFUSE, None, None)
    assert truth.diffuse is not None
    tumour = mask_of(truth.diffuse.mask)
    x = np.broadcast_to(study.spec.grid.coordinates()[0], tumour.shape)
    gland = mask_of(truth.fgt) & (x > 0)
    assert (x[tumour] > 0).all(), "in the left breast"
    assert not (tumour & gland).any(), "what the tumour has taken is no gland"
    assert tumour.sum() / (tumour.sum() + gland.sum()) == pytest.approx(share, abs=0.1)
    found = truth.enhancement(truth.diffuse.signal)
    assert found is not None
    assert found[0] > 0.7, "the trial's rule"


def test_a_diffuse_tumour_is_the_same_on_every_grid() -> None:
    body = BodyTraits(diffuse=DiffuseTumour())
    axial = make_study(replace(HEALTHY, body=body, density=0.7))
    sagittal = make_study(replace(HEALTHY, body=body, density=0.7).sagittal(Laterality.LEFT))
    assert axial.truth.diffuse is not None
    assert sagittal.truth.diffuse is not None
    assert sagittal.truth.diffuse.cc == pytest.approx(axial.truth.diffuse.cc, rel=0.15)


def test_an_uneven_tumour_enhances_by_about_70_to_180_percent_inside() -> None:
    sequence, body = replace(PLAIN.sequence, flip_degrees=20), BodyTraits(tumour_spread=1.0)
    spec = replace(LARGE.sagittal(), sequence=sequence, body=body)
    even, uneven = (
        100 * values_of(true_enhancement(one))[ndimage.binary_erosion(index_mask(make_study(one)))]
        for one in (replace(spec, body=BodyTraits()), spec)
    )
    assert np.ptp(np.percentile(even, [5, 95])) < 5
    low, high = np.percentile(uneven, [5, 95])
    assert 60 < low < 130
    assert 130 < high < 220
    assert high - low > 30


def test_a_dead_core_is_dark_before_contrast_and_after_it() -> None:
    rim = LesionSpec(diameter_mm=40.0, kind=LesionKind.RIM, lobulation=0.0)
    spec = replace(PLAIN, lesion=rim, body=BodyTraits(dark_core=True))
    study = make_study(spec)
    depth = ndimage.distance_transform_edt(index_mask(study), sampling=PLAIN.grid.spacing[::-1])
    wall, core = (depth > 0) & (depth < 4), depth > 9
    assert pre(study)[core].mean() < 0.8 * pre(make_study(LARGE))[index_mask(make_study(LARGE))].mean()
    enhancement = values_of(true_enhancement(spec))
    assert enhancement[core].mean() < 0.2 < 0.5 < enhancement[wall].mean()


def test_a_clip_is_a_void_in_the_index_lesion_and_no_part_of_it() -> None:
    study = make_study(replace(LARGE, body=BodyTraits(clip_mm=10.0)))
    clip = mask_of(study.truth.distractors["clips"])
    without = make_study(LARGE)
    assert clip.any()
    assert index_mask(without)[clip].all()
    assert not (index_mask(study) & clip).any()
    late = values_of(study.phases[-1])
    assert late[clip].mean() < 0.5 * values_of(without.phases[-1])[clip].mean()


def test_patches_of_gland_enhance_alike_in_both_breasts_and_far_more_than_the_rest() -> None:
    spec = replace(HEALTHY, background=Background.MARKED, density=0.8)
    plain, patchy = (
        values_of(true_enhancement(one))[mask_of(make_study(one).truth.fgt)]
        for one in (spec, replace(spec, body=BodyTraits(patches=1.0)))
    )
    assert patchy.std() > 1.3 * plain.std()
    assert np.percentile(patchy, 95) > np.percentile(plain, 95)
    study = make_study(replace(spec, body=BodyTraits(patches=1.0)))
    x = np.broadcast_to(spec.grid.coordinates()[0], study.spec.grid.shape)
    enhancement, gland = values_of(true_enhancement(study.spec)), mask_of(study.truth.fgt)
    by_side = [enhancement[gland & side].mean() for side in (x < 0, x > 0)]
    assert by_side[0] == pytest.approx(by_side[1], rel=0.35)


def test_fibres_run_through_the_fat() -> None:
    spec = replace(HEALTHY, density=0.2, vessels=False)
    plain, fibrous = (make_study(one) for one in (spec, replace(spec, body=BodyTraits(fibres=1.0))))
    fat = breast_fat(plain)
    assert np.percentile(pre(fibrous)[fat], 95) > 1.5 * np.percentile(pre(plain)[fat], 95)


def test_thick_skin_is_on_the_side_of_the_tumour_and_in_the_truth() -> None:
    usual, thick = (make_study(one) for one in (PLAIN, replace(PLAIN, body=BodyTraits(thick_skin_mm=8.0))))
    x = np.broadcast_to(PLAIN.grid.coordinates()[0], PLAIN.grid.shape)
    before = mask_of(usual.truth.breast)

    def skin(study: PhantomStudy, side: Mask) -> int:
        return int((mask_of(study.truth.distractors["skin"]) & before & side).sum())

    assert skin(thick, x > 0) > 1.5 * skin(usual, x > 0)
    assert skin(thick, x < 0) == pytest.approx(skin(usual, x < 0), rel=0.1)


def test_skin_and_muscle_may_be_as_bright_as_gland() -> None:
    study, bright = (
        make_study(one)
        for one in (HEALTHY, replace(HEALTHY, body=BodyTraits(skin_brightness=2.0, muscle_brightness=1.3)))
    )
    skin = mask_of(study.truth.distractors["skin"])
    assert pre(bright)[skin].mean() > 1.6 * pre(study)[skin].mean()
    y = np.broadcast_to(HEALTHY.grid.coordinates()[1], skin.shape)
    behind = (y > 12) & (y < 40) & ~skin & ~mask_of(study.truth.breast) & (pre(study) > 200)
    ratio = pre(bright)[behind].mean() / pre(bright)[mask_of(study.truth.fgt)].mean()
    assert pre(bright)[behind].mean() > 1.2 * pre(study)[behind].mean()
    assert ratio > 0.9


def test_cysts_with_old_blood_are_bright_before_contrast_and_do_not_enhance() -> None:
    spec = replace(HEALTHY, distractors=Distractors(cysts=4), density=0.5)
    dark, bright = (make_study(one) for one in (spec, replace(spec, body=BodyTraits(bright_cysts=True))))
    cysts = mask_of(dark.truth.distractors["cysts"])
    assert np.percentile(pre(bright)[cysts], 90) > 1.3 * np.percentile(pre(dark)[cysts], 90)
    assert abs(values_of(true_enhancement(bright.spec))[ndimage.binary_erosion(cysts)]).mean() < 0.1


# -------------------------------------------------------------------------------------------------------------- imaging


def test_fat_that_is_badly_suppressed_is_brighter_everywhere_and_bright_in_places() -> None:
    fat = breast_fat(make_study(HEALTHY))
    usual, residue, failed = (
        pre(make_study(one))[fat]
        for one in (
            HEALTHY,
            replace(HEALTHY, artefacts=Artefacts(fat_residue=3.0)),
            replace(HEALTHY, artefacts=Artefacts(failed_suppression=0.8)),
        )
    )
    # Ligaments run through it.
    assert residue.mean() == pytest.approx(3 * usual.mean(), rel=0.2)
    brighter = failed / usual
    assert np.percentile(brighter, 98) > 4
    assert np.percentile(brighter, 10) < 1.5


def test_the_coil_flares_at_the_skin_and_enhancement_does_not_change() -> None:
    even, flaring = (make_study(one) for one in (HEALTHY, replace(HEALTHY, artefacts=Artefacts(coil_flare=2.0))))
    ratio = pre(flaring) / np.maximum(pre(even), 1)
    skin, gland = mask_of(even.truth.distractors["skin"]), mask_of(even.truth.fgt)
    at_skin = ratio[skin & mask_of(even.truth.breast)]
    assert np.percentile(at_skin, 95) > 1.3 * np.median(ratio[gland])
    gain = [values_of(one.phases[1])[gland].sum() / pre(one)[gland].sum() for one in (even, flaring)]
    assert gain[0] == pytest.approx(gain[1], rel=0.02)


@pytest.mark.parametrize("encoding", list(PhaseEncoding))
def test_ghosts_of_the_heart_lie_along_the_phase_encoding(encoding: PhaseEncoding) -> None:
    clean, ghosted = (
        make_study(one) for one in (HEALTHY, replace(HEALTHY, artefacts=Artefacts(ghosts=0.3, encoding=encoding)))
    )
    change = np.abs(values_of(ghosted.phases[1]) - values_of(clean.phases[1]))
    heart = mask_of(clean.truth.distractors["heart"]) | mask_of(clean.truth.distractors["great-vessels"])
    axis = int(np.argmax(HEALTHY.grid.coordinates()[encoding.axis].shape))
    lines = np.broadcast_to(heart.any(axis=axis, keepdims=True), heart.shape)
    assert change[lines & ~heart].mean() > 5 * change[~lines].mean()


def test_what_lies_beyond_the_field_of_view_folds_onto_its_other_side() -> None:
    spec = replace(HEALTHY.sagittal(Laterality.LEFT))
    clean, wrapped = (
        make_study(one)
        for one in (spec, replace(spec, artefacts=Artefacts(wrap=0.5, encoding=PhaseEncoding.HEAD_FEET)))
    )
    change = np.abs(pre(wrapped) - pre(clean))
    rows = change.shape[1]
    edge, middle = int(0.15 * rows), slice(int(0.3 * rows), int(0.7 * rows))
    assert change[:, :edge].mean() > 5 * change[:, middle].mean()
    assert change[:, -edge:].mean() > 5 * change[:, middle].mean()


def test_unmeasured_lines_of_k_space_blur_and_correlate_the_noise_but_leave_its_strength() -> None:
    noisy = replace(HEALTHY, snr=15.0)
    full, part = (make_study(one) for one in (noisy, replace(noisy, artefacts=Artefacts(acquired=0.6))))
    air = (slice(None), slice(0, 16), slice(0, 16))
    noise = [pre(one)[air] for one in (full, part)]
    assert noise[1].mean() == pytest.approx(noise[0].mean(), rel=0.1)
    together = [np.corrcoef(one[:, :, 1:].ravel(), one[:, :, :-1].ravel())[0, 1] for one in noise]
    assert together[0] < 0.1 < 0.2 < together[1]


# ------------------------------------------------------------------------------------------------------------ the family


def test_the_family_draws_every_trait_about_as_often_as_it_says_and_the_same_patient_each_time() -> None:
    specs = [patient_like(seed) for seed in range(1, 401)]
    assert specs[6] == patient_like(7)

    def share(told: list[bool]) -> float:
        return sum(told) / len(told)

    assert share([one.body.diffuse is not None for one in specs]) == pytest.approx(0.15, abs=0.05)
    assert share([not one.sides_of_tumours for one in specs]) == pytest.approx(0.15, abs=0.05)
    assert share([one.background is Background.MARKED for one in specs]) == pytest.approx(0.2, abs=0.06)
    assert share([one.body.clip_mm > 0 for one in specs]) > 0.1
    assert share([one.body.dark_core for one in specs]) > 0.05
    assert share([one.body.thick_skin_mm > 0 for one in specs]) > 0.05
    assert share([one.artefacts.failed_suppression > 0 for one in specs]) > 0.25
    assert share([one.artefacts.coil_flare > 0 for one in specs]) == pytest.approx(0.8, abs=0.06)
    assert share([one.artefacts.ghosts > 0 for one in specs]) == pytest.approx(0.6, abs=0.07)
    assert share([one.artefacts.wrap > 0 for one in specs]) == pytest.approx(0.2, abs=0.06)
    assert {one.artefacts.encoding for one in specs} == set(PhaseEncoding)
    assert {lesion.kind for one in specs for lesion in one.lesions} == set(LesionKind)
    assert {lesion.curve for one in specs for lesion in one.lesions} == set(CurveShape)


def test_the_truth_beside_the_dicom_says_what_kind_of_finding_there_is(tmp_path: Path) -> None:
    body = BodyTraits(diffuse=DiffuseTumour(gland_share=0.5), skin_brightness=1.5)
    findings = {"mass": PLAIN, "none": HEALTHY, "diffuse": replace(HEALTHY, body=body, density=0.7)}
    for word, spec in findings.items():
        write_study(make_study(spec), tmp_path / word, companions=False)
        truth = json.loads((tmp_path / word / "truth" / "truth.json").read_text())
        assert truth["finding"] == word
        assert truth["expected"]["refusal"] == ("no-lesion" if word == "none" else None)
    assert truth["diffuse"]["gland_share"] == 0.5
    assert truth["patient"]["body"] == {"skin_brightness": 1.5}
    assert truth["dynamic_series"][0]["masks"]["diffuse"] == "truth/diffuse.nii.gz"
    assert (tmp_path / "diffuse" / "truth" / "diffuse.nii.gz").is_file()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: DiffuseTumour(gland_share=0.9), "not within 0.2 to 0.8"),
        (lambda: BodyTraits(tumour_spread=1.5), "tumour spread of 1.5"),
        (lambda: BodyTraits(skin_mm=3.0, thick_skin_mm=2.0), "thickened skin of 2.0 mm"),
        (lambda: Artefacts(ghosts=0.9), "ghosts of 0.9"),
        (lambda: Artefacts(acquired=0.2), "acquired part of 0.2"),
        (lambda: replace(PLAIN, body=BodyTraits(diffuse=DiffuseTumour())), "lesions beside it"),
        (lambda: replace(HEALTHY.sagittal(Laterality.RIGHT), body=BodyTraits(diffuse=DiffuseTumour())), "of the right"),
    ],
)
def test_a_trait_that_cannot_be_is_told_why(wrong: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        wrong()
