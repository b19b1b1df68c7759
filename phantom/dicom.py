"""Write a phantom study as DICOM MR images, with the truth beside it.

    FOLDER/dicom/series-0004/0001.dcm    what is sent
    FOLDER/truth/truth.json, *.nii.gz    what must be found; never sent

The same phantom is the same study everywhere, UIDs included; a salt makes another study of it, so that two
demonstrations in one archive can be told apart.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import SimpleITK as sitk
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from models.answers import BadInput
from phantom.companions import Companion, make_companions
from phantom.grid import Grid, Plane
from phantom.instances import Identity, add_gradient_echo, add_spin_echo, image_of, to_stored, window_of, write_slice
from phantom.layouts import Layout, Place, Tags, clock, date, layout_named
from phantom.study import PhantomStudy
from phantom.truth import WrittenSeries, write_truth

LOCALIZER_NUMBER, T2_NUMBER, DYNAMIC_NUMBER, SUBTRACTION_NUMBER = 1, 2, 4, 40
_PLANE_WORDS = {Plane.AXIAL: "ax", Plane.SAGITTAL: "sag", Plane.CORONAL: "cor"}


def write_study(
    study: PhantomStudy,
    folder: Path,
    layout: str = "one-series",
    *,
    reversed_slices: bool = False,
    salt: str = "",
    companions: bool = True,
) -> list[Path]:
    """Write the study under `folder`; returns the DICOM files in the order in which a scanner would send them.

    `reversed_slices` numbers the instances against the slice normal: the same volume, listed from the other end.
    `companions=False` leaves the localizer, the T2 and the subtraction series out.
    """
    entry = layout_named(layout)
    if (folder / "dicom").is_dir() and any((folder / "dicom").iterdir()):
        raise BadInput("folder-not-empty", path=folder / "dicom")
    identity = Identity(study.spec, entry.name, reversed_slices, salt)
    dynamic = _write_dynamic(study, identity, entry, folder / "dicom")
    beside = (
        [_write_companion(study, c, identity, entry, folder / "dicom") for c in make_companions(study)]
        if companions
        else []
    )
    series = sorted((*dynamic, *beside), key=lambda s: s.number)
    write_truth(study, folder, str(identity.uid("study")), entry, reversed_slices, series)
    return [file for one in series for file in one.files]


def _write_dynamic(study: PhantomStudy, identity: Identity, layout: Layout, folder: Path) -> list[WrittenSeries]:
    grid = study.spec.grid
    volumes = [to_stored(phase) for phase in study.phases]
    centre, width = window_of(volumes[-1])
    series: dict[int, WrittenSeries] = {}
    for phase, volume in enumerate(volumes):
        which = phase if layout.series_per_phase else 0
        number = DYNAMIC_NUMBER + which
        place = _place(study, phase, 0)
        image = image_of(identity, MRImageStorage, "MR", layout.manufacturer, grid)
        image.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
        image.SeriesDescription = layout.label(place)
        image.SeriesNumber = number
        image.SeriesInstanceUID = identity.uid("dynamic", which)
        image.WindowCenter, image.WindowWidth = centre, width
        add_gradient_echo(image)
        _add_contrast(image, study, layout, place)
        files: dict[int, Path] = {}
        for nth, index in enumerate(_numbering(grid, identity.reversed_slices)):
            tags = layout.tags(_place(study, phase, nth))
            files[index] = folder / f"series-{number:04d}" / f"{int(tags['InstanceNumber']):04d}.dcm"
            write_slice(image, files[index], grid, index, volume[index], identity.uid("dynamic", phase, index), tags)
        earlier = series[which].phases if which in series else {}
        phases = {**earlier, phase: tuple(files[index] for index in sorted(files))}
        sent = (*(series[which].files if which in series else ()), *files.values())
        series[which] = WrittenSeries(
            "dynamic", str(image.SeriesInstanceUID), number, str(image.SeriesDescription), sent, phases
        )
    return list(series.values())


def _place(study: PhantomStudy, phase: int, nth: int) -> Place:
    spec = study.spec
    return Place(
        phase=phase,
        phases=len(study.phases),
        slice=nth,
        slices=spec.grid.size[2],
        injected_at=spec.injected_at,
        first_started=spec.injected_at + timedelta(seconds=spec.phase_starts_s[0]),
        started=spec.injected_at + timedelta(seconds=spec.phase_starts_s[phase]),
        duration=timedelta(seconds=spec.phase_duration_s),
        plane_word=_PLANE_WORDS[spec.plane],
    )


def _numbering(grid: Grid, reversed_slices: bool) -> range:
    """Slice indexes in the order in which the instances are numbered."""
    return range(grid.size[2] - 1, -1, -1) if reversed_slices else range(grid.size[2])


def _add_contrast(image: Dataset, study: PhantomStudy, layout: Layout, place: Place) -> None:
    """Contrast/Bolus module (PS3.3 C.7.6.4), where the scanner would write it."""
    agent = layout.contrast_agent(place)
    if agent is None:
        return
    image.ContrastBolusAgent = agent
    if study.spec.injection_recorded:
        image.ContrastBolusStartTime = clock(study.spec.injected_at)


def _write_companion(
    study: PhantomStudy, companion: Companion, identity: Identity, layout: Layout, folder: Path
) -> WrittenSeries:
    word = _PLANE_WORDS[study.spec.plane]
    number, label, minutes = {
        "localizer": (LOCALIZER_NUMBER, "3 plane localizer", -14.0),
        "T2": (T2_NUMBER, f"{word} T2 TSE", -10.0),
        "subtraction": (SUBTRACTION_NUMBER, f"{word} dyn SUB", (study.spec.phase_starts_s[-1] + 300) / 60),
    }[companion.kind]
    moment = study.spec.injected_at + timedelta(minutes=minutes)
    uid = identity.uid(companion.kind)
    files: list[Path] = []
    for volume_image in companion.images:
        grid = _grid_of(volume_image)
        volume = to_stored(volume_image)
        image = image_of(identity, MRImageStorage, "MR", layout.manufacturer, grid)
        image.SeriesDescription, image.SeriesNumber, image.SeriesInstanceUID = label, number, uid
        image.WindowCenter, image.WindowWidth = window_of(volume)
        if companion.kind == "subtraction":
            add_gradient_echo(image)
            image.ImageType = ["DERIVED", "SECONDARY", "MODULUS SUBTRACT"]
            image.DerivationDescription = "Early post-contrast phase minus pre-contrast phase"
        else:
            image.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
            add_spin_echo(image, *((4200.0, 92.0, 15) if companion.kind == "T2" else (500.0, 12.0, 1)))
        for index in _numbering(grid, identity.reversed_slices):
            path = folder / f"series-{number:04d}" / f"{len(files) + 1:04d}.dcm"
            tags: Tags = {"InstanceNumber": len(files) + 1, "AcquisitionNumber": 1}
            for kind in ("Series", "Acquisition", "Content"):
                tags[f"{kind}Date"], tags[f"{kind}Time"] = date(moment), clock(moment)
            write_slice(image, path, grid, index, volume[index], identity.uid(companion.kind, len(files)), tags)
            files.append(path)
    return WrittenSeries(companion.kind, str(uid), number, label, tuple(files), {})


def _grid_of(image: sitk.Image) -> Grid:
    """The grid of an image that a phantom grid made."""
    direction = image.GetDirection()
    orientation = tuple(round(direction[i]) for i in (0, 3, 6, 1, 4, 7))
    plane = next(p for p in Plane if p.orientation == orientation)
    return Grid(plane, image.GetSize(), image.GetSpacing(), image.GetOrigin())
