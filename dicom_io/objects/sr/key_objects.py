"""Key Object Selection (PS3.3 A.35.4, TID 2010): the slices of the early phase where the lesions are largest.

Images only: viewers that know key images filter or jump to what is named, and know nothing to do with a Segmentation there.
The title is the general one. "For Research" would be nearer, but archives take such titles as an order to send images away.
"""

from __future__ import annotations

from datetime import datetime

import highdicom as hd
import numpy as np
from pydicom import Dataset
from pydicom.sr.codedict import codes

from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.identity import (
    MANUFACTURER,
    Author,
    Kind,
    inherited,
    notice,
    put_patient_and_study,
    sign,
)
from tilscope.dicom_io.objects.sr.report_form import observer
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.voxels import mask_of

_KIND = Kind.KEY_IMAGES


def key_slice(lesion: Lesion) -> int:
    """The slice on which most of a lesion's voxels lie; the first of equals.

    Parameters
    ----------
    lesion : Lesion
        On the grid of the series; not empty.

    Returns
    -------
    int
        From 0, along the slices.
    """
    return int(np.count_nonzero(mask_of(lesion.mask), axis=(1, 2)).argmax())


def build_key_objects(regions: Regions, source: DceSource, author: Author, now: datetime) -> Dataset:
    """Each image once, in the order of the lesions.

    Parameters
    ----------
    regions : Regions
        On the grid of the series.
    source : DceSource
        Headers of the series; those of the early phase are the images.
    author : Author
        Gives UIDs and software version.
    now : datetime
        Content date and time.

    Returns
    -------
    Dataset
        A Key Object Selection.
    """
    lesions: dict[int, list[int]] = {}
    for lesion in regions.lesions:
        lesions.setdefault(key_slice(lesion), []).append(lesion.number)
    images = [inherited(source.early.headers[index]) for index in lesions]
    what = regions.finding.region.lower()
    numbers = ", ".join(" and ".join(map(str, here)) for here in lesions.values())
    content = hd.ko.KeyObjectSelection(
        document_title=codes.DCM.OfInterest,
        referenced_objects=images,
        description=f"{notice(author.demo)} Early phase where the {what}s are largest, by {what}: {numbers}.",
    )
    root = content[0]
    root.ContentSequence = hd.sr.ContentSequence([*observer(author), *root.ContentSequence])
    obj: Dataset = hd.ko.KeyObjectSelectionDocument(
        evidence=images,
        content=content,
        series_instance_uid=author.series_uid(_KIND),
        series_number=_KIND.series_number(author.side),
        sop_instance_uid=author.instance_uid(_KIND),
        instance_number=1,
        manufacturer=MANUFACTURER,
    )
    for item in obj.ContentSequence:
        # TID 2010 gives its images no name; highdicom calls each a source.
        if item.ValueType == "IMAGE":
            del item.ConceptNameCodeSequence
    put_patient_and_study(obj, images[0])  # highdicom takes over a few of them
    sign(obj, _KIND, author, images[0], now)
    return obj
