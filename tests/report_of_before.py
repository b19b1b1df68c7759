"""A report in the shape that reports had before there was a summary: archives hold those for ever.

A signature's features stood in its one group, after the scores; what a reader must know stood loose before the library.
"""

from __future__ import annotations

from copy import deepcopy

from pydicom import Dataset
from pydicom.sr.codedict import codes

from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.codes.private_codes import private
from tilscope.dicom_io.objects.sr.report_reading import has_name


def of_before(report: Dataset) -> Dataset:
    """The same report, said as it used to be."""
    old = deepcopy(report)
    kept_of_summary = (concepts.QUALITY_FINDING, private("TIME_ZERO"))
    root: list[Dataset] = []
    for item in old.ContentSequence:
        if has_name(item, concepts.SUMMARY):
            root += [line for line in item.ContentSequence if any(has_name(line, name) for name in kept_of_summary)]
        else:
            root.append(item)
    old.ContentSequence = root
    measurements = next(item for item in root if has_name(item, codes.DCM.ImagingMeasurements))
    groups: dict[str, Dataset] = {}
    for group in measurements.ContentSequence:
        name = str(group.ContentSequence[0].TextValue).replace(" features of ", " of ")
        if name in groups:
            groups[name].ContentSequence = [*groups[name].ContentSequence, *group.ContentSequence[2:]]
        else:
            groups[name] = group
    measurements.ContentSequence = list(groups.values())
    return old
