"""The report for viewers that draw: one contour on one image, with the lesion's name in every other object."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import dicom_readers
import highdicom as hd
import numpy as np
import pytest
from PIL import Image, ImageDraw
from pydicom import Dataset
from scored_study import GRIDS, SPACING, ScoredStudy, scored_study

from tilscope.dicom_io.identity import Author, Kind
from tilscope.dicom_io.objects.sr.contour_report import area_of, build_contour_report
from tilscope.dicom_io.objects.sr.report_reading import is_report, is_report_or_note
from tilscope.models.imaging.voxels import image_of, mask_of


def contour_report(study: ScoredStudy) -> Dataset:
    author = Author.of(study.result)
    return build_contour_report(study.result, study.regions, study.source, author, datetime.now())


def items_of(tree: Dataset, value_type: str) -> list[Dataset]:
    found = []
    for item in tree.get("ContentSequence", ()):
        found += [item] if item.ValueType == value_type else []
        found += items_of(item, value_type)
    return found


@pytest.mark.parametrize("grid", GRIDS)
def test_the_contour_filled_in_is_the_lesion_on_that_image(grid: str) -> None:
    study = scored_study(grid)
    obj = contour_report(study)
    (drawn,), (image,) = items_of(obj, "SCOORD"), items_of(obj, "IMAGE")
    uid = image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    index = study.source.early.instance_uids.index(uid)
    lesion = mask_of(study.regions.index_lesion.mask)
    assert lesion[index].sum() == lesion.sum(axis=(1, 2)).max()
    points = np.array(drawn.GraphicData).reshape(-1, 2)
    assert (points[0] == points[-1]).all(), "a closed polyline"
    # DICOM counts from the corner of the first pixel, Pillow from its middle.
    canvas = Image.new("1", lesion.shape[:0:-1])
    ImageDraw.Draw(canvas).polygon([(float(x) - 0.5, float(y) - 0.5) for x, y in points], fill=1)
    filled = np.asarray(canvas)
    both, either = (filled & lesion[index]).sum(), (filled | lesion[index]).sum()
    assert lesion[index].sum() == both
    assert either - both <= len(points), "but for the pixels that the line itself touches"


def test_holes_and_islands_are_left_out() -> None:
    study = scored_study()
    first, *others = study.regions.lesions
    voxels = mask_of(first.mask)
    whole = contour_report(study)
    voxels[4, 14, 12] = False
    voxels[4, 2, 2] = True
    odd = replace(first, mask=image_of(voxels, first.mask))
    pierced = contour_report(replace(study, regions=replace(study.regions, lesions=(odd, *others))))
    (a,), (b,) = items_of(whole, "SCOORD"), items_of(pierced, "SCOORD")
    assert list(a.GraphicData) == list(b.GraphicData)


def test_its_numbers_are_the_diameter_of_the_report_and_the_area_that_is_drawn(tmp_path: Path) -> None:
    study = scored_study()
    read = dicom_readers.read_report(dicom_readers.saved(contour_report(study), tmp_path), tmp_path / "read")
    ((name, (diameter, area)),) = dicom_readers.numbers_of_report(read).items()
    assert name == "Lesion 1"
    assert diameter == next(m.value for m in study.result.lesions[0].measurements if m.id == "longest_diameter")
    lesion = mask_of(study.regions.index_lesion.mask)
    pixels = lesion.sum(axis=(1, 2)).max() * SPACING[0] * SPACING[1]
    assert area == pytest.approx(pixels, rel=0.03), "the contour cuts corners"


def test_the_area_is_in_square_millimetres_whatever_the_pixels() -> None:
    square = [(0.0, 0.0), (10.0, 0.0), (10.0, 4.0), (0.0, 4.0), (0.0, 0.0)]
    area = area_of(square, row_mm=2.0, column_mm=0.5)
    assert (area.value, area.unit) == (40.0, "mm2")


def test_it_has_what_viewers_that_draw_ask_for(tmp_path: Path) -> None:
    study = scored_study()
    obj = contour_report(study)
    path = dicom_readers.saved(obj, tmp_path)
    assert obj.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.33"
    assert obj.ConceptNameCodeSequence[0].CodeValue == "126000"
    (image,) = items_of(obj, "IMAGE")
    assert image.ConceptNameCodeSequence[0].CodeValue == "111040"
    (group,) = (i for i in items_of(obj, "CONTAINER") if i.ConceptNameCodeSequence[0].CodeValue == "125007")
    assert group.ContentTemplateSequence[0].TemplateIdentifier == "1410"
    uids = [item.UID for item in group.ContentSequence if item.ValueType == "UIDREF"]
    assert uids == [Author.of(study.result).tracking_uid("Lesion 1")], "OHIF puts groups of one lesion together by it"
    assert any("RESEARCH USE ONLY" in line for line in dicom_readers.report_lines(path))
    (read,) = hd.sr.srread(path).content.get_planar_roi_measurement_groups()
    assert read.tracking_identifier == "Lesion 1"


def test_nobody_takes_it_for_the_report() -> None:
    obj = contour_report(scored_study())
    assert not is_report(obj)
    assert not is_report_or_note(obj)


def test_it_names_nothing_that_is_only_concluded() -> None:
    """Its UIDs stay when a reference is installed, so its words must not change either."""
    study, other = scored_study(), scored_study(input_hash="0" * 16, signatures=())
    assert contour_report(study).SOPInstanceUID == contour_report(other).SOPInstanceUID
    texts = [[item.TextValue for item in items_of(contour_report(one), "TEXT")] for one in (study, other)]
    assert texts[0] == texts[1]
    assert Kind.CONTOUR_REPORT.is_of_measurement
