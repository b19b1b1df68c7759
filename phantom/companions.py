"""The other series of a real examination, which a reader must look at and set aside: localizer, T2, subtraction.

Some of them repeat the dynamic series' positions and are no phases all the same: b-values, echoes, subtractions, maps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from tilscope.phantom import anatomy, scanner
from tilscope.phantom.grid import PhantomGrid, SlicePlane
from tilscope.phantom.imaging import mix
from tilscope.phantom.layouts import Tags
from tilscope.phantom.signal import APPEARANCE, LESION_WITH, Contrast, Tissue
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.study import PhantomStudy

#: Brings the still images into the range of stored values that scanners use.
GAIN = 600.0
#: s/mm2, as ACRIN 6698 prescribed them.
B_VALUES = (0, 100, 600, 800)
#: Apparent diffusion coefficients, 10^-3 mm2/s; every other tissue has that of water-rich tissue.
_ADC = {
    Tissue.FAT: 0.15,
    Tissue.LESION_CORE: 1.5,
    Tissue.MUSCLE: 1.5,
    Tissue.BLOOD: 3.0,
    Tissue.NODE: 1.0,
    Tissue.CYST: 2.7,
    Tissue.SILICONE: 0.1,
    **dict.fromkeys(LESION_WITH.values(), 1.0),
}
_ADC_OF_GLAND = 1.9
_ORIGINAL = ("ORIGINAL", "PRIMARY", "OTHER")


@dataclass(frozen=True)
class SpinEcho:
    repetition_ms: float
    echo_ms: float
    echoes: int


@dataclass(frozen=True, eq=False)
class Companion:
    """A series that lies beside the dynamic one and must not be taken for it."""

    kind: str
    number: int
    """SeriesNumber."""
    label: str
    minutes: float
    """After the injection."""
    images: tuple[tuple[sitk.Image, Tags], ...]
    """Its volumes or single slices, and what each carries beside the usual tags."""
    image_type: tuple[str, ...] = _ORIGINAL
    spin_echo: SpinEcho | None = None
    """None: the gradient echo of the dynamic series."""
    derivation: str = ""


def make_companions(study: PhantomStudy, kinds: Sequence[str]) -> tuple[Companion, ...]:
    """Image the patient once more for each of them; what is derived comes from the phases themselves."""
    if unknown := sorted(set(kinds) - set(KINDS)):
        raise ValueError(f"no companion series is called {', '.join(unknown)}; there are {', '.join(KINDS)}")
    return tuple(series for kind in kinds for series in KINDS[kind](study))


def _still(spec: PhantomSpec, grid: PhantomGrid, name: str, seen: Callable[[Contrast], float]) -> sitk.Image:
    """A single, not dynamic, image of the patient."""
    patient = anatomy.build(spec, grid)
    clean = scanner.coil_sensitivity(grid, spec.coil_shading) * mix(
        patient, {tissue: GAIN * seen(APPEARANCE[tissue]) for tissue in Tissue}
    )
    return grid.image(scanner.rician(clean, GAIN / spec.snr, spec.seed, f"noise of {name}"))


def _word(study: PhantomStudy) -> str:
    return "ax" if study.spec.plane is SlicePlane.AXIAL else "sag"


def _last_minutes(study: PhantomStudy) -> float:
    """When the workstation has computed something from the phases."""
    return (study.spec.phase_starts_s[-1] + 300) / 60


def _localizer(study: PhantomStudy) -> list[Companion]:
    """Three crossing slices of another geometry each."""
    spec = study.spec
    x = 0.0 if spec.plane is SlicePlane.AXIAL else spec.grid.position(spec.grid.size[2] // 2)[0]
    images: list[tuple[sitk.Image, Tags]] = []
    for plane, centre in (
        (SlicePlane.AXIAL, (0.0, 25.0, 0.0)),
        (SlicePlane.SAGITTAL, (x or 78.0, 25.0, 0.0)),
        (SlicePlane.CORONAL, (0.0, -25.0, 0.0)),
    ):
        grid = PhantomGrid.centred(plane, (128, 128, 1), (3.0, 3.0, 8.0), centre)
        images.append((_still(spec, grid, f"{plane} localizer", lambda c: c.not_saturated), {}))
    echo = SpinEcho(500.0, 12.0, 1)
    return [Companion("localizer", 1, "3 plane localizer", -14.0, tuple(images), spin_echo=echo)]


def _t2(study: PhantomStudy) -> list[Companion]:
    """A fluid-sensitive series on a coarser grid of the same field of view."""
    spec = study.spec
    full = spec.grid
    size = (full.size[0] // 2, full.size[1] // 2, max(full.size[2] // 2, 3))
    spacing = (full.spacing[0] * 2, full.spacing[1] * 2, round(full.spacing[2] * full.size[2] / size[2], 4))
    middle = np.mean([full.position(0), full.position(full.size[2] - 1)], axis=0)
    row, column = np.array(full.plane.orientation[:3], float), np.array(full.plane.orientation[3:], float)
    middle = middle + row * full.spacing[0] * (full.size[0] - 1) / 2 + column * full.spacing[1] * (full.size[1] - 1) / 2
    grid = PhantomGrid.centred(full.plane, size, spacing, (float(middle[0]), float(middle[1]), float(middle[2])))
    image = _still(spec, grid, "T2", lambda c: c.t2_weighted)
    return [Companion("T2", 2, f"{_word(study)} T2 TSE", -10.0, ((image, {}),), spin_echo=SpinEcho(4200.0, 92.0, 15))]


def _t1(study: PhantomStudy) -> list[Companion]:
    """T1-weighted without fat saturation on the very grid of the dynamic series."""
    image = _still(study.spec, study.spec.grid, "T1", lambda c: c.not_saturated)
    return [Companion("T1", 3, f"{_word(study)} t1", -8.0, ((image, {}),), spin_echo=SpinEcho(520.0, 9.0, 1))]


def _t1_of_the_same_sequence(study: PhantomStudy, kind: str, options: str) -> list[Companion]:
    """The same with the sequence of the phases: only the fat tells it from one, and ScanOptions if it says so."""
    image = _still(study.spec, study.spec.grid, kind, lambda c: c.not_saturated)
    return [Companion(kind, 3, f"{_word(study)} t1", -8.0, ((image, {"ScanOptions": options}),))]


def _t1_told(study: PhantomStudy) -> list[Companion]:
    return _t1_of_the_same_sequence(study, "T1 of the same sequence", "NPW")


def _t1_not_told(study: PhantomStudy) -> list[Companion]:
    """GE writes SAT_GEMS for a band beside the breast as for fat."""
    return _t1_of_the_same_sequence(study, "T1 that no tag tells", "SAT_GEMS")


def _diffusion(study: PhantomStudy) -> list[Companion]:
    """One volume for each b-value at the same positions, sharing acquisition number and temporal position."""
    spec, grid = study.spec, study.spec.grid
    patient = anatomy.build(spec, grid)
    coil = scanner.coil_sensitivity(grid, spec.coil_shading)
    images: list[tuple[sitk.Image, Tags]] = []
    for b in B_VALUES:
        signal = {
            tissue: GAIN * APPEARANCE[tissue].t2_weighted * math.exp(-b * 1e-3 * _ADC.get(tissue, _ADC_OF_GLAND))
            for tissue in Tissue
        }
        volume = scanner.rician(coil * mix(patient, signal), GAIN / spec.snr, spec.seed, f"noise of b {b}")
        tags: Tags = {"AcquisitionNumber": 6, "TemporalPositionIdentifier": 1, "DiffusionBValue": float(b)}
        images.append((grid.image(volume), tags))
    echo = SpinEcho(8000.0, 82.0, 1)
    return [Companion("DWI", 41, "DWI_Multi_bValue", -6.0, tuple(images), spin_echo=echo)]


def _dixon(study: PhantomStudy) -> list[Companion]:
    """Water and fat in phase and opposed: two echoes of one acquisition at the same positions."""
    spec, grid = study.spec, study.spec.grid
    patient = anatomy.build(spec, grid)
    images: list[tuple[sitk.Image, Tags]] = []
    for number, (echo_ms, fat_sign) in enumerate(((2.38, -1.0), (4.76, 1.0)), start=1):
        signal = {t: GAIN * APPEARANCE[t].not_saturated * (fat_sign if t is Tissue.FAT else 1.0) for t in Tissue}
        volume = scanner.rician(mix(patient, signal), GAIN / spec.snr, spec.seed, f"noise of echo {number}")
        images.append((grid.image(volume), {"EchoNumbers": number, "EchoTime": echo_ms, "RepetitionTime": 160.0}))
    return [Companion("Dixon", 42, "T1 AX IN_OUT_160 TR MBH", -7.0, tuple(images))]


def _difference(study: PhantomStudy, later: int, earlier: int) -> sitk.Image:
    return sitk.Clamp(study.phases[later] - study.phases[earlier], sitk.sitkFloat32, 0.0)


def _subtraction(study: PhantomStudy) -> list[Companion]:
    """Early minus pre, with its derivation named."""
    roles = study.truth.roles
    if roles is None:
        return []
    image = _difference(study, roles.early, roles.pre)
    return [
        Companion(
            "subtraction", 40, f"{_word(study)} dyn SUB", _last_minutes(study), ((image, {}),),
            ("DERIVED", "SECONDARY", "MODULUS SUBTRACT"),
            derivation="Early post-contrast phase minus pre-contrast phase",
        )
    ]  # fmt: skip


def _subtractions(study: PhantomStudy) -> list[Companion]:
    """Each post minus the pre, a series each and at the times of the posts: only the description says what they are."""
    roles = study.truth.roles
    pre = roles.pre if roles is not None else 0
    return [
        Companion(
            "subtractions", 60 + post, f"({post + 1})-({pre + 1})", study.spec.phase_starts_s[post] / 60,
            ((_difference(study, post, pre), {}),), ("DERIVED", "PRIMARY", "OTHER"),
        )
        for post in range(pre + 1, len(study.phases))
    ]  # fmt: skip


def _projections(study: PhantomStudy) -> list[Companion]:
    """Maximum intensity of each post's subtraction: one image for each, all at one position."""
    roles, grid = study.truth.roles, study.spec.grid
    pre = roles.pre if roles is not None else 0
    flat = PhantomGrid(grid.plane, (grid.size[0], grid.size[1], 1), grid.spacing, grid.origin)
    images: list[tuple[sitk.Image, Tags]] = []
    for post in range(pre + 1, len(study.phases)):
        highest = sitk.GetArrayFromImage(_difference(study, post, pre)).max(axis=0, keepdims=True)
        images.append((flat.image(highest), {"AcquisitionNumber": post}))
    return [
        Companion(
            "MIP", 44, f"MIP {_word(study)} dyn", _last_minutes(study), tuple(images),
            ("DERIVED", "SECONDARY", "PROJECTION IMAGE"),
        )
    ]  # fmt: skip


def _maps(study: PhantomStudy) -> list[Companion]:
    """Percent enhancement and SER as MR series on the grid of the phases, with the tags of the trial's own maps."""
    roles = study.truth.roles
    if roles is None:
        return []
    pre, early, late = (
        sitk.GetArrayFromImage(study.phases[i]).astype(float) for i in (roles.pre, roles.early, roles.late)
    )
    body = pre > np.percentile(pre, 60)
    pe = np.where(body, np.clip(100 * (early - pre) / np.maximum(pre, 1), 0, 1000), 0)
    strong = body & (pe > 70) & (late > pre)
    ser = np.where(strong, np.clip(1000 * (early - pre) / np.maximum(late - pre, 1), 0, 3000), 0)
    thousandths: Tags = {"RescaleIntercept": 0, "RescaleSlope": 0.001, "RescaleType": "US"}
    maps: tuple[tuple[int, str, NDArray[np.floating], Tags, str], ...] = (
        (21001, "PE1", pe, {}, "Percent enhancement, early over pre"),
        (21000, "SER", ser, thousandths, "Signal enhancement ratio, early over late"),
    )
    return [
        Companion(
            f"{name} map", number, f"{_word(study)} dyn: {name}", _last_minutes(study),
            ((study.spec.grid.image(values.astype(np.float32)), tags),), ("DERIVED", "PRIMARY", "DCE", name),
            derivation=meaning,
        )
        for number, name, values, tags, meaning in maps
    ]  # fmt: skip


KINDS: dict[str, Callable[[PhantomStudy], list[Companion]]] = {
    "localizer": _localizer,
    "T2": _t2,
    "T1": _t1,
    "T1 of the same sequence": _t1_told,
    "T1 that no tag tells": _t1_not_told,
    "DWI": _diffusion,
    "Dixon": _dixon,
    "subtraction": _subtraction,
    "subtractions": _subtractions,
    "MIP": _projections,
    "maps": _maps,
}
