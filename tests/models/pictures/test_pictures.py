"""The pictures, told by facts: which side is where, what the contours run along, what the boxes hold, what the axes say.

No stored image is compared: another machine's letters may be a pixel wider.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from phantom_series import PhantomCase, phantom_case
from PIL import Image
from scored_study import GRIDS, ScoredStudy, scored_study

from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import DceSeries, Laterality, Phase, PhaseRoles
from tilscope.models.imaging.voxels import image_of, mask_of, values_of
from tilscope.models.kinetics.maps import percent_enhancement
from tilscope.models.pictures import panels
from tilscope.models.pictures.colours import DARK, LESION_COLOURS, LIGHT, SER_BINS, SER_COLOURS
from tilscope.models.pictures.curve import curves, enhancement, kinetic_curves, ticks
from tilscope.models.pictures.drawing import Drawing, Line, Picture, Text, overlap
from tilscope.models.pictures.exhibit import Exhibit
from tilscope.models.pictures.montage import PagePictures, montage
from tilscope.models.pictures.outline import outlines, within
from tilscope.models.pictures.raster import pixels_of, png_of
from tilscope.models.pictures.ser_map import ser_classes, ser_map
from tilscope.models.pictures.upright import AsAcquired, Upright
from tilscope.phantom.grid import SlicePlane
from tilscope.phantom.spec import LesionSpec, PhantomSpec

TWO_LESIONS = replace(
    PhantomSpec.small(), lesion=LesionSpec(side=Laterality.LEFT), more_lesions=(LesionSpec(side=Laterality.RIGHT),)
)
HEIGHT = 200.0


def true_regions(case: PhantomCase) -> Regions:
    """The truth in place of a segmentation: what is looked at here is the drawing."""
    truth = case.study.truth
    lesions = tuple(Lesion(n, one.mask, one.spec.side, 1.0) for n, one in enumerate(truth.lesions, start=1))
    return Regions(truth.breast, truth.fgt, lesions, "truth", "1")


def lesion_in(rows: slice, columns: slice) -> Exhibit:
    """A lesion in these pixels of axial slices of 160 by 200 pixels of 1 by 0.5 mm; the breast is a little larger."""
    lesion = np.zeros((12, 160, 200), bool)
    lesion[4:8, rows, columns] = True
    breast = np.zeros_like(lesion)
    breast[2:10, max(0, rows.start - 10) : rows.stop + 10, max(0, columns.start - 20) : columns.stop + 20] = True
    grid = image_of(np.full(lesion.shape, 100.0, np.float32), sitk.Image([200, 160, 12], sitk.sitkFloat32))
    grid.SetSpacing((0.5, 1.0, 2.0))
    series = DceSeries(
        tuple(Phase(grid * k, t) for k, t in ((1, -60), (2, 150), (2, 450))), PhaseRoles(0, 1, 2), Laterality.LEFT, ""
    )
    one = Lesion(1, image_of(lesion, grid), Laterality.LEFT, 1.0)
    return Exhibit.of(series, Regions(image_of(breast, grid), image_of(~lesion, grid), (one,), "by construction", "1"))


@pytest.mark.parametrize(
    ("rows", "columns", "shown"),
    [
        # 20 by 15 mm: 14 mm on either side of the longer one would be 48, and 50 mm are shown at least.
        ((70, 90), (85, 115), ((55, 105), (50, 150))),
        # 30 by 15 mm: 58 mm.
        ((70, 100), (85, 115), ((56, 114), (42, 158))),
        ((0, 10), (190, 200), ((0, 50), (100, 200))),
    ],
)
def test_a_close_up_is_a_square_around_the_lesion_and_moves_inside_at_an_edge(
    rows: tuple[int, int], columns: tuple[int, int], shown: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    near = lesion_in(slice(*rows), slice(*columns)).near
    assert (near.rows, near.columns) == (slice(*shown[0]), slice(*shown[1]))


def test_a_whole_slice_shows_25_mm_around_the_breast_within_the_image() -> None:
    whole = lesion_in(slice(70, 90), slice(85, 115)).whole
    assert (whole.rows, whole.columns) == (slice(60 - 25, 100 + 25), slice(65 - 50, 135 + 50))
    edge = lesion_in(slice(0, 10), slice(190, 200)).whole
    assert (edge.rows, edge.columns) == (slice(0, 20 + 25), slice(170 - 50, 200))


def test_a_picture_file_has_two_pixels_for_each_unit() -> None:
    drawn = Image.open(io.BytesIO(png_of(Drawing(30, 20), (0, 0, 0))))
    assert (drawn.size, drawn.mode) == ((60, 40), "RGB")


@pytest.mark.parametrize(
    ("high", "most", "expected"),
    [
        (9, 9, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), (9, 5, [0, 2, 4, 6, 8, 10]), (9, 4, [0, 2.5, 5, 7.5, 10]),
        (90, 2, [0, 50, 100]), (900, 1, [0, 1000]),
    ],
)  # fmt: skip
def test_axes_are_marked_in_round_steps(high: float, most: float, expected: list[float]) -> None:
    assert ticks(0, high, most) == pytest.approx(expected)


def test_boxes_overlap_where_they_share_area_and_not_where_they_touch() -> None:
    box = (10.0, 20.0, 14.0, 26.0)
    inside, left, above = (11.0, 21.0, 12.0, 22.0), (4.0, 20.0, 10.0, 26.0), (10.0, 12.0, 14.0, 20.0)
    assert overlap(box, box)
    assert overlap(box, inside)
    assert overlap(inside, box)
    for beside in (left, above):
        assert not overlap(box, beside)
        assert not overlap(beside, box)
    # As wide as they are apart the one way, and nothing the other.
    assert not overlap(box, (11.0, 30.0, 13.0, 31.0))
    assert not overlap(box, (30.0, 21.0, 31.0, 25.0))
    assert overlap(box, (9.0, 19.0, 10.5, 20.5))


def exhibit_of(spec: PhantomSpec) -> Exhibit:
    case = phantom_case(spec)
    return Exhibit.of(case.series, true_regions(case))


def texts(drawing: Drawing) -> dict[str, Text]:
    return {mark.words: mark for mark in drawing.marks if isinstance(mark, Text)}


def lines_of(drawing: Drawing, colour: tuple[int, int, int]) -> list[Line]:
    return [mark for mark in drawing.marks if isinstance(mark, Line) and mark.colour == colour]


def boxes(drawing: Drawing, colour: tuple[int, int, int]) -> tuple[float, float, float, float]:
    """Left, upper, right, lower of all lines of a colour."""
    points = np.array([point for line in lines_of(drawing, colour) for point in line.points])
    return (*points.min(axis=0), *points.max(axis=0))


# --------------------------------------------------------------------------------------------------- which way is up


@pytest.mark.parametrize(
    ("grid", "letters"),
    [
        ("axial", ("R", "L", "A", "P")),
        ("axial prone", ("R", "L", "A", "P")),
        ("axial from head to foot", ("R", "L", "A", "P")),
        ("sagittal", ("A", "P", "H", "F")),
        ("sagittal from left to right", ("A", "P", "H", "F")),
        ("coronal", ("R", "L", "H", "F")),
        ("oblique", ("R", "L", "AH", "PF")),
    ],
)
def test_every_grid_is_shown_as_a_reading_room_shows_it(grid: str, letters: tuple[str, ...]) -> None:
    """One letter where the edge looks straight at a side of the patient, two where it is oblique."""
    shown = Upright(scored_study(grid).series.grid).letters
    assert tuple(s[: len(x)] for s, x in zip(shown, letters, strict=True)) == letters
    assert all(len(s) == 1 for s in shown) or grid == "oblique"


@pytest.mark.parametrize("grid", GRIDS)
def test_the_turned_voxels_lie_where_the_letters_say(grid: str) -> None:
    """Checked by the patient's coordinates of the corner voxels, not by the turning's own arithmetic."""
    image = scored_study(grid).series.grid
    upright = Upright(image)
    size = image.GetSize()
    numbers = np.arange(np.prod(size), dtype=np.float32).reshape(size[::-1])
    turned = upright.turned(numbers)

    def place(voxel: float) -> np.ndarray:
        z, y, x = np.unravel_index(int(voxel), size[::-1])
        return np.array(image.TransformIndexToPhysicalPoint((int(x), int(y), int(z))))

    way = {"R": (0, -1), "L": (0, 1), "A": (1, -1), "P": (1, 1), "F": (2, -1), "H": (2, 1)}
    left, right, upper, lower = upright.letters
    corner = place(turned[0, 0, 0])
    for letter, other in ((right, place(turned[0, 0, -1])), (lower, place(turned[0, -1, 0]))):
        axis, sign = way[letter[0]]
        assert sign * (other - corner)[axis] > 0
    assert np.linalg.norm(place(turned[0, 0, 1]) - corner) == pytest.approx(upright.spacing[2])
    assert np.linalg.norm(place(turned[0, 1, 0]) - corner) == pytest.approx(upright.spacing[1])
    assert {left, right} & {upper, lower} == set()


@pytest.mark.parametrize("grid", GRIDS)
def test_images_that_are_not_turned_are_told_by_the_same_places(grid: str) -> None:
    image = scored_study(grid).series.grid
    turned, stored = Upright(image), AsAcquired(image)
    numbers = np.arange(np.prod(image.GetSize()), dtype=np.float32).reshape(image.GetSize()[::-1])
    np.testing.assert_array_equal(stored.turned(numbers), numbers)
    of_turned = {turned.number(index): turned.position(index) for index in range(len(numbers))}
    assert of_turned == {stored.number(index): stored.position(index) for index in range(len(numbers))}
    assert stored.plane == turned.plane


def test_the_left_lesion_stands_on_the_viewers_right_and_the_right_one_on_the_left() -> None:
    drawing = panels.projection(exhibit_of(TWO_LESIONS), HEIGHT, DARK)
    index, second = boxes(drawing, LESION_COLOURS[0]), boxes(drawing, LESION_COLOURS[1])
    assert second[2] < drawing.width / 2 < index[0]
    assert texts(drawing)["R"].x < drawing.width / 2 < texts(drawing)["L"].x


def test_the_front_of_the_breast_is_up_in_axial_and_left_in_sagittal_pictures() -> None:
    """A breast is narrow at its tip."""
    for spec, across in ((PhantomSpec.small(), (0, 2)), (PhantomSpec.small().sagittal(), (0, 1))):
        exhibit = exhibit_of(spec)
        profile = exhibit.upright.turned(mask_of(exhibit.regions.breast)).sum(axis=across)
        profile = profile[np.flatnonzero(profile)]
        assert profile.argmax() > 0.6 * len(profile)


def test_a_slice_is_named_by_number_and_place() -> None:
    study = scored_study("axial from head to foot")
    upright = Upright(study.series.grid)
    exhibit = Exhibit.of(study.series, study.regions)
    number = upright.number(exhibit.key)
    mask = mask_of(study.regions.index_lesion.mask)
    areas = mask.sum(axis=(1, 2))
    assert areas[number - 1] == areas.max()
    z = study.series.grid.TransformIndexToPhysicalPoint((0, 0, number - 1))[2]
    assert upright.position(exhibit.key) == f"{'H' if z >= 0 else 'F'} {abs(z):.1f} mm"
    caption = f"axial, slice {number} of 11, {upright.position(exhibit.key)}"
    assert caption in texts(panels.key_slice(exhibit, HEIGHT, DARK))


# ------------------------------------------------------------------------------------------------------------ contours


@given(st.integers(0, 10_000), st.floats(0.1, 0.9))
def test_a_contour_runs_through_the_middle_of_every_pixel_border_once(seed: int, share: float) -> None:
    mask = np.random.default_rng(seed).random((7, 9)) < share
    padded = np.pad(mask, 1)
    lying = np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1])
    standing = np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1])
    expected = {(x + 0.5, float(y)) for y, x in lying.tolist()} | {(float(x), y + 0.5) for y, x in standing.tolist()}
    found = [point for loop in outlines(mask) for point in loop[1:]]
    assert sorted(found) == sorted(expected)
    assert all(loop[0] == loop[-1] for loop in outlines(mask))
    for loop in outlines(mask):
        steps = np.diff(np.array(loop), axis=0)
        assert np.abs(steps).max() <= 1  # from one border to a neighbouring one: no jump across the picture


def test_a_contour_that_the_window_cuts_is_left_open_there() -> None:
    mask = np.zeros((6, 6), bool)
    mask[2:4, 1:5] = True
    (loop,) = outlines(mask)
    pieces = within(loop, 0, 0, 3, 6)
    assert pieces
    assert all(x <= 3 for piece in pieces for x, _ in piece)
    assert not any(x == 3 and 2 < y < 4 for piece in pieces for x, y in piece)


def test_the_key_slices_contour_lies_on_the_true_border_in_millimetres() -> None:
    case = phantom_case(PhantomSpec.small())
    exhibit = Exhibit.of(case.series, true_regions(case))
    drawing = panels.key_slice(exhibit, HEIGHT, DARK)
    picture = next(mark for mark in drawing.marks if isinstance(mark, Picture))
    row_mm = exhibit.upright.spacing[1]
    per_mm = HEIGHT / ((exhibit.whole.rows.stop - exhibit.whole.rows.start) * row_mm)
    # Axial on this grid: the screen's right is the patient's left (+x), its bottom her back (+y).
    origin = case.series.grid.GetOrigin()
    left_mm = origin[0] + (exhibit.whole.columns.start - 0.5) * exhibit.upright.spacing[2]
    upper_mm = origin[1] + (exhibit.whole.rows.start - 0.5) * row_mm
    contour = np.array([p for line in lines_of(drawing, LESION_COLOURS[0]) for p in line.points])
    x = left_mm + (contour[:, 0] - picture.x) / per_mm
    y = upper_mm + (contour[:, 1] - picture.y) / per_mm
    distance = sitk.SignedMaurerDistanceMap(
        case.study.truth.lesion, insideIsPositive=False, squaredDistance=False, useImageSpacing=True
    )
    z = case.series.grid.TransformIndexToPhysicalPoint((0, 0, exhibit.key))[2]
    found = [
        distance[case.series.grid.TransformPhysicalPointToIndex((float(a), float(b), z))]
        for a, b in zip(x, y, strict=True)
    ]
    # Beside the border on either side: within one voxel of it, of 2.8 mm.
    assert np.abs(found).max() <= 2.8 * np.sqrt(2)


def test_a_pixel_of_the_rendered_contour_has_the_lesions_colour() -> None:
    exhibit = exhibit_of(PhantomSpec.small())
    drawing = panels.key_slice(exhibit, HEIGHT, DARK)
    rendered = pixels_of(drawing, DARK.paper, per_unit=4).astype(int)
    reddest = np.argwhere((rendered[..., 0] - rendered[..., 2]) > 120)
    left, upper, right, lower = (4 * edge for edge in boxes(drawing, LESION_COLOURS[0]))
    on_the_contour = [(y, x) for y, x in reddest if left - 4 <= x <= right + 4 and upper - 4 <= y <= lower + 4]
    assert len(on_the_contour) > 100
    # Drawn as an outline: the middle of the lesion keeps its grey.
    middle = rendered[int((upper + lower) / 2), int((left + right) / 2)]
    assert middle.max() - middle.min() < 10


# ------------------------------------------------------------------------------------------------------- proportions


@pytest.mark.parametrize("grid", GRIDS)
def test_a_picture_has_the_proportions_of_the_patient(grid: str) -> None:
    study = scored_study(grid)
    exhibit = Exhibit.of(study.series, study.regions)
    drawing = panels.key_slice(exhibit, HEIGHT, DARK)
    picture = next(mark for mark in drawing.marks if isinstance(mark, Picture))
    _, row_mm, column_mm = exhibit.upright.spacing
    rows, columns = picture.pixels.shape
    assert picture.width / picture.height == pytest.approx(columns * column_mm / (rows * row_mm))


def test_the_scale_bar_is_as_long_as_it_says() -> None:
    exhibit = exhibit_of(PhantomSpec.small())
    drawing = panels.key_slice(exhibit, HEIGHT, DARK)
    bar = next(mark for mark in lines_of(drawing, panels.WHITE) if len(mark.points) == 2)
    words = next(word for word in texts(drawing) if word.endswith(" mm") and word[0].isdigit())
    width_mm = exhibit.early[0][exhibit.whole.rows, exhibit.whole.columns].shape[1] * exhibit.upright.spacing[2]
    assert (bar.points[1][0] - bar.points[0][0]) / drawing.width * width_mm == pytest.approx(float(words[:-3]))


# ---------------------------------------------------------------------------------------------------------- projection


def test_the_projections_boxes_hold_the_bright_lesions() -> None:
    exhibit = exhibit_of(TWO_LESIONS)
    drawing = panels.projection(exhibit, HEIGHT, DARK)
    picture = next(mark for mark in drawing.marks if isinstance(mark, Picture))
    scale = picture.pixels.shape[0] / picture.height
    for colour in LESION_COLOURS[:2]:
        left, upper, right, lower = boxes(drawing, colour)
        upper, lower = upper - picture.y, lower - picture.y
        inside = picture.pixels[round(upper * scale) : round(lower * scale), round(left * scale) : round(right * scale)]
        assert np.percentile(inside, 60) > 2 * picture.pixels.mean()


def test_the_heart_does_not_rule_the_window() -> None:
    """The lesion uses the upper half of the greys though the heart is brighter in places."""
    exhibit = exhibit_of(PhantomSpec.small())
    low, high = exhibit.subtraction_window
    lesion = exhibit.subtraction[exhibit.index.mask]
    assert low < high
    assert (np.median(lesion) - low) / (high - low) > 0.5
    assert (lesion > high).mean() < 0.05


# ----------------------------------------------------------------------------------------------------------------- SER


def test_every_voxel_of_the_lesion_gets_the_colour_of_its_ser() -> None:
    study = scored_study()
    exhibit = Exhibit.of(study.series, study.regions)
    classes = ser_classes(exhibit)
    pre, early, late = (values_of(image) for image in (study.series.pre, study.series.early, study.series.late))
    inside = mask_of(study.regions.index_lesion.mask)
    ser = ((early - pre)[inside] / (late - pre)[inside]).astype(float)
    enhancing = percent_enhancement(pre, early)[inside] >= 10
    for number, (low, high) in enumerate(SER_BINS):
        expected = np.count_nonzero(enhancing & (ser > low) & (ser <= high))
        assert np.count_nonzero(classes == number) == expected
    assert np.count_nonzero(classes > -2) == inside.sum()


def test_a_voxel_whose_signal_falls_below_its_first_value_has_no_colour() -> None:
    """Its SER is negative; as the smallest bin it would pass for persistent."""
    study = scored_study()
    pre, early, _ = study.series.phases
    late = image_of(values_of(pre.image) * np.float32(0.5), pre.stored)
    series = replace(study.series, phases=(pre, early, replace(study.series.phases[2], stored=late)))
    assert set(np.unique(ser_classes(Exhibit.of(series, study.regions)))) == {-2, -1}


def test_the_colours_of_ser_stay_apart_in_grey_print() -> None:
    greys = sorted(0.299 * r + 0.587 * g + 0.114 * b for r, g, b in SER_COLOURS)
    assert np.diff(greys).min() >= 30


def test_the_legend_names_every_bin_and_its_share() -> None:
    study = scored_study()
    drawing = ser_map(Exhibit.of(study.series, study.regions), HEIGHT, DARK)
    words = [mark.words for mark in drawing.marks if isinstance(mark, Text)]
    for said in ("washout", "> 1.75", "1.3 – 1.75", "1 – 1.3", "0.9 – 1", "≤ 0.9", "persistent"):
        assert said in words
    assert len([word for word in words if word.endswith(" %")]) == 5


# -------------------------------------------------------------------------------------------------------------- curves


def test_the_legend_ends_with_the_picture_however_low_it_is() -> None:
    study = scored_study()
    drawing = ser_map(Exhibit.of(study.series, study.regions), 60.0, LIGHT)
    assert max(text.y for text in texts(drawing).values()) <= drawing.height


def test_the_curves_are_the_phantoms_own() -> None:
    case = phantom_case(PhantomSpec.small())
    truth = case.study.truth
    lesion, parenchyma = curves(case.series, true_regions(case))
    for curve, signal in ((lesion, truth.lesion_signal), (parenchyma, truth.fgt_signal)):
        expected = [100 * (s / signal[case.series.roles.pre] - 1) for s in signal]
        assert curve.percent == pytest.approx(expected, abs=2.0)


def test_a_region_without_signal_before_contrast_has_no_curve() -> None:
    study = scored_study()
    phases = tuple(replace(p, stored=image_of(values_of(p.image) * 0, p.stored)) for p in study.series.phases)
    series = replace(study.series, phases=phases)
    assert np.isnan(enhancement(series, study.regions.index_lesion.mask)).all()
    montage(series, study.regions).png()


@pytest.mark.parametrize("width", [190.0, 240.0, 600.0])
@pytest.mark.parametrize("phases", range(3, 10))
def test_no_two_words_of_the_curves_touch(phases: int, width: float) -> None:
    study = scored_study()
    first, second, _ = study.series.phases
    times = [-90.0, *(60.0 * n + 30 for n in range(phases - 1))]
    made = tuple(Phase((second if n else first).stored, time) for n, time in enumerate(times))
    roles = PhaseRoles(pre=0, early=min(2, phases - 2), late=phases - 1)
    drawing = kinetic_curves(replace(study.series, phases=made, roles=roles), study.regions, width, 150, DARK)
    marks = [mark for mark in drawing.marks if isinstance(mark, Text)]
    for number, one in enumerate(marks):
        assert one.box[0] >= 0
        assert one.box[2] <= width
        for other in marks[:number]:
            assert not overlap(one.box, other.box), (one.words, other.words)
    assert {"pre", "early", "late", "s after injection"} <= {mark.words for mark in marks}


# ------------------------------------------------------------------------------------------------------- whole sheets


def edge_lesion(study: ScoredStudy) -> Regions:
    mask = values_of(study.regions.index_lesion.mask) * 0
    mask[0, 0:3, 0:4] = 1
    return with_mask(study, mask)


def one_voxel(study: ScoredStudy) -> Regions:
    mask = values_of(study.regions.index_lesion.mask) * 0
    mask[5, 20, 20] = 1
    return with_mask(study, mask)


def with_mask(study: ScoredStudy, mask: np.ndarray) -> Regions:
    lesion = replace(study.regions.index_lesion, mask=image_of(mask, study.series.grid))
    return replace(study.regions, lesions=(lesion,))


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("regions_of", [lambda study: study.regions, edge_lesion, one_voxel])
def test_any_study_has_a_montage_within_its_sheet(grid: str, regions_of: Callable[[ScoredStudy], Regions]) -> None:
    study = scored_study(grid)
    regions = regions_of(study)
    for drawing in (montage(study.series, regions).drawing, PagePictures.of(study.series, regions).drawn(516, 300)):
        for mark in drawing.marks:
            if isinstance(mark, Picture):
                assert mark.x >= 0
                assert mark.x + mark.width <= drawing.width + 0.01
                assert mark.y + mark.height <= drawing.height + 0.01
            elif isinstance(mark, Text):
                assert mark.box[0] >= -0.01, mark.words
                assert mark.box[2] <= drawing.width + 0.01, mark.words
            elif isinstance(mark, Line):
                points = np.array(mark.points)
                assert points.min() >= 0
                assert (points.max(axis=0) <= (drawing.width + 0.01, drawing.height + 0.01)).all()


@pytest.mark.parametrize("grid", GRIDS)
def test_the_pictures_of_a_page_take_the_room_that_they_get(grid: str) -> None:
    """And no more, down to what can still be looked at."""
    study = scored_study(grid)
    pictures = PagePictures.of(study.series, study.regions)
    heights = {most: pictures.drawn(516, most).height for most in (1, 200, 280, 340)}
    assert all(height <= most for most, height in heights.items() if most > 1)
    assert heights[200] < heights[280] < heights[340]
    assert heights[280] > 250
    assert 150 < heights[1] < 200


def test_at_most_six_slices_from_the_lesions_first_to_its_last() -> None:
    exhibit = exhibit_of(replace(PhantomSpec.small(), spacing_mm=(2.8, 2.8, 2.0), matrix=(128, 128, 60)))
    cut = np.flatnonzero(exhibit.index.mask.any(axis=(1, 2)))
    assert len(cut) > 6
    assert len(exhibit.slices) == 6
    assert (exhibit.slices[0], exhibit.slices[-1]) == (cut[0], cut[-1])
    assert np.ptp(np.diff(exhibit.slices)) <= 1


@pytest.mark.parametrize("plane", [SlicePlane.AXIAL, SlicePlane.SAGITTAL])
def test_equal_studies_give_equal_bytes(plane: SlicePlane) -> None:
    spec = PhantomSpec.small() if plane is SlicePlane.AXIAL else PhantomSpec.small().sagittal()
    case = phantom_case(spec)
    one, two = (montage(case.series, true_regions(case)).png() for _ in range(2))
    assert one == two
    assert Image.open(io.BytesIO(one)).size[0] == 1600


def test_stored_integers_and_floats_look_the_same() -> None:
    """Phases are kept in the scanner's own type: differences of unsigned integers must not wrap."""
    case = phantom_case(PhantomSpec.small())
    whole = [np.round(np.clip(values_of(p.image), 0, 65535)) for p in case.series.phases]

    def series_of(kind: type) -> DceSeries:
        made = tuple(
            replace(p, stored=image_of(values.astype(kind), p.stored))
            for p, values in zip(case.series.phases, whole, strict=True)
        )
        return replace(case.series, phases=made)

    one, two = (montage(series_of(kind), true_regions(case)).png() for kind in (np.uint16, np.float32))
    assert one == two
