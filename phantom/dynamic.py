"""The dynamic series in the encoding of a layout: first a plan of every instance, then the files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import SimpleITK as sitk
from pydicom.dataset import Dataset
from pydicom.uid import UID, MRImageStorage

from tilscope.models.imaging.series import Laterality
from tilscope.phantom.components import component_pixels
from tilscope.phantom.enhanced import EnhancedSeries, MultiframeInstance, write_multiframe
from tilscope.phantom.grid import PhantomGrid, SlicePlane
from tilscope.phantom.instances import Identity, add_gradient_echo, add_rescale, image_of, window_of, write_slice
from tilscope.phantom.layouts import Component, Copy, InstanceFrames, Layout, Place, Tags, clock
from tilscope.phantom.pixels import Storage, StoredVolume, describe, storage_named, store
from tilscope.phantom.study import PhantomStudy
from tilscope.phantom.truth import WrittenPhase, WrittenSeries

PLANE_WORDS = {SlicePlane.AXIAL: "ax", SlicePlane.SAGITTAL: "sag", SlicePlane.CORONAL: "cor"}


@dataclass(frozen=True, eq=False)
class Planned:
    """One image of a dynamic series."""

    slab: int
    phase: int
    index: int
    """Of the slice, along the normal."""
    place: Place
    series: int
    tags: Tags
    again: bool = False
    """A duplicate under another UID."""
    component: Component | None = None
    """What it shows instead of the magnitude."""


@dataclass(frozen=True, eq=False)
class Encoding:
    """What decides how the images of a study are written, beside the images."""

    identity: Identity
    layout: Layout
    syntax: UID
    folder: Path
    """Where the series' folders go."""

    @property
    def storage(self) -> Storage:
        return storage_named(self.identity.stored)


@dataclass(frozen=True, eq=False)
class _Stack:
    """A set of series to write: the dynamic ones, or a copy of them."""

    kind: str
    label: Callable[[Place], str]
    image_type: tuple[str, ...]
    series: Callable[[Place], int]
    tags: Callable[[Place], Tags]
    first_number: int
    lacks: Callable[[Place], bool]


WrittenDynamic = tuple[list[WrittenSeries], list[tuple[WrittenPhase, ...]]]


def write_dynamic(slabs: Sequence[PhantomStudy], encoding: Encoding) -> WrittenDynamic:
    """Write all dynamic series and their copies; returns the series and, for each slab, the phases."""
    layout = encoding.layout
    top = max(_highest(image) for slab in slabs for image in slab.phases)
    volumes = [
        [_store(slab, phase, slabs, n, top, encoding) for phase in range(len(slab.phases))]
        for n, slab in enumerate(slabs)
    ]
    first = _Stack(
        "dynamic", layout.label, layout.image_type, layout.series, layout.tags, layout.first_number, layout.lost
    )
    if layout.frames is not InstanceFrames.SINGLE:
        return _write_enhanced(slabs[0], volumes[0], encoding)
    series, phases = _write_stack(slabs, volumes, encoding, first)
    for copy in layout.copies:
        series += _write_copy(slabs, top, encoding, copy)
    return series, phases


def _write_copy(slabs: Sequence[PhantomStudy], top: float, encoding: Encoding, copy: Copy) -> list[WrittenSeries]:
    """Registration resamples: the copies are a little smoother than what they were made from."""
    volumes = [
        [
            store(sitk.GetArrayFromImage(_smoothed(image) if copy.resampled else image), top, encoding.storage, None)
            for image in slab.phases
        ]
        for slab in slabs
    ]  # fmt: skip
    stack = _Stack(
        copy.kind, copy.label, copy.image_type, copy.series, copy.tags, copy.first_number,
        lacks=lambda place: not copy.holds(place),
    )  # fmt: skip
    series, _ = _write_stack(slabs, volumes, encoding, stack)
    return series


def _write_stack(
    slabs: Sequence[PhantomStudy], volumes: Sequence[Sequence[StoredVolume]], encoding: Encoding, stack: _Stack
) -> WrittenDynamic:
    by_series: dict[int, list[Planned]] = defaultdict(list)
    for planned in _plan(slabs, encoding, stack):
        by_series[planned.series].append(planned)
    window = window_of(volumes[0][-1].displayed())
    series: list[WrittenSeries] = []
    found: dict[tuple[int, int], dict[int, Path]] = defaultdict(dict)
    homes: dict[tuple[int, int], list[str]] = defaultdict(list)
    for which, members in sorted(by_series.items()):
        number = stack.first_number + which
        uid = encoding.identity.uid(stack.kind, which)
        files: list[Path] = []
        shared: dict[tuple[int, int], Dataset] = {}
        for nth, one in enumerate(sorted(members, key=lambda p: int(str(p.tags["InstanceNumber"]))), start=1):
            key = (one.slab, one.phase)
            if key not in shared:
                sides = tuple(s for m in sorted({m.slab for m in members}) for s in slabs[m].spec.sides)
                shared[key] = _series_image(slabs[one.slab], encoding, stack, one, uid, number, sides, window)
                add_rescale(shared[key], volumes[one.slab][one.phase])
                homes[key].append(str(uid))
            path = encoding.folder / f"series-{number:04d}" / f"{nth:04d}.dcm"
            grid = slabs[one.slab].spec.grid
            slab_facts = (one.slab,) if one.slab else ()
            which_facts = (*(("again",) if one.again else ()), *((one.component.name,) if one.component else ()))
            instance = encoding.identity.uid(stack.kind, one.phase, one.index, *slab_facts, *which_facts)
            pixels = volumes[one.slab][one.phase].pixels[one.index]
            if one.component is not None:
                pixels = component_pixels(one.component.name, pixels, encoding.storage)
            write_slice(shared[key], path, grid, one.index, pixels, instance, one.tags, encoding.syntax)
            files.append(path)
            if not one.again and one.component is None:
                found[key][one.index] = path
        label = str(next(iter(shared.values())).SeriesDescription)
        series.append(WrittenSeries(stack.kind, str(uid), number, label, tuple(files)))
    phases = [
        tuple(
            WrittenPhase(tuple(found[n, phase][i] for i in sorted(found[n, phase])), tuple(homes[n, phase]))
            for phase in range(len(slab.phases))
        )
        for n, slab in enumerate(slabs)
    ]
    return series, phases


def _plan(slabs: Sequence[PhantomStudy], encoding: Encoding, stack: _Stack) -> list[Planned]:
    """Every instance, in the order in which it was acquired."""
    layout, dynamic = encoding.layout, stack.kind == "dynamic"
    planned: list[Planned] = []
    for phase in range(len(slabs[0].phases)):
        for slab, study in enumerate(slabs):
            for nth, index in enumerate(numbering(study.spec.grid, encoding.identity.reversed_slices)):
                place = place_of(slabs, slab, phase, nth, index)
                if stack.lacks(place):
                    continue
                one = Planned(slab, phase, index, place, stack.series(place), stack.tags(place))
                if dynamic and layout.components:
                    planned += _in_components(one, layout.components)
                    continue
                planned.append(one)
                if dynamic and layout.twice(place):
                    planned.append(Planned(slab, phase, index, place, one.series, one.tags, again=True))
    return planned


def _in_components(magnitude: Planned, components: Sequence[Component]) -> Iterator[Planned]:
    """The magnitude image, then those of the other components, under running numbers."""
    first = (int(str(magnitude.tags["InstanceNumber"])) - 1) * (1 + len(components)) + 1
    yield replace(magnitude, tags={**magnitude.tags, "InstanceNumber": first})
    for nth, component in enumerate(components, start=1):
        own: Tags = {"ImageType": list(component.image_type), "InstanceNumber": first + nth}
        yield replace(magnitude, tags={**magnitude.tags, **own}, component=component)


def place_of(slabs: Sequence[PhantomStudy], slab: int, phase: int, nth: int, index: int) -> Place:
    spec = slabs[slab].spec
    return Place(
        phase=phase,
        phases=len(slabs[slab].phases),
        slice=nth,
        slices=spec.grid.size[2],
        injected_at=spec.injected_at,
        first_started=spec.injected_at + timedelta(seconds=spec.phase_starts_s[0]),
        started=spec.injected_at + timedelta(seconds=spec.phase_starts_s[phase]),
        duration=timedelta(seconds=spec.phase_duration_s),
        plane_word=PLANE_WORDS[spec.plane],
        slab=slab,
        slices_of_slabs=tuple(s.spec.grid.size[2] for s in slabs),
        position=spec.grid.position(index),
    )


def numbering(grid: PhantomGrid, reversed_slices: bool) -> range:
    """Slice indexes in the order in which the instances are numbered."""
    return range(grid.size[2] - 1, -1, -1) if reversed_slices else range(grid.size[2])


def _series_image(
    study: PhantomStudy, encoding: Encoding, stack: _Stack, one: Planned, uid: UID, number: int,
    sides: tuple[Laterality, ...], window: tuple[int, int],
) -> Dataset:  # fmt: skip
    layout, spec = encoding.layout, study.spec
    image = image_of(encoding.identity, MRImageStorage, "MR", layout.manufacturer, spec.grid, sides)
    image.ImageType = list(stack.image_type)
    image.SeriesDescription = stack.label(one.place)
    image.SeriesNumber = number
    image.SeriesInstanceUID = uid
    image.WindowCenter, image.WindowWidth = window
    describe(image, encoding.storage)
    add_gradient_echo(image, spec)
    _add_contrast(image, study, layout, one.place)
    return image


def _add_contrast(image: Dataset, study: PhantomStudy, layout: Layout, place: Place) -> None:
    """Contrast/Bolus module (PS3.3 C.7.6.4), where the scanner would write it."""
    agent = layout.contrast_agent(place)
    if agent is None:
        return
    image.ContrastBolusAgent = agent
    if study.spec.injection_recorded:
        image.ContrastBolusStartTime = clock(study.spec.injected_at)


def _write_enhanced(study: PhantomStudy, volumes: Sequence[StoredVolume], encoding: Encoding) -> WrittenDynamic:
    layout, grid = encoding.layout, study.spec.grid
    number = layout.first_number
    uid = encoding.identity.uid("dynamic", 0)
    order = list(numbering(grid, encoding.identity.reversed_slices))
    everything = list(range(len(volumes)))
    instances = [everything] if layout.frames is InstanceFrames.ALL else [[phase] for phase in everything]
    common = EnhancedSeries(study, encoding.identity, layout, encoding.storage, uid, number, encoding.syntax)
    files: list[Path] = []
    phases: dict[int, WrittenPhase] = {}
    for nth, members in enumerate(instances):
        path = encoding.folder / f"series-{number:04d}" / f"{nth + 1:04d}.dcm"
        places = {phase: [place_of([study], 0, phase, n, i) for n, i in enumerate(order)] for phase in members}
        frames = write_multiframe(
            common, MultiframeInstance(nth, places, {p: volumes[p] for p in members}, order), path
        )
        files.append(path)
        for phase, numbers in frames.items():
            phases[phase] = WrittenPhase((path,), (str(uid),), numbers)
    label = layout.label(place_of([study], 0, 0, 0, order[0]))
    series = [WrittenSeries("dynamic", str(uid), number, label, tuple(files))]
    return series, [tuple(phases[p] for p in everything)]


def _store(
    slab: PhantomStudy, phase: int, slabs: Sequence[PhantomStudy], n: int, top: float, encoding: Encoding
) -> StoredVolume:
    scaling = encoding.layout.scaling
    chosen = scaling(place_of(slabs, n, phase, 0, 0)) if scaling is not None else None
    return store(sitk.GetArrayFromImage(slab.phases[phase]), top, encoding.storage, chosen)


def _highest(image: sitk.Image) -> float:
    return float(sitk.GetArrayViewFromImage(image).max())


def _smoothed(image: sitk.Image) -> sitk.Image:
    return sitk.Cast(sitk.DiscreteGaussian(image, variance=(0.3,) * 3, useImageSpacing=False), sitk.sitkFloat32)
