"""What goes wrong in imaging, computed as it comes about: uneven suppression and sensitivity in the patient's space, ghosts
and unmeasured lines in k-space, wrap from what really lies beyond the field of view."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tilscope.phantom.anatomy import breasts_of
from tilscope.phantom.artefact_spec import Artefacts, PhaseEncoding
from tilscope.phantom.grid import PhantomGrid, Volume
from tilscope.phantom.signal import APPEARANCE, Tissue
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.texture import generator, smooth_field

Complex = NDArray[np.complex64]

#: Where the coil's elements lie, in each breast's own measures, and how far they are felt.
_ELEMENTS = ((1.12, 0.3, 0.0), (-1.1, 0.3, 0.0), (0.0, 0.35, 1.12), (0.0, 0.35, -1.12), (0.3, 1.12, 0.0))
_FELT_MM = 24.0
#: Of the field of view, on either side: what lies farther away is not excited.
_BEYOND = 0.2
#: Suppression fails first where the field is uneven: towards head and feet, and in patches this wide.
_UNEVEN_MM, _FIELD_MM = 40.0, 75.0


def fat_signal(spec: PhantomSpec, grid: PhantomGrid) -> Volume | None:
    """Signal of fat over its usual one in this examination.

    Parameters
    ----------
    spec : PhantomSpec
        Seed, and how well fat is suppressed.
    grid : PhantomGrid
        The voxels wanted.

    Returns
    -------
    ndarray of float32, [slice, row, column], or None
        A factor; None where fat is as usual everywhere.
    """
    wrong = spec.artefacts
    if not spec.fat_saturated or (wrong.fat_residue == 1 and not wrong.failed_suppression):
        return None
    fat = APPEARANCE[Tissue.FAT]
    whole = fat.not_saturated / fat.fat_saturated
    x, y, z = grid.coordinates()
    uneven = smooth_field(spec.seed, "magnetic field", _UNEVEN_MM, x, y, z)
    failing = np.clip(0.45 * uneven + (z / _FIELD_MM) ** 2 - 0.45, 0, 1) * wrong.failed_suppression
    return np.asarray(wrong.fat_residue + (whole - wrong.fat_residue) * failing, dtype=np.float32)


def flare(spec: PhantomSpec, grid: PhantomGrid) -> Volume | None:
    """How much more the coil hears beside its elements.

    Parameters
    ----------
    spec : PhantomSpec
        Seed, breasts and how strong the flare is.
    grid : PhantomGrid
        The voxels wanted.

    Returns
    -------
    ndarray of float32, [slice, row, column], or None
        A factor; None without a flare.
    """
    if not spec.artefacts.coil_flare:
        return None
    here = grid.coordinates()
    more = np.zeros(grid.shape, dtype=np.float32)
    random = generator(spec.seed, "coil elements")
    for breast in breasts_of(spec):
        for element, gain in zip(_ELEMENTS, random.uniform(0.2, 1.0, len(_ELEMENTS)), strict=True):
            point = breast.point(*element)
            away = sum((line - np.float32(c)) ** 2 for line, c in zip(here, point, strict=True))
            more += np.float32(gain) / (1 + away / np.float32(_FELT_MM**2)) ** 2
    return 1 + np.float32(spec.artefacts.coil_flare) * more


@dataclass(frozen=True)
class Band:
    """What lies beyond the field of view and folds into it."""

    grid: PhantomGrid
    onto: tuple[slice, slice, slice]
    """Slices, rows and columns of the image that it is seen on."""


def bands_beyond(artefacts: Artefacts, grid: PhantomGrid) -> tuple[Band, ...]:
    """The two bands beside the field of view along the phase encoding; none without wrap."""
    if not artefacts.wrap:
        return ()
    axis = array_axis(artefacts.encoding, grid)
    count = grid.shape[axis]
    width = max(1, round(_BEYOND * count))
    size = list(grid.size)
    size[2 - axis] = width
    found = []
    for steps, onto in ((-width, slice(count - width, count)), (count, slice(0, width))):
        point = [0.0, 0.0, 0.0]
        point[2 - axis] = steps
        beyond = replace(grid, size=(size[0], size[1], size[2]), origin=grid.at(point))
        box = [slice(None)] * 3
        box[axis] = onto
        found.append(Band(beyond, (box[0], box[1], box[2])))
    return tuple(found)


def array_axis(encoding: PhaseEncoding, grid: PhantomGrid) -> int:
    """Which axis of [slice, row, column] runs along the phase encoding."""
    return int(np.argmax(grid.coordinates()[encoding.axis].shape))


def ghosts(moving: Volume, artefacts: Artefacts, grid: PhantomGrid, random: np.random.Generator) -> Complex:
    """What a beating heart leaves along the phase encoding: each line of k-space hears it a little stronger or weaker.

    Parameters
    ----------
    moving : ndarray of float32, [slice, row, column]
        Signal of what moves.
    artefacts : Artefacts
        How strong, and along which axis.
    grid : PhantomGrid
        Of the volume.
    random : numpy.random.Generator
        Gives the beat and its irregularities.

    Returns
    -------
    ndarray of complex64, [slice, row, column]
        To be added to the image, in units of the signal.
    """
    axis = array_axis(artefacts.encoding, grid)
    count = moving.shape[axis]
    line = np.arange(count)
    beat = np.sin(2 * np.pi * (random.uniform(0.08, 0.3) * line + random.random()))
    uneven = beat + 0.5 * (random.standard_normal(count) + 1j * random.standard_normal(count))
    shape = [1, 1, 1]
    shape[axis] = count
    heard = np.fft.fft(moving, axis=axis) * (artefacts.ghosts * uneven).reshape(shape)
    left: Complex = np.fft.ifft(heard, axis=axis).astype(np.complex64)
    return left


def measured(image: Complex, sigma: float, acquired: float, random: np.random.Generator) -> Volume:
    """The magnitude of what k-space holds of an image: noise in every line that was measured, zeros in the others.

    Parameters
    ----------
    image : ndarray of complex64, [slice, row, column]
        Signal.
    sigma : float
        Standard deviation of the noise in each channel of the image that comes out.
    acquired : float
        Part of each in-plane axis that was measured.
    random : numpy.random.Generator
        Gives the noise.

    Returns
    -------
    ndarray of float32, [slice, row, column]
        Signal, never negative.
    """
    kept = [np.abs(np.fft.fftfreq(count)) <= 0.5 * acquired for count in image.shape[1:]]
    part = float(np.prod([lines.mean() for lines in kept]))
    spread = np.float32(sigma / part**0.5)
    noise = random.standard_normal(image.shape, dtype=np.float32) + 1j * random.standard_normal(
        image.shape, dtype=np.float32
    )
    lines = np.fft.fft2(image + spread * noise) * np.outer(*kept)
    magnitude: Volume = np.abs(np.fft.ifft2(lines)).astype(np.float32)
    return magnitude
