"""How the three vendors' scanners usually image a breast: matrix, spacing, times and gradient echo.

Slices, their distance and the number of phases follow real series of public collections (I-SPY 2 on GE: 80 slices of
2 mm, seven phases or more; I-SPY 2 on Philips: 158 slices of 1 mm, seven phases; the sagittal GE exam of the NACT pilot:
256 x 256 x 60 at 0.70 x 0.70 x 2 mm, three phases, TR 8.2 ms, TE 4.2 ms, 20 degrees). The in-plane matrices are chosen
to fill a field of view of 340 to 360 mm; TR, TE and angle of the axial ones, and all of Siemens, are typical values and
no one exam's. Field strength is 1.5 T throughout, for the relaxation times are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

from tilscope.models.imaging.series import Laterality
from tilscope.phantom.grid import SlicePlane, Vector
from tilscope.phantom.sequence import GradientEcho
from tilscope.phantom.spec import PhantomSpec


@dataclass(frozen=True)
class Protocol:
    vendor: str
    plane: SlicePlane
    matrix: tuple[int, int, int]
    spacing_mm: Vector
    phase_starts_s: tuple[float, ...]
    phase_duration_s: float
    sequence: GradientEcho

    @property
    def meaning(self) -> str:
        columns, rows, slices = self.matrix
        return f"{self.vendor}, {self.plane.value}: {columns} x {rows} x {slices}, {len(self.phase_starts_s)} phases"

    def image(self, patient: PhantomSpec, side: Laterality | None = None, coarser: int = 1) -> PhantomSpec:
        """The patient under this protocol; a sagittal one shows one side, that of the index lesion if none is named.

        `coarser` divides the in-plane matrix and multiplies the spacing: the same field of view in less time.
        """
        columns, rows, slices = self.matrix
        across, down, between = self.spacing_mm
        side = side or (patient.lesion.side if patient.lesion is not None else Laterality.LEFT)
        seen = (
            patient.sagittal(side)
            if self.plane is SlicePlane.SAGITTAL and patient.plane is SlicePlane.AXIAL
            else patient
        )
        if seen.plane is not self.plane:
            raise ValueError(
                f"{self.vendor} images {self.plane.value} slices, the patient is imaged on {seen.plane.value} ones"
            )
        return replace(
            seen,
            matrix=(columns // coarser, rows // coarser, slices),
            spacing_mm=(round(across * coarser, 4), round(down * coarser, 4), between),
            phase_starts_s=self.phase_starts_s,
            phase_duration_s=self.phase_duration_s,
            sequence=self.sequence,
        )


def _every(seconds: float, posts: int, pre: float) -> tuple[float, ...]:
    """One phase before the injection and so many after it, without a pause."""
    return (-pre, *(number * seconds for number in range(posts)))


PROTOCOLS: MappingProxyType[str, Protocol] = MappingProxyType(
    {
        "ge": Protocol(
            "GE", SlicePlane.AXIAL, (512, 512, 80), (0.7031, 0.7031, 2.0), _every(90.0, 6, 100.0), 90.0,
            GradientEcho(5.3, 2.4, 10.0),
        ),
        "ge-sagittal": Protocol(
            "GE", SlicePlane.SAGITTAL, (256, 256, 60), (0.703125, 0.703125, 2.0), (-300.0, 0.0, 300.0), 290.0,
            GradientEcho(8.2, 4.2, 20.0),
        ),
        "siemens": Protocol(
            "Siemens", SlicePlane.AXIAL, (448, 448, 88), (0.8036, 0.8036, 1.8), _every(95.0, 5, 110.0), 95.0,
            GradientEcho(4.1, 1.3, 10.0),
        ),
        "philips": Protocol(
            "Philips", SlicePlane.AXIAL, (352, 352, 158), (1.0, 1.0, 1.0), _every(80.0, 6, 90.0), 80.0,
            GradientEcho(5.5, 2.7, 10.0),
        ),
    }
)  # fmt: skip
