"""What scanners, patients and archives do to a study that must not change its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import SimpleITK as sitk
from pydicom.uid import generate_uid
from validation.stacks import Stack

from tilscope.models.imaging.voxels import image_of, values_of

CROP_MM, TURN_DEGREES, MOVED_MM = 14.0, 5.0, 3.0
NOISE = (1, 2, 3, 4, 5, 6)
#: From this noise on, "too noisy" is an answer, not a failure.
TOO_NOISY = 6
#: Over which part of MOVED_MM she moves: along the patient's y and z.
_WAY = (0.0, 0.6, 0.8)

#: What a perturbation makes of one volume: its phase, counted from 0, makes noise and motion its own.
Change = Callable[[sitk.Image, int], sitk.Image]


@dataclass(frozen=True, eq=False)
class Perturbation:
    name: str
    change: Change = lambda image, phase: image
    keeps: Callable[[int, int], bool] = lambda phase, phases: True
    """Which of so many phases stay in the study."""
    there: sitk.Transform = field(default_factory=sitk.Transform)
    """From where a point of the patient was to where it is now."""
    refusal_is_right: bool = False
    """Whether a refusal is what must be said."""
    may_be_refused: bool = False
    split_phases: bool = False
    """A series for each phase."""

    def of(self, stacks: list[list[Stack]]) -> Iterator[Stack]:
        """The volumes of the changed study, phase after phase.

        Parameters
        ----------
        stacks : list of list of Stack
            The volumes of each phase, in time order.
        """
        phases = len(stacks)
        for phase, members in enumerate(stacks):
            if not self.keeps(phase, phases):
                continue
            uid = generate_uid()
            for stack in members:
                changed = Stack(stack.header, self.change(stack.image, phase))
                yield _in_series(changed, uid, phase) if self.split_phases else changed


def _in_series(stack: Stack, uid: str, phase: int) -> Stack:
    header = stack.header.copy()
    header.SeriesInstanceUID, header.SeriesNumber = uid, 100 + phase
    return replace(stack, header=header)


def perturbations(noise_unit: float, centre: tuple[float, float, float], phases: int) -> list[Perturbation]:
    """All of them, for an exam whose noise is counted in such units and that is turned about this point.

    Parameters
    ----------
    noise_unit : float
        In stored values: 1 where the tumour has 56 before contrast, as in UCSF-BR-06.
    centre : tuple of float
        Patient LPS, mm.
    phases : int
        How many there are.
    """
    found = [Perturbation("as it is")]
    found += [Perturbation(f"noise, SD {sd}", _noisy(sd * noise_unit), may_be_refused=sd >= TOO_NOISY) for sd in NOISE]
    for side, axis, low in (
        ("left", 0, 0),
        ("right", 0, 1),
        ("back", 1, 0),
        ("front", 1, 1),
        ("head", 2, 0),
        ("feet", 2, 1),
    ):
        found.append(Perturbation(f"{CROP_MM:g} mm cut off on the {side}", _cropped(axis, bool(low))))
    for axis, way in ((0, "left-right"), (2, "head-feet")):
        turn = sitk.Euler3DTransform()
        turn.SetCenter(centre)
        angles = [0.0, 0.0, 0.0]
        angles[axis] = np.radians(TURN_DEGREES)
        turn.SetRotation(*angles)
        found.append(
            Perturbation(f"turned by {TURN_DEGREES:g} degrees about the {way} axis", _turned(turn), there=turn)
        )
    found += [
        Perturbation(f"resampled to voxels {factor:g} times as large", _resampled(factor)) for factor in (0.8, 1.25)
    ]
    for axis, word in enumerate(("columns", "rows", "slices")):
        found.append(Perturbation(f"{word} in reverse", _flipped(axis)))
    found.append(Perturbation("a series for each phase", split_phases=True))
    for phase, word in ((0, "pre-contrast"), (1, "first post-contrast"), (phases - 1, "last")):
        # Where the first phase after contrast shows the patient, there the patient is: all others are moved onto it.
        there = _moves().GetInverse() if phase == 1 else sitk.Transform()
        found.append(Perturbation(f"the {word} phase moved {MOVED_MM:g} mm", _moved(phase), there=there))
    return found + _without_phases(phases)


def _without_phases(phases: int) -> list[Perturbation]:
    if phases == 3:
        return [Perturbation("the last phase missing", keeps=lambda phase, of: phase != 2, refusal_is_right=True)]
    return [
        Perturbation("every second post-contrast phase missing", keeps=lambda phase, of: phase % 2 == 1 or phase == 0),
        Perturbation("the last phase missing", keeps=lambda phase, of: phase != of - 1),
    ]


def _noisy(sigma: float) -> Change:
    """Rician: the magnitude of the signal with noise in both channels."""

    def change(image: sitk.Image, phase: int) -> sitk.Image:
        values = values_of(image)
        # The two breasts of a phase have other noise: their origins differ.
        seed = [7, phase, round(abs(image.GetOrigin()[0]) * 100)]
        real, imaginary = np.random.default_rng(seed).normal(0, sigma, (2, *values.shape))
        return image_of(np.hypot(values + real, imaginary).astype(np.float32), image)

    return change


def _cropped(axis: int, low: bool) -> Change:
    """One end of the field of view cut off along an axis of the patient (0 left, 1 back, 2 head), at its lower end or upper."""

    def change(image: sitk.Image, phase: int) -> sitk.Image:
        turn = np.array(image.GetDirection()).reshape(3, 3)
        along = int(np.argmax(np.abs(turn[axis])))
        count = round(CROP_MM / image.GetSpacing()[along])
        # Indices that grow towards the patient's lower end have it at their upper one.
        first = low == (turn[axis, along] > 0)
        lower, upper = [0, 0, 0], [0, 0, 0]
        (lower if first else upper)[along] = count
        return sitk.Crop(image, lower, upper)

    return change


def _turned(turn: sitk.Transform) -> Change:
    back = turn.GetInverse()
    return lambda image, phase: sitk.Resample(image, image, back, sitk.sitkBSpline, 0.0, sitk.sitkFloat32)


def _moves() -> sitk.Transform:
    """From where a moved phase shows a point of the patient to where it was."""
    return sitk.TranslationTransform(3, [MOVED_MM * part for part in _WAY])


def _moved(which: int) -> Change:
    way = _moves()

    def change(image: sitk.Image, phase: int) -> sitk.Image:
        if phase != which:
            return image
        return sitk.Resample(image, image, way, sitk.sitkBSpline, 0.0, sitk.sitkFloat32)

    return change


def _resampled(factor: float) -> Change:
    """In the slices, as a scanner's matrix is chosen; the slices stay."""

    def change(image: sitk.Image, phase: int) -> sitk.Image:
        across, down, between = image.GetSpacing()
        columns, rows, slices = image.GetSize()
        size = [int(columns / factor), int(rows / factor), slices]
        spacing = [across * factor, down * factor, between]
        # Voxels that grow would fold detail into noise: their own width is averaged first.
        smooth = sitk.SmoothingRecursiveGaussian(image, [0.3 * across, 0.3 * down, 1e-3]) if factor > 1 else image
        kind, turn = sitk.sitkFloat32, image.GetDirection()
        return sitk.Resample(
            smooth, size, sitk.Transform(), sitk.sitkLinear, image.GetOrigin(), spacing, turn, 0.0, kind
        )

    return change


def _flipped(axis: int) -> Change:
    """Stored the other way round; the patient lies as before."""
    return lambda image, phase: sitk.Flip(image, [axis == one for one in range(3)])
