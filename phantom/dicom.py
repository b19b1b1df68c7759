"""Write a phantom study as DICOM MR images, with the truth beside it.

    FOLDER/dicom/series-0004/0001.dcm    what is sent
    FOLDER/truth/truth.json, *.nii.gz    what must be found; never sent

The same phantom is the same study everywhere, UIDs included; a salt makes another study of it, so that two
demonstrations in one archive can be told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from os import PathLike
from pathlib import Path

import SimpleITK as sitk
from pydicom.uid import MRImageStorage

from tilscope.models.refusals import BadInput
from tilscope.phantom.companions import Companion, make_companions
from tilscope.phantom.dynamic import Encoding, numbering, write_dynamic
from tilscope.phantom.grid import PhantomGrid, SlicePlane
from tilscope.phantom.instances import (
    Identity,
    add_gradient_echo,
    add_spin_echo,
    image_of,
    to_stored,
    window_of,
    write_slice,
)
from tilscope.phantom.layouts import Tags, layout_named
from tilscope.phantom.layouts.entry import times
from tilscope.phantom.pixels import storage_named, syntax_named
from tilscope.phantom.study import PhantomStudy, make_study
from tilscope.phantom.truth import WrittenSeries, WrittenStudy, write_truth

#: Kinds of which a study holds one series: their UIDs derive from the kind alone.
_ALONE = ("localizer", "T2", "subtraction")


def write_study(
    study: PhantomStudy,
    folder: str | PathLike[str],
    layout: str = "one-series",
    *,
    reversed_slices: bool = False,
    salt: str = "",
    companions: bool | Sequence[str] = True,
    syntax: str = "explicit-le",
    stored: str = "16-bit",
) -> list[Path]:
    """Write the study under `folder`; returns the DICOM files in the order in which a scanner would send them.

    `reversed_slices` numbers the instances against the slice normal: the same volume, listed from the other end.
    `companions=False` leaves the localizer, the T2 and the subtraction series out; a list names those that are wanted
    (`companions.KINDS`); True means those of the layout.
    `syntax` is one of `pixels.SYNTAXES`; `stored` is one of `pixels.STORAGES` and concerns the dynamic series.
    A layout that presupposes another examination (sagittal, two pre phases, across midnight) images the patient again.
    """
    folder = Path(folder)
    entry = layout_named(layout)
    if (folder / "dicom").is_dir() and any((folder / "dicom").iterdir()):
        raise BadInput("folder-not-empty", path=folder / "dicom")
    transfer = syntax_named(syntax)
    storage_named(stored)
    slabs = [study if spec == study.spec else make_study(spec) for spec in entry.examinations(study.spec)]
    identity = Identity(slabs[0].spec, entry.name, reversed_slices, salt, stored)
    encoding = Encoding(identity, entry, transfer, folder / "dicom")
    dynamic, phases = write_dynamic(slabs, encoding)
    wanted = (entry.companions if companions else ()) if isinstance(companions, bool) else tuple(companions)
    beside = [_write_companion(slabs[0], c, encoding) for c in make_companions(slabs[0], wanted)]
    series = tuple(sorted((*dynamic, *beside), key=lambda s: s.number))
    write_truth(
        WrittenStudy(
            str(identity.uid("study")), entry, reversed_slices, syntax, stored,
            tuple(zip(slabs, phases, strict=True)), series,
        ),
        folder,
    )  # fmt: skip
    return [file for one in series for file in one.files]


def _write_companion(study: PhantomStudy, companion: Companion, encoding: Encoding) -> WrittenSeries:
    identity, number = encoding.identity, companion.number
    moment = study.spec.injected_at + timedelta(minutes=companion.minutes)
    uid = identity.uid(companion.kind) if companion.kind in _ALONE else identity.uid(companion.kind, "series", number)
    files: list[Path] = []
    for volume_image, own in companion.images:
        grid = _grid_of(volume_image)
        volume = to_stored(volume_image)
        image = image_of(identity, MRImageStorage, "MR", encoding.layout.manufacturer, grid)
        image.SeriesDescription, image.SeriesNumber = companion.label, number
        image.SeriesInstanceUID = uid
        image.WindowCenter, image.WindowWidth = window_of(volume)
        image.ImageType = list(companion.image_type)
        if companion.derivation:
            image.DerivationDescription = companion.derivation
        if companion.spin_echo is None:
            add_gradient_echo(image, study.spec)
        else:
            echo = companion.spin_echo
            add_spin_echo(image, echo.repetition_ms, echo.echo_ms, echo.echoes)
        for index in numbering(grid, identity.reversed_slices):
            path = encoding.folder / f"series-{number:04d}" / f"{len(files) + 1:04d}.dcm"
            tags: Tags = {"InstanceNumber": len(files) + 1, "AcquisitionNumber": 1, **own}
            tags |= times(Series=moment, Acquisition=moment, Content=moment)
            parts = (len(files),) if companion.kind in _ALONE else (number, len(files))
            instance = identity.uid(companion.kind, *parts)
            write_slice(image, path, grid, index, volume[index], instance, tags, encoding.syntax)
            files.append(path)
    return WrittenSeries(companion.kind, str(uid), number, companion.label, tuple(files))


def _grid_of(image: sitk.Image) -> PhantomGrid:
    """The grid of an image that a phantom grid made."""
    direction = image.GetDirection()
    orientation = tuple(round(direction[i]) for i in (0, 3, 6, 1, 4, 7))
    plane = next(p for p in SlicePlane if p.orientation == orientation)
    return PhantomGrid(plane, image.GetSize(), image.GetSpacing(), image.GetOrigin())
