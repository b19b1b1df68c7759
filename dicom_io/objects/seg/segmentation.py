"""DICOM Segmentation (PS3.3 A.51): the masks, voxel for voxel on the grid of the early phase.

What goes into an object is a list of `Segment` rows; another structure is another row. The lesions have an object of their own,
which is the one that viewers open: at a lesion, with nothing painted but lesions. Tissue is in a second one, and the breast that
contains all of it, with the whole of its fibroglandular tissue, in a third: viewers split overlapping segments into several volumes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import highdicom as hd
import numpy as np
import SimpleITK as sitk
from pydicom import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.identity import (
    MANUFACTURER,
    MODEL_NAME,
    Author,
    Kind,
    code_item,
    inherited,
    notice,
    sign,
)
from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.codes.private_codes import declare_scheme, private
from tilscope.dicom_io.objects.seg.frame_groups import name_segment_in_every_frame
from tilscope.models.features.feature_regions import RING_MM
from tilscope.models.finding import Finding
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.models.pictures.colours import BREAST_COLOUR, FGT_COLOUR, RING_COLOUR, lesion_colour

#: What a viewer must not hide: these regions are no outlines of masses.
_REMARKS = {
    Finding.DIFFUSE: "The extent of what enhances, no outline of a mass.",
    Finding.CANDIDATES: "No lesion until a reader says so.",
}
#: Tracking identifiers of the tissue, by which the report finds its segments; and of the glands as they are shown beside a ring.
BREAST, FGT = "Breast", "FGT"
_FGT_APART = "FGT apart"
_TYPES = hd.seg.SegmentationTypeValues

#: Voxel centres may be this far (mm) from where the headers put them: DS text is rounded.
_POSITION_TOLERANCE_MM = 0.01


@dataclass(frozen=True, eq=False)
class Segment:
    """One structure to be written."""

    tracking_id: str
    label: str
    category: Code
    type: Code
    mask: sitk.Image
    laterality: Laterality
    colour: tuple[int, int, int]
    by_hand: bool = False
    """Drawn by a person, and only brought onto this grid by us."""
    remark: str = ""
    """What its numbers elsewhere count otherwise."""

    @property
    def is_empty(self) -> bool:
        return not sitk.GetArrayViewFromImage(self.mask).any()


def lesions(regions: Regions) -> list[Segment]:
    """Lesions, or what may be one: lesion n of a study is segment n.

    Parameters
    ----------
    regions : Regions
        On the grid of the series.

    Returns
    -------
    list of Segment
        On the same grid.
    """
    finding = regions.finding
    names = [finding.label(lesion.number) for lesion in regions.lesions]
    what = concepts.region_concept(finding)
    return [
        Segment(
            name, f"{name} ({lesion.laterality.word})", what.category, what.type, lesion.mask, lesion.laterality,
            lesion_colour(index), lesion.manual_roi is not None, _REMARKS.get(finding, ""),
        )
        for index, (name, lesion) in enumerate(zip(names, regions.lesions, strict=True))
    ]  # fmt: skip


def tissue(regions: Regions, ring: sitk.Image | None, laterality: Laterality) -> list[Segment]:
    """The tissue around the lesions in segments that do not overlap: the ring comes before fibroglandular tissue.

    Parameters
    ----------
    regions : Regions
        On the grid of the series.
    ring : SimpleITK.Image or None
        The peritumoral ring, 0 and 1, on the same grid; None where nothing is scored and none was measured.
    laterality : Laterality
        Which breasts the series shows.

    Returns
    -------
    list of Segment
        On the same grid; they may be empty.
    """
    fgt = Segment(
        _FGT_APART, "Fibroglandular tissue", concepts.TISSUE, concepts.TISSUE, regions.fgt, laterality, FGT_COLOUR
    )
    if ring is None:
        return [fgt]
    index = regions.index_lesion
    name = regions.finding.label(index.number)
    around = f"ring of {RING_MM:g} mm around {name.lower()}"
    outside = image_of(mask_of(regions.fgt) & ~mask_of(ring), ring)
    return [
        replace(
            fgt, mask=outside,
            remark=f"Without the part in the {around}; whole, as it is measured, in the segmentation of the breast.",
        ),
        Segment(
            f"Ring of {name}", f"Peritumoral {around} ({index.laterality.word})",
            concepts.SPATIAL_CONCEPT, private("PERITUMORAL_RING"), ring, index.laterality, RING_COLOUR,
            remark="Inside the breast, without lesions and vessels; signatures measure it on voxels of 1 mm.",
        ),
    ]  # fmt: skip


def breast(regions: Regions, laterality: Laterality) -> list[Segment]:
    """The segment that contains all the others, and fibroglandular tissue as it was measured, its part in the ring included.

    With the `lesions`, they are all that features of the parenchyma are made of.

    Parameters
    ----------
    regions : Regions
        On the grid of the series.
    laterality : Laterality
        Which breasts the series shows.

    Returns
    -------
    list of Segment
        Two that overlap, on the same grid.
    """
    return [
        Segment(
            BREAST, "Breast", concepts.ANATOMICAL_STRUCTURE, concepts.BREAST, regions.breast, laterality, BREAST_COLOUR
        ),
        Segment(
            FGT, "Fibroglandular tissue, whole", concepts.TISSUE, concepts.TISSUE, regions.fgt, laterality,
            FGT_COLOUR, remark="As it is measured: without lesions, with its part in any ring.",
        ),
    ]  # fmt: skip


def build_segmentation(
    kind: Kind,
    segments: Sequence[Segment],
    source: DceSource,
    regions: Regions,
    author: Author,
    now: datetime,
    labelmap: bool = False,
) -> Dataset:
    """A BINARY or LABELMAP segmentation of the early phase. An empty mask gets no segment.

    Parameters
    ----------
    kind : Kind
        Which of the objects.
    segments : sequence of Segment
        On the grid of the series.
    source : DceSource
        Headers of the series; those of the early phase place the frames.
    regions : Regions
        Name the segmenter.
    author : Author
        Gives UIDs and software version.
    now : datetime
        Content date and time.
    labelmap : bool
        Whether a LABELMAP is wanted.

    Returns
    -------
    Dataset
        A DICOM Segmentation.

    Raises
    ------
    ValueError
        Every mask is empty, or a slice does not lie where its header says.
    """
    segments = [segment for segment in segments if not segment.is_empty]
    if not segments:
        raise ValueError(f"{kind.name.lower()}: every mask is empty; an empty segmentation is never written")
    distance = round(segments[0].mask.GetSpacing()[2], 6)
    headers = [slice_header(header, distance) for header in source.early.headers]
    for segment in segments:
        check_grid(segment.label, segment.mask, headers)
    by_hand = any(segment.by_hand for segment in segments)
    undecided = "; candidates only" if not regions.finding.is_scored else ""
    masks = np.stack([sitk.GetArrayFromImage(segment.mask) != 0 for segment in segments], axis=-1)
    obj: Dataset = hd.seg.Segmentation(
        source_images=headers,
        pixel_array=masks.astype(np.uint8),
        segmentation_type=_TYPES.LABELMAP if labelmap else _TYPES.BINARY,
        # A label fills a whole byte where a mask fills a bit: run lengths bring it below the masks' size.
        transfer_syntax_uid=RLELossless if labelmap else ExplicitVRLittleEndian,
        segment_descriptions=[
            _describe(number, segment, regions, author) for number, segment in enumerate(segments, start=1)
        ],
        series_instance_uid=author.series_uid(kind),
        series_number=kind.series_number(author.side),
        sop_instance_uid=author.instance_uid(kind),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MODEL_NAME,
        software_versions=author.version,
        device_serial_number=author.serial_number,
        content_label="TILSCOPE",
        content_description=("DEMO. " if author.demo else "")
        + "Research use only; "
        + ("drawn by a person" if by_hand else f"automatic segmentation{undecided}"),
    )
    if not labelmap:
        name_segment_in_every_frame(obj)
    # A label map describes its background too, as segment 0.
    described = [item for item in obj.SegmentSequence if item.SegmentNumber > 0]
    for item, segment in zip(described, segments, strict=True):
        item.SegmentDescription = " ".join((notice(author.demo), segment.remark)).strip()
        # highdicom has no parameter for the side (PS3.3 10.5).
        item.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = [
            code_item(concepts.LATERALITY[segment.laterality])
        ]
    fix_dimension_uid(obj, author.uid(kind, "dimensions", kind.name))
    declare_scheme(obj)
    obj.BodyPartExamined = "BREAST"
    obj.ImageLaterality = source.laterality.value  # unlike the series' Laterality it can be "both"
    sign(obj, kind, author, headers[0], now)
    return obj


def _describe(number: int, segment: Segment, regions: Regions, author: Author) -> hd.seg.SegmentDescription:
    family = concepts.ARTIFICIAL_INTELLIGENCE if regions.learned else concepts.MORPHOLOGICAL
    how = hd.seg.SegmentAlgorithmTypeValues
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=segment.label,
        segmented_property_category=segment.category,
        segmented_property_type=segment.type,
        algorithm_type=how.SEMIAUTOMATIC if segment.by_hand else how.AUTOMATIC,
        algorithm_identification=hd.AlgorithmIdentificationSequence(
            name=MODEL_NAME,
            family=family,
            version=author.version,
            source=MANUFACTURER,
            parameters={
                "segmenter": f"{regions.algorithm} {regions.algorithm_version}",
                "settings": author.settings_hash,
            },
        ),
        tracking_id=segment.tracking_id,
        tracking_uid=author.tracking_uid(segment.tracking_id),
        anatomic_regions=[concepts.BREAST],
        display_color=hd.color.CIELabColor.from_rgb(*segment.colour),
    )


def slice_header(header: Dataset, distance: float) -> Dataset:
    """The `inherited` header as highdicom needs it, with the slice distance (mm) of the volume.

    The headers' own SliceThickness may be absent, their SpacingBetweenSlices the gap instead of the distance.
    """
    source = inherited(header)
    source.SpacingBetweenSlices = distance
    if not source.get("SliceThickness"):
        source.SliceThickness = distance
    return source


def check_grid(name: str, image: sitk.Image, headers: Sequence[Dataset]) -> None:
    """Every slice of a mask or map lies where its header says, or the object would be shown in the wrong place.

    Parameters
    ----------
    name : str
        The mask's or map's, for the sentence.
    image : SimpleITK.Image
        The mask or map, on a grid in patient LPS, mm.
    headers : sequence of Dataset
        Of the images, slice by slice.

    Raises
    ------
    ValueError
        Another matrix, or a corner of a slice lies elsewhere.
    """
    columns, rows, slices = image.GetSize()
    if (slices, rows, columns) != (len(headers), headers[0].Rows, headers[0].Columns):
        raise ValueError(
            f"{name}: the mask has {slices} slices of {rows}x{columns}, the early phase {len(headers)} of "
            f"{headers[0].Rows}x{headers[0].Columns}"
        )
    for k, header in enumerate(headers):
        first = np.array(header.ImagePositionPatient, dtype=float)
        along_row, along_column = np.array(header.ImageOrientationPatient, dtype=float).reshape(2, 3)
        row_spacing, column_spacing = (float(v) for v in header.PixelSpacing)
        last = first + along_row * column_spacing * (columns - 1) + along_column * row_spacing * (rows - 1)
        for index, expected in (((0, 0, k), first), ((columns - 1, rows - 1, k), last)):
            found = np.array(image.TransformIndexToPhysicalPoint(index))
            # The tolerance grows along the diagonal, where a rounded direction cosine adds up.
            if np.abs(found - expected).max() > _POSITION_TOLERANCE_MM * (1 + max(rows, columns) / 64):
                raise ValueError(
                    f"{name}: slice {k} of the mask lies at {tuple(found.round(3))}, "
                    f"its image at {tuple(expected.round(3))} (patient LPS, mm)"
                )


def fix_dimension_uid(obj: Dataset, uid: str) -> None:
    """highdicom draws a new Dimension Organization UID each time; ours is derived like every other."""
    obj.DimensionOrganizationSequence[0].DimensionOrganizationUID = uid
    for item in obj.DimensionIndexSequence:
        item.DimensionOrganizationUID = uid
