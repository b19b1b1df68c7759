"""One lesion's part of the block: numbers, and words that follow from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tilscope.models.description.appearance import Form, form_of, inside_of, inside_word, margin_word, shape_word
from tilscope.models.description.axes import three_axes
from tilscope.models.description.kinetic_shares import INITIAL, WORST_FIRST, KineticShares, kinetic_shares
from tilscope.models.description.landmarks import Landmarks
from tilscope.models.description.place import CENTRAL, PlaceInBreast, place_of
from tilscope.models.description.surfaces import in_the_patient, surface_of
from tilscope.models.finding import Finding
from tilscope.models.imaging.regions import Lesion
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import Mask, box_of, mask_of, values_of, voxel_cc
from tilscope.models.kinetics.maps import KineticMaps
from tilscope.models.result import LesionDescription, Measurement, Missing, Term
from tilscope.models.settings import DescriptionSettings

MASS, NON_MASS, FOCUS = "mass", "non-mass enhancement", "focus"

#: A shorter distance is no more than the error of the border (measured on phantoms): whether a lesion reaches it is seen by a reader.
LEAST_DISTANCE_MM = 3.0
_NO_BREAST = "no breast was found around it"


def describe_lesion(
    lesion: Lesion,
    finding: Finding,
    series: DceSeries,
    maps: KineticMaps,
    breast: Landmarks | None,
    noise: float,
    settings: DescriptionSettings,
) -> LesionDescription:
    """A lesion in BI-RADS' words.

    Parameters
    ----------
    lesion : Lesion
        On the grid of the series; not empty.
    finding : Finding
        Of what kind the lesions are.
    series : DceSeries
        As acquired.
    maps : KineticMaps
        On the same grid.
    breast : Landmarks, optional
        Of the breast that it lies in.
    noise : float
        Standard deviation of the noise of one phase.
    settings : DescriptionSettings
        The thresholds.

    Returns
    -------
    LesionDescription
        What the images do not decide has no value, and says why.
    """
    whole, cc = mask_of(lesion.mask), voxel_cc(lesion.mask)
    box = box_of(whole, 1)
    region = whole[box]
    points = surface_of(whole, lesion.mask).points
    axes = three_axes(points)
    form = form_of(points, axes, 1000 * cc * float(region.sum()))
    pre, early, late = (series.phases[n].within(box) for n in (series.roles.pre, series.roles.early, series.roles.late))
    shares = kinetic_shares(values_of(maps.pe)[box], early, late, region, cc, settings)
    voxels = in_the_patient(np.argwhere(whole), lesion.mask)
    place = None if breast is None else place_of(points, voxels, lesion.laterality, breast, settings)
    spacing = np.array(lesion.mask.GetSpacing()[::-1])
    kind = _kind(form, finding, settings)
    return LesionDescription(
        number=lesion.number,
        measurements=(*_axes(axes), *_distances(place), *_shares(shares)),
        terms=(
            *_place(place, settings),
            kind,
            *_appearance(kind.value, form, region, early - pre, spacing, noise, settings),
            *_kinetics(shares, settings),
        ),
        offset_mm=None if place is None else _rounded(place.offset_mm),
    )


def _rounded(offset: tuple[float, float, float]) -> tuple[float, float, float]:
    """To a tenth of a millimetre."""
    left, back, head = (round(way, 1) for way in offset)
    return left, back, head


# ------------------------------------------------------------------------------------------------------------ numbers


def _axes(axes: tuple[float, float, float]) -> tuple[Measurement, ...]:
    names = ("Longest axis", "Second axis", "Third axis")
    return tuple(
        Measurement.of(f"axis_{number}", name, length, "mm")
        for number, (name, length) in enumerate(zip(names, axes, strict=True), 1)
    )


def _distances(place: PlaceInBreast | None) -> tuple[Measurement, ...]:
    return (
        _distance("nipple_distance", "Distance to nipple", None if place is None else place.from_nipple_mm),
        _distance("skin_distance", "Distance to skin", None if place is None else place.from_skin_mm),
        _distance("chest_wall_distance", "Distance to chest wall", None if place is None else place.from_chest_wall_mm),
    )


def _distance(id: str, name: str, value: float | None) -> Measurement:
    if value is None:
        return Measurement(id, name, None, "mm", Missing.CALCULATION_FAILURE, "the images do not show it")
    if value < LEAST_DISTANCE_MM:
        near = f"less than {LEAST_DISTANCE_MM:g} mm: whether the lesion reaches it is for a reader to see"
        return Measurement(id, name, None, "mm", Missing.OUT_OF_RANGE, near)
    return Measurement.of(id, name, value, "mm")


def _shares(shares: KineticShares) -> tuple[Measurement, ...]:
    initial = (
        Measurement.of(f"initial_{word}", f"Initial phase, {word}", share, "%")
        for word, share in zip(INITIAL, shares.initial, strict=True)
    )
    delayed = (
        _share(f"delayed_{curve}", f"Delayed phase, {curve}", shares.delayed.get(curve)) for curve in WORST_FIRST[::-1]
    )
    return (*initial, *delayed)


def _share(id: str, name: str, value: float | None) -> Measurement:
    if value is None:
        return Measurement(id, name, None, "%", Missing.CALCULATION_FAILURE, "no voxel enhances enough")
    return Measurement.of(id, name, value, "%")


# -------------------------------------------------------------------------------------------------------------- words


def _place(place: PlaceInBreast | None, settings: DescriptionSettings) -> tuple[Term, ...]:
    if place is None:
        names = (("quadrant", "Quadrant"), ("clock_face", "Clock face"), ("depth", "Depth"))
        return tuple(Term(id, name, None, _NO_BREAST) for id, name in names)
    across = f"{place.from_axis_mm:.0f} mm from the line through the nipple; central below {settings.central_mm:g} mm"
    parts = ", ".join(f"{name} {share:.0f} %" for name, share in place.shares)
    no_hour = "none in the centre" if place.quadrant == CENTRAL else across
    part = "no chest wall is seen behind it"
    if place.depth_part is not None:
        part = f"{100 * place.depth_part:.0f} % of the way from the nipple to the chest wall"
    return (
        Term("quadrant", "Quadrant", place.quadrant, f"of its middle, {across}; of its voxels: {parts}"),
        Term("clock_face", "Clock face", None if place.clock is None else f"{place.clock} o'clock", no_hour),
        Term("depth", "Depth", place.depth, part),
    )


def _kind(form: Form, finding: Finding, settings: DescriptionSettings) -> Term:
    size = f"longest axis {form.longest_mm:.0f} mm; focus below {settings.focus_below_mm:g} mm"
    filled = f"fills {form.solidity:.2f} of its hull; mass from {settings.mass_from_solidity:g}"
    if form.longest_mm < settings.focus_below_mm:
        return Term("lesion_type", "Type", FOCUS, size)
    if finding is Finding.DIFFUSE:
        return Term("lesion_type", "Type", NON_MASS, "a large part of the gland enhances")
    is_mass = form.solidity >= settings.mass_from_solidity
    return Term("lesion_type", "Type", MASS if is_mass else NON_MASS, f"{filled}; {size}")


def _appearance(
    kind: str | None,
    form: Form,
    region: Mask,
    rise: NDArray[np.float32],
    spacing: NDArray[np.float64],
    noise: float,
    settings: DescriptionSettings,
) -> tuple[Term, ...]:
    names = (("shape", "Shape"), ("margin", "Margin"), ("internal_enhancement", "Internal enhancement"))
    if kind != MASS:
        return tuple(Term(id, name, None, f"of a mass only, and this is a {kind}") for id, name in names)
    shape = Term("shape", "Shape", shape_word(form, settings), _why_shape(form, settings))
    if form.shortest_mm < settings.margin_from_mm:
        small = f"shortest axis {form.shortest_mm:.0f} mm; assessed from {settings.margin_from_mm:g} mm"
        return (shape, *(Term(id, name, None, small) for id, name in names[1:]))
    inside = inside_of(region, rise, spacing, float(np.sqrt(2)) * noise)
    return (
        shape,
        Term("margin", "Margin", margin_word(form, settings), _why_margin(form, settings)),
        Term(
            "internal_enhancement",
            "Internal enhancement",
            inside_word(inside, settings),
            f"rim over core {inside.rim_over_core:.2f}, rim from {settings.rim_from_ratio:g}; variation {inside.variation:.2f}, "
            f"homogeneous below {settings.homogeneous_below:g}, heterogeneous from {settings.heterogeneous_from:g}",
        ),
    )


def _why_shape(form: Form, settings: DescriptionSettings) -> str:
    return (
        f"fills {form.solidity:.2f} of its hull, irregular below {settings.irregular_below_solidity:g}; shortest over longest "
        f"axis {form.shortest_mm / form.longest_mm:.2f}, round from {settings.round_from_ratio:g}"
    )


def _why_margin(form: Form, settings: DescriptionSettings) -> str:
    return (
        f"fills {form.solidity:.2f} of its hull, circumscribed from {settings.circumscribed_from_solidity:g}, not circumscribed "
        f"below {settings.irregular_below_solidity:g}"
    )


def _kinetics(shares: KineticShares, settings: DescriptionSettings) -> tuple[Term, ...]:
    slow, fast = settings.initial_percent
    least = settings.kinetic_thresholds_percent[0]
    of_initial = ", ".join(f"{word} {share:.0f} %" for word, share in zip(INITIAL, shares.initial, strict=True))
    above = ", ".join(f"{share:.0f} % above {level:g} %" for level, share in shares.above)
    initial = Term(
        "initial_phase",
        "Initial phase",
        shares.initial_word,
        f"voxels: {of_initial}; slow below {slow:g} % enhancement, fast above {fast:g} %; {above}",
    )
    if shares.delayed_word is None:
        no_voxel = f"no voxel reaches {least:g} % enhancement"
        return (
            initial,
            Term("delayed_phase", "Delayed phase", None, no_voxel),
            Term("worst_curve", "Worst curve", None, no_voxel),
        )
    of_delayed = ", ".join(f"{curve} {shares.delayed[curve]:.0f} %" for curve in WORST_FIRST[::-1])
    worst = shares.worst
    of_cluster = f"of the clusters of at least {settings.cluster_cc:g} cm3 above {least:g} % enhancement"
    return (
        initial,
        Term(
            "delayed_phase",
            "Delayed phase",
            shares.delayed_word.value,
            f"voxels above {least:g} % enhancement: {of_delayed}",
        ),
        Term(
            "worst_curve",
            "Worst curve",
            None if worst is None else worst.curve.value,
            of_cluster if worst is None else f"{of_cluster}: the largest measures {worst.cc:.2g} cm3",
        ),
    )
