"""The pictures, told by facts: which side is where, what the contours run along, what the boxes hold.

No stored image is compared: another machine's letters may be a pixel wider.
"""

from __future__ import annotations

import io

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from phantom_series import phantom_case
from PIL import Image
from scored_study import GRIDS, scored_study
from seen_pictures import HEIGHT, TWO_LESIONS, boxes, exhibit_of, lines_of, texts, true_regions

from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import DceSeries, Laterality, Phase, PhaseRoles
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.models.pictures import panels
from tilscope.models.pictures.colours import DARK, LESION_COLOURS
from tilscope.models.pictures.curve import ticks
from tilscope.models.pictures.drawing import Drawing, Picture, overlap
from tilscope.models.pictures.exhibit import Exhibit
from tilscope.models.pictures.outline import outlines, within
from tilscope.models.pictures.raster import pixels_of, png_of
from tilscope.models.pictures.upright import AsAcquired, Upright
from tilscope.phantom.spec import PhantomSpec


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
