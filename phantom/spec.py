"""What a synthetic study shall be: everything that can be chosen, and nothing that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from tilscope.models.imaging.series import Laterality
from tilscope.models.short_hash import short_hash
from tilscope.phantom.artefact_spec import Artefacts
from tilscope.phantom.body_traits import BodyTraits
from tilscope.phantom.grid import PhantomGrid, SlicePlane, Vector
from tilscope.phantom.lesion_spec import CurveShape, Distractors, LesionKind, LesionSpec
from tilscope.phantom.patient_motion import MotionSpec
from tilscope.phantom.sequence import GradientEcho
from tilscope.phantom.visit_spec import VisitSpec

__all__ = ["Background", "CurveShape", "Density", "Distractors", "LesionKind", "LesionSpec", "PhantomSpec"]


class Background(StrEnum):
    """Background parenchymal enhancement (BI-RADS MRI's four words)."""

    MINIMAL = "minimal"
    MILD = "mild"
    MODERATE = "moderate"
    MARKED = "marked"


class Density(StrEnum):
    """How much of the breast is glandular (BI-RADS' four categories)."""

    ALMOST_ENTIRELY_FAT = "a"
    SCATTERED = "b"
    HETEROGENEOUS = "c"
    EXTREME = "d"

    @property
    def typical(self) -> float:
        """The middle of the category on the continuous scale."""
        return {"a": 0.08, "b": 0.32, "c": 0.58, "d": 0.88}[self.value]

    @classmethod
    def of(cls, density: float) -> Density:
        """The category that a number on the continuous scale falls into."""
        return next((word for word, below in zip(cls, (0.2, 0.45, 0.72), strict=False) if density < below), cls.EXTREME)


@dataclass(frozen=True)
class PhantomSpec:
    """One synthetic patient and how she is imaged. Equal specs give equal studies, to the last byte."""

    seed: int = 1
    plane: SlicePlane = SlicePlane.AXIAL
    imaged: Laterality = Laterality.BOTH
    """Both breasts on axial slices, one on sagittal ones."""
    matrix: tuple[int, int, int] = (256, 256, 48)
    spacing_mm: Vector = (1.4, 1.4, 2.5)
    phase_starts_s: tuple[float, ...] = (-150.0, 0.0, 120.0, 240.0, 360.0)
    """Seconds after the injection; the first is before it."""
    phase_duration_s: float = 120.0
    injection_recorded: bool = False
    """Whether ContrastBolusStartTime is written. If not, the first post-contrast phase starts at the injection."""
    injected_at: datetime = datetime(2024, 3, 12, 10, 20, 0)
    lesion: LesionSpec | None = field(default_factory=LesionSpec)
    """The index lesion."""
    more_lesions: tuple[LesionSpec, ...] = ()
    """In the same breast (multifocal disease) or the other."""
    density: float = 0.45
    """How much of the breast is glandular: 0 almost entirely fat, 1 extremely dense; `Density` names four of it."""
    background: Background = Background.MILD
    vessels: bool = True
    """Those of the breasts; the great ones are always there."""
    distractors: Distractors = field(default_factory=Distractors)
    breast_size: float = 1.0
    """Length of the breast over the usual one."""
    fat_saturated: bool = True
    sequence: GradientEcho = field(default_factory=GradientEcho)
    coil_shading: float = 1.0
    """0 is a uniform coil; 1 the fall-off of a breast array."""
    snr: float = 40.0
    """Signal of the gland before contrast over the noise's standard deviation."""
    patient_number: int = 1
    motion: MotionSpec | None = None
    """Between the phases; None is a patient who lies still."""
    # Not in the repr, of which the digest is made: every patient without them keeps her UIDs.
    body: BodyTraits = field(default_factory=BodyTraits, repr=False)
    """What real bodies show beside the usual."""
    artefacts: Artefacts = field(default_factory=Artefacts, repr=False)
    """What goes wrong while she is imaged."""
    visit: VisitSpec = field(default_factory=VisitSpec, repr=False)
    """Of a patient who is imaged again."""

    def __post_init__(self) -> None:
        if self.plane is SlicePlane.CORONAL:
            raise ValueError("dynamic breast series are axial or sagittal")
        if (self.plane is SlicePlane.AXIAL) != (self.imaged is Laterality.BOTH):
            raise ValueError(f"{self.plane} slices of {self.imaged.word} breast(s): axial images both, sagittal one")
        if self.more_lesions and self.lesion is None:
            raise ValueError("more lesions than none: the first one is the index lesion")
        if self.lesion is not None and self.body.diffuse is not None:
            raise ValueError("a diffuse tumour and lesions beside it: which of them a reader names would be a guess")
        if self.visit.places and len(self.visit.places) != len(self.lesions):
            raise ValueError(f"{len(self.visit.places)} places for {len(self.lesions)} lesions")
        for side in self.sides_of_tumours:
            if side not in self.sides:
                raise ValueError(f"the lesion is in the {side.word} breast, the images of the {self.imaged.word}")
        if len(self.phase_starts_s) < 2 or list(self.phase_starts_s) != sorted(set(self.phase_starts_s)):
            raise ValueError(f"phases must be at least two and in time order: {self.phase_starts_s}")
        if not self.phase_starts_s[0] + self.phase_duration_s <= 0:
            raise ValueError("the first phase must end before the injection")
        first_post = next((s for s in self.phase_starts_s if s >= 0), None)
        if not self.injection_recorded and first_post not in (None, 0):
            raise ValueError(f"an injection {first_post} s before the first post-contrast phase must be recorded")
        if not 0 <= self.density <= 1:
            raise ValueError(f"density {self.density} is not within 0 to 1")
        if not 0.6 <= self.breast_size <= 1.4:
            raise ValueError(f"breast size {self.breast_size} is not within 0.6 to 1.4")
        if self.snr <= 0 or self.coil_shading < 0:
            raise ValueError("SNR must be positive and coil shading not negative")

    @classmethod
    def small(cls, seed: int = 1) -> PhantomSpec:
        """The same patient on an eighth of the voxels and in four phases: for tests."""
        return cls(
            seed=seed,
            matrix=(128, 128, 24),
            spacing_mm=(2.8, 2.8, 5.0),
            phase_starts_s=(-210.0, 0.0, 180.0, 360.0),
            phase_duration_s=180.0,
        )

    def sagittal(self, side: Laterality = Laterality.LEFT) -> PhantomSpec:
        """The same patient, one breast on sagittal slices of a field of view half as wide."""
        columns, rows, slices = self.matrix
        across, down, between = self.spacing_mm
        return replace(
            self,
            plane=SlicePlane.SAGITTAL,
            imaged=side,
            matrix=(columns, rows, slices),
            spacing_mm=(round(across * 0.55, 3), round(down * 0.55, 3), between),
            lesion=None if self.lesion is None else replace(self.lesion, side=side),
            more_lesions=tuple(lesion for lesion in self.more_lesions if lesion.side is side),
            body=self.body.with_tumour_on(side),
        )

    @property
    def lesions(self) -> tuple[LesionSpec, ...]:
        """The index lesion first."""
        return () if self.lesion is None else (self.lesion, *self.more_lesions)

    @property
    def sides_of_tumours(self) -> tuple[Laterality, ...]:
        """Of every lesion, the index lesion first, or of the diffuse tumour; empty in a patient without either."""
        if self.body.diffuse is not None:
            return (self.body.diffuse.side,)
        return tuple(lesion.side for lesion in self.lesions)

    @property
    def sides(self) -> tuple[Laterality, ...]:
        """The breasts in the field of view."""
        return (Laterality.RIGHT, Laterality.LEFT) if self.imaged is Laterality.BOTH else (self.imaged,)

    @property
    def times_s(self) -> tuple[float, ...]:
        """Middle of each phase, seconds after the injection."""
        return tuple(start + self.phase_duration_s / 2 for start in self.phase_starts_s)

    @property
    def grid(self) -> PhantomGrid:
        """Of the dynamic series."""
        if self.plane is SlicePlane.AXIAL:
            return PhantomGrid.centred(self.plane, self.matrix, self.spacing_mm, self._shifted(0.0, 25.0, 0.0))
        sign = 1.0 if self.imaged is Laterality.LEFT else -1.0
        return PhantomGrid.centred(self.plane, self.matrix, self.spacing_mm, self._shifted(sign * 78.0, -15.0, 0.0))

    def _shifted(self, x: float, y: float, z: float) -> Vector:
        left, back, head = self.visit.shift_mm
        return x + left, y + back, z + head

    def digest(self) -> str:
        """Tells two specs apart; enters every UID."""
        more = [one for one in (self.body, self.artefacts, self.visit) if one != type(one)()]
        return short_hash(repr(self) + "".join(repr(one) for one in more), 16)
