"""A person's outline, whoever's tool stored it, comes back on the images' grid; what cannot be placed is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from foreign_outlines import (
    Painted,
    segmentation,
)
from pydicom import Dataset

from dicom_io.archives.folder import FolderArchive
from dicom_io.dce.assembly import assemble
from dicom_io.dce.source import DceSource
from dicom_io.outlines.assignment import Target, assign
from dicom_io.outlines.candidates import outlines_among
from models.drawn import DrawnLesion
from models.series import Laterality
from models.voxels import image_of, mask_of
from phantom import PhantomSpec, PhantomStudy, anatomy, make_study, write_study
from phantom.grid import Grid

SMALL = PhantomSpec.small()
SPECS = {
    "axial": SMALL,
    "sagittal left": SMALL.sagittal(Laterality.LEFT),
    "sagittal right": SMALL.sagittal(Laterality.RIGHT),
}


@dataclass(frozen=True, eq=False)
class Case:
    """A phantom in a folder, as assembled."""

    study: PhantomStudy
    headers: Sequence[Dataset]
    source: DceSource

    @property
    def truth(self) -> sitk.Image:
        assert self.study.truth.lesion is not None
        return self.study.truth.lesion

    def images(self, phase: int) -> Sequence[Dataset]:
        return self.source.phases[phase].headers

    @property
    def subtraction(self) -> Sequence[Dataset]:
        found = [h for h in self.headers if "SUBTRACTION" in h.ImageType]
        return sorted(found, key=lambda h: Target.of(self.source).grid.TransformPhysicalPointToIndex(
            [float(v) for v in h.ImagePositionPatient])[2])  # fmt: skip


@pytest.fixture(scope="module", params=SPECS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    study = make_study(SPECS[request.param])
    folder = tmp_path_factory.mktemp("phantom")
    write_study(study, folder, reversed_slices=request.param == "sagittal left")
    archive = FolderArchive(folder / "dicom")
    headers = archive.headers(archive.only_study())
    (source,) = assemble(headers)
    return Case(study, headers, source)


@pytest.fixture(scope="module")
def axial(tmp_path_factory: pytest.TempPathFactory) -> Case:
    study = make_study(SMALL)
    folder = tmp_path_factory.mktemp("phantom")
    write_study(study, folder)
    archive = FolderArchive(folder / "dicom")
    headers = archive.headers(archive.only_study())
    (source,) = assemble(headers)
    return Case(study, headers, source)


def read(objects: Sequence[Dataset], case: Case, folder: Path) -> tuple[DrawnLesion, ...]:
    """What these objects, stored beside the images, mean for the dynamic series."""
    for number, obj in enumerate(objects):
        obj.save_as(folder / f"{number}.dcm", enforce_file_format=True)
    archive = FolderArchive(folder)
    study = archive.only_study()
    outlines = outlines_among(archive.others_outlines(study))
    files = archive.fetch(study, [o.instance_uid for o in outlines], folder, lambda done, total: None)
    (found,) = assign(outlines, files, [Target.of(case.source)])
    return found


def dice(one: sitk.Image, other: sitk.Image) -> float:
    a, b = mask_of(one), mask_of(other)
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


def same(one: sitk.Image, other: sitk.Image) -> bool:
    return bool((mask_of(one) == mask_of(other)).all())


# ------------------------------------------------------------------------------------- on the images, voxel for voxel


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
@pytest.mark.parametrize("drawn_on", ["early phase", "phase 3", "subtraction"])
def test_what_was_drawn_on_any_image_of_the_grid_comes_back_to_the_voxel(
    kind: str, drawn_on: str, case: Case, tmp_path: Path
) -> None:
    images = {"early phase": case.source.early.headers, "phase 3": case.images(2), "subtraction": case.subtraction}
    (lesion,) = read([segmentation([Painted(case.truth)], images[drawn_on], kind)], case, tmp_path)
    assert same(lesion.mask, case.truth)
    assert lesion.mask.GetOrigin() == Target.of(case.source).grid.GetOrigin()


@pytest.mark.parametrize("flip", [(False, False, True), (True, False, False), (True, True, True)], ids=str)
def test_slices_rows_and_columns_may_run_the_other_way(flip: tuple[bool, ...], case: Case, tmp_path: Path) -> None:
    turned = sitk.Flip(case.truth, flip)
    obj = segmentation([Painted(turned)], case.source.early.headers)
    (lesion,) = read([obj], case, tmp_path)
    assert same(lesion.mask, case.truth)


@pytest.mark.parametrize("seed", range(3))
def test_frames_come_in_any_order(seed: int, case: Case, tmp_path: Path) -> None:
    order = np.random.default_rng(seed).permutation(case.truth.GetSize()[2])
    (lesion,) = read([segmentation([Painted(case.truth)], case.source.early.headers, order=order)], case, tmp_path)
    assert same(lesion.mask, case.truth)


def test_a_plane_without_a_frame_is_empty(axial: Case, tmp_path: Path) -> None:
    voxels = mask_of(axial.truth).copy()
    middle = int(np.flatnonzero(voxels.any(axis=(1, 2))).mean())
    voxels[middle] = False
    gap = image_of(voxels, axial.truth)
    obj = segmentation([Painted(gap)], axial.source.early.headers)
    assert obj.NumberOfFrames == voxels.any(axis=(1, 2)).sum()
    (lesion,) = read([obj], axial, tmp_path)
    assert same(lesion.mask, gap)


def test_a_single_drawn_slice_is_one_slice(axial: Case, tmp_path: Path) -> None:
    voxels = mask_of(axial.truth).copy()
    middle = int(np.flatnonzero(voxels.any(axis=(1, 2))).mean())
    voxels[:middle] = voxels[middle + 1 :] = False
    one = image_of(voxels, axial.truth)
    (lesion,) = read([segmentation([Painted(one)], axial.source.early.headers)], axial, tmp_path)
    assert same(lesion.mask, one)


def test_a_declared_gap_in_place_of_the_distance_is_not_believed(axial: Case, tmp_path: Path) -> None:
    obj = segmentation([Painted(axial.truth)], axial.source.early.headers)
    measures = obj.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SpacingBetweenSlices = measures.SpacingBetweenSlices / 5
    (lesion,) = read([obj], axial, tmp_path)
    assert same(lesion.mask, axial.truth)


def test_a_voxel_drawn_by_less_than_half_is_not_drawn(axial: Case, tmp_path: Path) -> None:
    share = sitk.Cast(axial.truth, sitk.sitkFloat32) * 0.6
    voxels = sitk.GetArrayFromImage(share)
    slices = np.flatnonzero(voxels.any(axis=(1, 2)))
    voxels[slices[0]] *= 0.5
    less = image_of(voxels, share)
    obj = segmentation([Painted(less)], axial.source.early.headers, "FRACTIONAL")
    (lesion,) = read([obj], axial, tmp_path)
    assert same(lesion.mask, image_of(voxels >= 0.5, share))


# --------------------------------------------------------------------------------------------------- on other grids


def on_grid(spec: PhantomSpec, shrink: tuple[float, float, float], shift: float = 0.0, margin: float = 0.6) -> sitk.Image:
    """The patient's lesion as a careful person draws it on voxels of another size, in a smaller field of view."""
    grid = spec.grid
    size = tuple(max(8, round(n / s * margin)) for n, s in zip(grid.size, shrink, strict=True))
    spacing = tuple(round(v * s, 4) for v, s in zip(grid.spacing, shrink, strict=True))
    lesion = make_study(spec).truth.lesion_centre_mm
    assert lesion is not None
    centre = tuple(c + shift for c in lesion)
    other = Grid.centred(grid.plane, (size[0], size[1], size[2]), (spacing[0], spacing[1], spacing[2]), (centre[0], centre[1], centre[2]))  # fmt: skip
    return other.image(anatomy.build(spec, other).lesion)


@pytest.mark.parametrize("shrink", [(0.5, 0.5, 0.5), (0.7, 0.7, 1.0), (0.31, 0.43, 0.2)], ids=str)
def test_another_spacing_and_a_smaller_field_of_view(
    shrink: tuple[float, float, float], case: Case, tmp_path: Path
) -> None:
    drawn = on_grid(case.study.spec, shrink, shift=0.37)
    (lesion,) = read([segmentation([Painted(drawn)], case.source.early.headers[:1])], case, tmp_path)
    print(dice(lesion.mask, case.truth))
    assert dice(lesion.mask, case.truth) >= 0.9
