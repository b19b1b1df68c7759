"""A person's outline, whoever's tool stored it, comes back on the images' grid; what cannot be placed is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from foreign_outlines import (
    BREAST,
    LESION,
    NEOPLASM,
    TISSUE,
    Painted,
    Traced,
    contours_of,
    segmentation,
    shuffled,
    structure_set,
)
from overlap import dice
from pydicom import Dataset
from pydicom.sr.coding import Code
from scored_study import scored_study

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import assemble
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.manual_roi.assignment import Target, assign
from tilscope.dicom_io.manual_roi.contours import even_odd
from tilscope.dicom_io.manual_roi.selection import manual_rois_among
from tilscope.dicom_io.objects.results import build_results
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.models.lesions.manual_roi import ManualLesion
from tilscope.models.refusals import BadInput, Refused
from tilscope.phantom import PhantomSpec, PhantomStudy, anatomy, make_study, write_study
from tilscope.phantom.grid import PhantomGrid, SlicePlane, Vector

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
        return [h for h in self.headers if "SUB" in h.SeriesDescription]


def written(spec: PhantomSpec, folder: Path, **how: bool) -> Case:
    study = make_study(spec)
    write_study(study, folder, **how)
    archive = FolderArchive(folder / "dicom")
    headers = archive.headers(archive.only_study())
    (source,) = assemble(headers)
    return Case(study, headers, source)


@pytest.fixture(scope="module", params=SPECS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("phantom")
    return written(SPECS[request.param], folder, reversed_slices=request.param == "sagittal left")


@pytest.fixture(scope="module")
def axial(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return written(SMALL, tmp_path_factory.mktemp("phantom"))


def read(
    objects: Sequence[Dataset], case: Case, folder: Path, target: Target | None = None
) -> tuple[ManualLesion, ...]:
    """What these objects, stored beside the images, mean for the dynamic series."""
    (found,) = read_for(objects, [target or Target.of(case.source)], folder)
    return found


def read_for(
    objects: Sequence[Dataset], targets: Sequence[Target], folder: Path
) -> tuple[tuple[ManualLesion, ...], ...]:
    for number, obj in enumerate(objects):
        obj.save_as(folder / f"{number}.dcm", enforce_file_format=True)
    archive = FolderArchive(folder)
    study = archive.only_study()
    manual_rois = manual_rois_among(archive.manual_roi_candidates(study))
    files = archive.fetch(study, [o.instance_uid for o in manual_rois], folder, lambda done, total: None)
    return assign(manual_rois, files, targets)


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
    obj = shuffled(segmentation([Painted(case.truth)], case.source.early.headers, "FRACTIONAL"), seed)
    (lesion,) = read([obj], case, tmp_path)
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

FULL = {"axial": PhantomSpec(), "sagittal": PhantomSpec().sagittal(Laterality.RIGHT)}


def drawn_on(
    spec: PhantomSpec, truth: sitk.Image, plane: SlicePlane, spacing_mm: Vector, shift_mm: float
) -> sitk.Image:
    """The patient's lesion as a careful person draws it on other voxels, in a field of view of 6 cm."""
    middle = [float(v) for v in np.argwhere(mask_of(truth)).mean(axis=0)[::-1]]
    x, y, z = (v + shift_mm for v in truth.TransformContinuousIndexToPhysicalPoint(middle))
    across, down, between = (round(60 / step) for step in spacing_mm)
    grid = PhantomGrid.centred(plane, (across, down, between), spacing_mm, (x, y, z))
    return grid.image(anatomy.build(spec, grid).lesion)


@pytest.fixture(scope="module", params=FULL)
def full(request: pytest.FixtureRequest, axial: Case) -> tuple[PhantomSpec, sitk.Image, Target]:
    """A dynamic series of usual resolution: its patient, the true lesion on its grid, and the series as a target."""
    spec = FULL[request.param]
    truth = spec.grid.image(anatomy.build(spec, spec.grid).lesion)
    return spec, truth, Target(truth, axial.headers[0].FrameOfReferenceUID, "the series")


@pytest.mark.parametrize(
    ("plane", "spacing_mm", "least"),
    [
        (SlicePlane.AXIAL, (0.7, 0.7, 1.0), 0.97),
        (SlicePlane.SAGITTAL, (0.5, 0.5, 1.2), 0.97),
        (SlicePlane.CORONAL, (0.8, 0.8, 0.8), 0.97),
        # On voxels as large as the images' own, but beside them, some of the border is lost in drawing already.
        (SlicePlane.AXIAL, (1.4, 1.4, 2.5), 0.94),
    ],
    ids=str,
)
@pytest.mark.parametrize("shift_mm", [0.0, 0.4, -0.7])
def test_other_voxels_in_another_plane_and_a_smaller_field_of_view(
    plane: SlicePlane, spacing_mm: Vector, least: float, shift_mm: float, full, axial: Case, tmp_path: Path
) -> None:
    spec, truth, target = full
    drawn = drawn_on(spec, truth, plane, spacing_mm, shift_mm)
    (lesion,) = read([segmentation([Painted(drawn)], axial.source.early.headers[:1])], axial, tmp_path, target)
    assert dice(lesion.mask, truth) >= least
    assert mask_of(lesion.mask).sum() == pytest.approx(mask_of(truth).sum(), rel=0.05)


# --------------------------------------------------------------------------------------------------------- contours


def test_contours_along_the_pixels_edges_come_back_to_the_voxel(case: Case, tmp_path: Path) -> None:
    obj = structure_set([Traced(contours_of(case.truth))], case.headers[0])
    (lesion,) = read([obj], case, tmp_path)
    assert same(lesion.mask, case.truth)
    assert lesion.roi.by == "Reader Rolf"
    assert lesion.roi.tool == "Planning & Co Contours"


@pytest.mark.parametrize("plane", list(SlicePlane))
def test_contours_in_any_plane(plane: SlicePlane, full, axial: Case, tmp_path: Path) -> None:
    spec, truth, target = full
    drawn = drawn_on(spec, truth, plane, (0.7, 0.7, 1.0), 0.4)
    (lesion,) = read([structure_set([Traced(contours_of(drawn))], axial.headers[0])], axial, tmp_path, target)
    assert dice(lesion.mask, truth) >= 0.97


def test_a_contour_within_a_contour_is_a_hole(axial: Case, tmp_path: Path) -> None:
    voxels = mask_of(axial.truth).copy()
    z, y, x = np.round(np.argwhere(voxels).mean(axis=0)).astype(int)
    voxels[z - 1 : z + 2, y - 1 : y + 2, x - 1 : x + 2] = False
    hollow = image_of(voxels, axial.truth)
    (lesion,) = read([structure_set([Traced(contours_of(hollow))], axial.headers[0])], axial, tmp_path)
    assert same(lesion.mask, hollow)


def test_points_and_open_lines_are_no_outline(axial: Case, tmp_path: Path) -> None:
    obj = structure_set([Traced(contours_of(axial.truth)[:1])], axial.headers[0])
    obj.ROIContourSequence[0].ContourSequence[0].ContourGeometricType = "OPEN_PLANAR"
    assert read([obj], axial, tmp_path) == ()


@pytest.mark.parametrize("seed", range(20))
def test_filling_agrees_with_a_point_by_point_count_of_crossings(seed: int) -> None:
    random = np.random.default_rng(seed)
    polygons = [random.uniform(-1, 11, (random.integers(3, 9), 2)) for _ in range(3)]
    expected = np.zeros((12, 10), bool)
    for polygon in polygons:
        for y, x in np.ndindex(expected.shape):
            for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
                if (y0 <= y) != (y1 <= y) and x >= x0 + (y - y0) / (y1 - y0) * (x1 - x0):
                    expected[y, x] ^= True
    np.testing.assert_array_equal(even_odd(polygons, (0.0, 0.0), 1.0, expected.shape), expected)


# ------------------------------------------------------------------------------------------- whose, and what of it


def test_the_lesion_says_who_drew_it_with_what_and_where_it_is_stored(axial: Case, tmp_path: Path) -> None:
    obj = segmentation([Painted(axial.truth, "index tumour")], axial.source.early.headers)
    (lesion,) = read([obj], axial, tmp_path)
    drawn = lesion.roi
    assert (drawn.by, drawn.tool) == ("Reader Rita", "Workstations & Co Viewer")
    assert (drawn.label, drawn.number) == ("index tumour", 1)
    assert (drawn.sop_class_uid, drawn.sop_instance_uid) == (obj.SOPClassUID, obj.SOPInstanceUID)
    assert drawn.series_uid == obj.SeriesInstanceUID


def test_what_tilscope_has_written_is_nobodys_outline() -> None:
    objects = build_results(*scored_study().parts)
    assert manual_rois_among(list(objects.segmentations)) == ()


def test_another_programs_automatic_segmentation_is_nobodys_outline(axial: Case) -> None:
    obj = segmentation([Painted(axial.truth, algorithm="AUTOMATIC")], axial.source.early.headers)
    assert manual_rois_among([obj]) == ()


@pytest.mark.parametrize("algorithm", ["MANUAL", "SEMIAUTOMATIC"])
def test_drawn_with_or_without_a_tools_help_is_a_persons(algorithm: str, axial: Case) -> None:
    (manual_roi,) = manual_rois_among(
        [segmentation([Painted(axial.truth, algorithm=algorithm)], axial.source.early.headers)]
    )
    assert [lesion.number for lesion in manual_roi.lesions] == [1]


def test_our_segment_in_somebody_elses_object_has_been_corrected_by_a_person(axial: Case) -> None:
    edited = Painted(axial.truth, "Lesion 1 (left)", LESION, "AUTOMATIC", "TILscope")
    (manual_roi,) = manual_rois_among([segmentation([edited], axial.source.early.headers)])
    assert [lesion.label for lesion in manual_roi.lesions] == ["Lesion 1 (left)"]


MEANINGS = {
    "neoplasm": ("x", NEOPLASM, True),
    "mass by the older SNOMED": ("x", Code("M-03000", "SRT", "Mass"), True),
    "lesion as Slicer used to write it": ("x", Code("M-01100", "99SDM", "Lesion"), True),
    "tissue called tumour": ("Tumor left", TISSUE, True),
    "breast type, lesion label": ("Lesion_2", BREAST, True),
    "breast": ("Breast", BREAST, False),
    "gland": ("Fibroglandular tissue", TISSUE, False),
    "ring around the tumour": ("peritumoral ring", TISSUE, False),
    "biopsy clip": ("clip in tumor", TISSUE, False),
    "lymph node": ("axillary node", TISSUE, False),
}


@pytest.mark.parametrize(("label", "type_", "is_lesion"), MEANINGS.values(), ids=MEANINGS)
def test_lesions_are_told_by_code_and_else_by_words(label: str, type_: Code, is_lesion: bool, axial: Case) -> None:
    obj = segmentation([Painted(axial.truth, label, type_)], axial.source.early.headers)
    assert bool(manual_rois_among([obj])) is is_lesion


def test_a_segment_without_a_name_counts_where_nothing_else_is_a_lesion(axial: Case) -> None:
    unnamed, named = Painted(axial.truth, "Segment 1", TISSUE), Painted(axial.truth, "Tumour", TISSUE)
    breast = Painted(axial.truth, "Breast", BREAST)
    images = axial.source.early.headers

    def lesions(*segments: Painted) -> list[int]:
        return [lesion.number for o in manual_rois_among([segmentation(segments, images)]) for lesion in o.lesions]

    assert lesions(unnamed) == [1]
    assert lesions(unnamed, breast) == [1]
    assert lesions(unnamed, named) == [2]


def test_of_several_segments_each_lesion_comes_back_and_the_breast_does_not(axial: Case, tmp_path: Path) -> None:
    moved = image_of(np.roll(mask_of(axial.truth), 9, axis=2), axial.truth)
    breast = Painted(axial.study.truth.breast, "Breast", BREAST)
    drawn = [Painted(axial.truth, "Lesion A"), breast, Painted(moved, "Lesion B")]
    first, second = read([segmentation(drawn, axial.source.early.headers)], axial, tmp_path)
    assert (first.roi.number, second.roi.number) == (1, 3)
    assert same(first.mask, axial.truth)
    assert same(second.mask, moved)


def test_the_newest_outline_counts(axial: Case, tmp_path: Path) -> None:
    moved = image_of(np.roll(mask_of(axial.truth), 5, axis=1), axial.truth)
    images = axial.source.early.headers
    noon = segmentation([Painted(axial.truth)], images, made="20240312 120000")
    evening = segmentation([Painted(moved)], images, made="20240312 190000.5")
    morning = structure_set([Traced(contours_of(axial.truth))], images[0], StructureSetTime="080000")
    (lesion,) = read([noon, evening, morning], axial, tmp_path)
    assert lesion.roi.sop_instance_uid == evening.SOPInstanceUID
    assert same(lesion.mask, moved)


# --------------------------------------------------------------------------------------------- two series of a study


def halves(axial: Case) -> list[Target]:
    """The right and the left half of the images, as if each were a series of its own."""
    grid = Target.of(axial.source).grid
    middle = grid.GetSize()[0] // 2
    frame = axial.headers[0].FrameOfReferenceUID
    return [Target(grid[:middle], frame, "right"), Target(grid[middle:], frame, "left")]


def test_each_breasts_series_takes_the_outline_that_lies_on_it(axial: Case, tmp_path: Path) -> None:
    other = image_of(mask_of(axial.truth)[:, :, ::-1].copy(), axial.truth)
    images = axial.source.early.headers
    left = segmentation([Painted(axial.truth)], images, made="20240312 120000")
    right = segmentation([Painted(other)], images, made="20240312 130000")
    (on_right,), (on_left,) = read_for([left, right], halves(axial), tmp_path)
    assert on_right.roi.sop_instance_uid == right.SOPInstanceUID
    assert on_left.roi.sop_instance_uid == left.SOPInstanceUID
    assert mask_of(on_left.mask).sum() == mask_of(on_right.mask).sum() == mask_of(axial.truth).sum()


def test_a_breast_without_an_outline_is_left_to_the_segmenter(axial: Case, tmp_path: Path) -> None:
    left = segmentation([Painted(axial.truth)], axial.source.early.headers)
    on_right, on_left = read_for([left], halves(axial), tmp_path)
    assert on_right == ()
    assert len(on_left) == 1


# ------------------------------------------------------------------------------------------------- what is refused


def refusal(obj: Dataset, case: Case, folder: Path, target: Target | None = None) -> str:
    with pytest.raises(Refused) as told:
        read([obj], case, folder, target)
    return f"{told.value.code}: {told.value}"


def test_another_frame_of_reference_is_refused(axial: Case, tmp_path: Path) -> None:
    obj = segmentation([Painted(axial.truth)], axial.source.early.headers, FrameOfReferenceUID="1.2.3")
    said = refusal(obj, axial, tmp_path)
    assert said.startswith("outline-other-frame: The lesion drawn in SEG series 300 (drawn by hand) lies in another")


def test_an_outline_beside_the_images_is_refused(axial: Case, tmp_path: Path) -> None:
    right_half = halves(axial)[0]
    said = refusal(segmentation([Painted(axial.truth)], axial.source.early.headers), axial, tmp_path, right_half)
    assert (
        said
        == "outline-outside: Of the lesion drawn in SEG series 300 (drawn by hand), 100 % lies outside the images of right."
    )


def test_contours_far_apart_are_refused(axial: Case, tmp_path: Path) -> None:
    contours = contours_of(axial.truth)
    every_third = sorted({round(float(contour[0, 2]), 3) for contour in contours})[::3]
    sparse = [contour for contour in contours if round(float(contour[0, 2]), 3) in every_third]
    said = refusal(structure_set([Traced(sparse)], axial.headers[0]), axial, tmp_path)
    assert "its slices lie 15 mm apart" in said


def test_slices_beside_each_other_or_unevenly_spaced_are_refused(axial: Case, tmp_path: Path) -> None:
    for change, words in (((9.0, 0.0, 0.0), "a slice lies 9.0 mm beside the others"), ((0, 0, 1.7), "not evenly")):
        obj = segmentation([Painted(axial.truth)], axial.source.early.headers)
        position = obj.PerFrameFunctionalGroupsSequence[2].PlanePositionSequence[0]
        moved = [float(v) + by for v, by in zip(position.ImagePositionPatient, change, strict=True)]
        position.ImagePositionPatient = moved
        assert words in refusal(obj, axial, tmp_path)


def test_frames_without_a_place_are_refused(axial: Case, tmp_path: Path) -> None:
    obj = segmentation([Painted(axial.truth)], axial.source.early.headers)
    del obj.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence
    assert "frame 2 lacks position, orientation or spacing" in refusal(obj, axial, tmp_path)


def test_what_fills_no_voxel_by_half_is_refused(axial: Case, tmp_path: Path) -> None:
    fine = PhantomGrid.centred(SlicePlane.AXIAL, (16, 16, 16), (0.5, 0.5, 0.5), (60.0, -20.0, 0.0))
    dot = np.zeros(fine.shape, bool)
    dot[8, 8, 8] = True
    said = refusal(segmentation([Painted(fine.image(dot), "Tumour")], axial.source.early.headers[:1]), axial, tmp_path)
    assert said.startswith(
        "outline-empty: SEG series 300 (drawn by hand) holds no lesion that can be measured: 'Tumour'"
    )


def test_a_file_that_breaks_off_is_bad_input(axial: Case, tmp_path: Path) -> None:
    obj = segmentation([Painted(axial.truth)], axial.source.early.headers)
    obj.PixelData = obj.PixelData[: len(obj.PixelData) // 4 * 2]
    with pytest.raises(BadInput, match="SEG series 300"):
        read([obj], axial, tmp_path)
