"""One phase from the tissues to the magnitude image: the coil, what goes wrong, the noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tilscope.phantom import anatomy, scanner
from tilscope.phantom.anatomy import Anatomy
from tilscope.phantom.artefacts import Band, Complex, bands_beyond, fat_signal, flare, ghosts, measured
from tilscope.phantom.grid import PhantomGrid, Volume
from tilscope.phantom.signal import Tissue, dynamic_signal
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.texture import generator


@dataclass(frozen=True, eq=False)
class Seen:
    """A patient on a grid, and how the coil hears her there."""

    patient: Anatomy
    coil: Volume

    @classmethod
    def of(cls, spec: PhantomSpec, grid: PhantomGrid) -> Seen:
        coil = scanner.coil_sensitivity(grid, spec.coil_shading)
        if (more := flare(spec, grid)) is not None:
            coil = coil * more
        return cls(patient_seen(spec, grid), coil)


@dataclass(frozen=True, eq=False)
class Examination:
    """What stays the same over the phases of one examination."""

    spec: PhantomSpec
    seen: Seen
    sigma: float
    """Of the noise in each channel."""
    beyond: tuple[tuple[Band, Seen], ...]
    """What folds into the field of view."""

    @classmethod
    def of(cls, spec: PhantomSpec) -> Examination:
        sigma = dynamic_signal(spec, Tissue.GLAND, -1.0) / spec.snr
        bands = bands_beyond(spec.artefacts, spec.grid)
        return cls(spec, Seen.of(spec, spec.grid), sigma, tuple((band, Seen.of(spec, band.grid)) for band in bands))

    def still(self, time_s: float) -> Volume:
        """The tissues' signal at a time after the injection, before the coil.

        Parameters
        ----------
        time_s : float
            Seconds; negative before the injection.

        Returns
        -------
        ndarray of float32, [slice, row, column]
            In units of the signal.
        """
        return mix(self.seen.patient, self._signals(time_s))

    def image(self, clean: Volume, phase: int, time_s: float) -> Volume:
        """What the scanner makes of a phase.

        Parameters
        ----------
        clean : ndarray of float32, [slice, row, column]
            As the coil hears it, in units of the signal.
        phase : int
            Each has noise and ghosts of its own.
        time_s : float
            Seconds after the injection: what lies beyond the field of view enhances too.

        Returns
        -------
        ndarray of float32, [slice, row, column]
            In units of the signal, never negative.
        """
        wrong, visit = self.spec.artefacts, self.spec.visit.number
        noise = f"noise of phase {phase}" + (f" at visit {visit}" if visit else "")
        if not (wrong.ghosts or self.beyond or wrong.acquired < 1):
            return scanner.rician(clean, self.sigma, self.spec.seed, noise)
        image: Complex = clean.astype(np.complex64)
        if wrong.ghosts:
            beat = generator(self.spec.seed, f"heartbeat of phase {phase}")
            image += ghosts(self._moving(time_s), wrong, self.spec.grid, beat)
        for number, (band, seen) in enumerate(self.beyond):
            turn = generator(self.spec.seed, f"wrap {number}").uniform(0, 2 * np.pi)
            folded = seen.coil * mix(seen.patient, self._signals(time_s))
            image[band.onto] += (wrong.wrap * np.exp(1j * turn) * folded).astype(np.complex64)
        return measured(image, self.sigma, wrong.acquired, generator(self.spec.seed, noise))

    def _moving(self, time_s: float) -> Volume:
        """The blood of heart and great vessels, as the coil hears it."""
        patient = self.seen.patient
        pulsing = patient.distractors["heart"] | patient.distractors["great-vessels"]
        blood = patient.amounts[Tissue.BLOOD] * pulsing * np.float32(dynamic_signal(self.spec, Tissue.BLOOD, time_s))
        moving: Volume = self.seen.coil * blood
        return moving

    def _signals(self, time_s: float) -> dict[Tissue, float]:
        return {tissue: dynamic_signal(self.spec, tissue, time_s) for tissue in Tissue}


def patient_seen(spec: PhantomSpec, grid: PhantomGrid) -> Anatomy:
    """The patient, with her fat as bright as its suppression leaves it."""
    patient = anatomy.build(spec, grid)
    if (factor := fat_signal(spec, grid)) is None:
        return patient
    return replace(patient, amounts={**patient.amounts, Tissue.FAT: patient.amounts[Tissue.FAT] * factor})


def mix(patient: Anatomy, signal: Mapping[Tissue, float]) -> Volume:
    """Each voxel's signal: its tissues' signals, by amount.

    Parameters
    ----------
    patient : Anatomy
        Gives the amounts.
    signal : mapping of Tissue to float
        Each tissue's, in units of the signal.

    Returns
    -------
    ndarray of float32, [slice, row, column]
        In units of the signal.
    """
    total = np.zeros_like(patient.amounts[Tissue.FAT])
    for tissue, amount in patient.amounts.items():
        total += amount * np.float32(signal[tissue])
    for part in patient.parts:
        total[part.box] += part.amount * np.float32(signal[part.tissue])
    return total
