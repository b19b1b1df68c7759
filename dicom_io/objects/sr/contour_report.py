"""A second, small report: the index lesion's contour on its key slice, for viewers that draw what a report says.

OHIF draws reports titled Imaging Measurement Report and fails on those of their groups that have no coordinates; Stone draws
groups of TID 1410 in Comprehensive SR. The report of all numbers can therefore not be this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import highdicom as hd
import numpy as np
from pydicom import Dataset
from pydicom.sr.codedict import codes

from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.identity import MANUFACTURER, Author, Kind, code_item, inherited, notice, sign
from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.codes.private_codes import declare_scheme
from tilscope.dicom_io.objects.sr.key_objects import key_slice
from tilscope.dicom_io.objects.sr.measurement_items import (
    algorithm,
    comment,
    empty_missing_values,
    num_item,
    parameters_last,
)
from tilscope.dicom_io.objects.sr.report_form import an_item_a_line, observer
from tilscope.dicom_io.objects.sr.report_signatures import finding_site
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import mask_of
from tilscope.models.pictures.outline import Outline, outlines
from tilscope.models.result import Measurement, SeriesResult

_KIND = Kind.CONTOUR_REPORT


def build_contour_report(
    result: SeriesResult, regions: Regions, source: DceSource, author: Author, now: datetime
) -> Dataset:
    """The lesion has here the tracking identifier that it has in every other object.

    Parameters
    ----------
    result : SeriesResult
        What was measured.
    regions : Regions
        On the grid of the series.
    source : DceSource
        Headers of the series; one of the early phase's is the image.
    author : Author
        Gives UIDs and software version.
    now : datetime
        Content date and time.

    Returns
    -------
    Dataset
        A Comprehensive SR with the index lesion's contour on its key slice.
    """
    lesion = regions.index_lesion
    image = inherited(source.early.headers[key_slice(lesion)])
    content = hd.sr.MeasurementReport(
        title=codes.DCM.ImagingMeasurementReport,
        observation_context=observer(author),
        procedure_reported=concepts.PROCEDURE[Laterality(result.exam_laterality)],
        imaging_measurements=[_group(result, lesion, image, author)],
    )
    root = content[0]
    root.ContentSequence.insert(_after_procedure(root), comment(notice(author.demo)))
    obj: Dataset = hd.sr.ComprehensiveSR(
        evidence=[image],
        content=root,
        series_instance_uid=author.series_uid(_KIND),
        series_number=_KIND.series_number(author.side),
        sop_instance_uid=author.instance_uid(_KIND),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=False,
        is_verified=False,
    )
    empty_missing_values(obj)
    an_item_a_line(obj)
    _name_sources_as_stone_does(obj)
    declare_scheme(obj)
    sign(obj, _KIND, author, image, now)
    return obj


def contour_of(lesion: Lesion) -> Outline:
    """The longest contour on the key slice: with holes and islands left out it is what a person would draw.

    Parameters
    ----------
    lesion : Lesion
        On the grid of the series; not empty.

    Returns
    -------
    tuple of (float, float)
        Points x, y in pixels from the upper left corner of the first pixel.
    """
    return max(outlines(mask_of(lesion.mask)[key_slice(lesion)]), key=len)


def area_of(contour: Sequence[tuple[float, float]], row_mm: float, column_mm: float) -> Measurement:
    """Of what the contour encloses, by the shoelace formula."""
    x, y = np.array(contour).T * np.array([[column_mm], [row_mm]])
    enclosed = abs(float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))) / 2
    return Measurement.of("contour_area", "Area inside the contour", enclosed, "mm2")


def _group(
    result: SeriesResult, lesion: Lesion, image: Dataset, author: Author
) -> hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    """TID 1410, with the longest diameter of the other report and the area inside the contour."""
    contour = contour_of(lesion)
    row_mm, column_mm = (float(step) for step in image.PixelSpacing)
    measured = next(one for one in result.lesions if one.number == lesion.number)
    diameter = [m for m in measured.measurements if m.id == "longest_diameter"]
    tracking_id, what = result.finding.label(lesion.number), concepts.region_concept(result.finding)
    # As in the report, without the input: nothing here depends on what is installed at the site.
    computed = f"settings {result.settings_hash}; segmenter {result.segmenter}; measurement {result.measurement_hash}"
    group = hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(uid=author.tracking_uid(tracking_id), identifier=tracking_id),
        referenced_region=hd.sr.ImageRegion(
            graphic_type=hd.sr.GraphicTypeValues.POLYLINE,
            graphic_data=np.array(contour),
            source_image=hd.sr.SourceImageForRegion(image.SOPClassUID, image.SOPInstanceUID),
        ),
        finding_category=what.category,
        finding_type=what.type,
        finding_sites=[finding_site(lesion.laterality)],
        algorithm_id=algorithm(author, computed),
        measurements=[num_item(m, author) for m in (*diameter, area_of(contour, row_mm, column_mm))],
    )
    parameters_last(group)
    return group


def _after_procedure(root: Dataset) -> int:
    names = [item.name for item in root.ContentSequence]
    return names.index(codes.DCM.ProcedureReported) + 1


def _name_sources_as_stone_does(container: Dataset) -> None:
    """Stone draws a contour only where its image is called by the older of the two concepts that mean its source."""
    for item in container.get("ContentSequence", ()):
        if item.ValueType == "IMAGE":
            item.ConceptNameCodeSequence = [code_item(concepts.ORIGINAL_SOURCE)]
        _name_sources_as_stone_does(item)
